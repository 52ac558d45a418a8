"""Signing in, sessions, tokens, the setup link: what the gateway itself decides, on a real PostgreSQL."""

import asyncio
import hashlib
import json
import re
from collections.abc import AsyncIterator

import asyncpg
import pytest
import pytest_asyncio

from services.gateway.accounts import import_accounts
from services.gateway.signin import MOST_FAILURES
from tests.gateway.visitor import PASSWORD, Visitor, World, world
from tests.servers import Databases, KafkaServer


@pytest_asyncio.fixture(scope="module")
async def gate(databases: Databases, kafka: KafkaServer) -> AsyncIterator[World]:
    async with world(databases, kafka.bootstrap) as made:
        yield made


def csrf_of(page: str) -> str:
    found = re.search(r'name="csrf" value="([0-9a-f]+)"', page)
    assert found, page[:500]
    return found[1]


async def test_a_session_says_who_it_is_and_ends_when_signed_out(gate: World) -> None:
    visitor = gate.visitor()
    (await visitor.get("/api/v1/session")).problem(401, "登录")
    answer = await visitor.sign_in("huangpu")
    assert answer.body == {
        "account": "huangpu",
        "name": "上海市黄浦区城市管理行政执法局",
        "role": "unit",
        "unit": "huangpu",
        "partner": None,
    }
    attributes = answer.headers["Set-Cookie"].lower()
    assert "httponly" in attributes
    assert "samesite=lax" in attributes
    assert "secure" not in attributes  # a plain address on a desk
    assert (await visitor.get("/api/v1/session")).body["role"] == "unit"
    assert (await visitor.ask("DELETE", "/api/v1/session")).status == 204
    (await visitor.get("/api/v1/session")).problem(401, "登录")


async def test_the_cookie_is_kept_to_tls_where_there_is_tls(gate: World) -> None:
    answer = await gate.visitor().post(
        "/api/v1/session", {"login": "xuhui", "password": PASSWORD}, X_Forwarded_Proto="https"
    )
    assert "secure" in answer.headers["Set-Cookie"].lower()


async def test_only_hashes_of_credentials_are_stored(gate: World) -> None:
    visitor = await gate.signed_in("office")
    script = await gate.script("office")
    assert visitor.cookie
    assert script.token
    kept = await gate.execute("select hash from session union all select hash from token")
    hashes = {row["hash"] for row in kept}
    assert hashlib.sha256(visitor.cookie.encode()).digest() in hashes
    assert hashlib.sha256(script.token.encode()).digest() in hashes
    passwords = await gate.execute("select password from account")
    assert all(row["password"].startswith("$argon2id$") for row in passwords)
    assert len({row["password"] for row in passwords}) == len(passwords)  # each with its own salt


@pytest.mark.parametrize("login", ["changning", "nobody-of-that-name"])
async def test_repeated_failures_lock_whether_there_is_such_an_account_or_not(gate: World, login: str) -> None:
    visitor = gate.visitor()
    for _ in range(MOST_FAILURES):
        (await visitor.sign_in(login, "wrong")).problem(401, "账号或密码不正确")
    locked = await visitor.sign_in(login, PASSWORD)
    locked.problem(429, "15分钟后")
    assert int(locked.headers["Retry-After"]) > 0
    assert (await gate.visitor().sign_in("putuo")).status == 200  # nobody else is


async def test_many_guesses_at_once_are_no_way_round_the_lock(gate: World) -> None:
    answers = await asyncio.gather(*(gate.visitor().sign_in("hongkou", f"guess {n}") for n in range(20)))
    assert sorted(answer.status for answer in answers) == [401] * MOST_FAILURES + [429] * (20 - MOST_FAILURES)


async def test_the_lock_ends_and_success_forgets_failures(gate: World) -> None:
    visitor = gate.visitor()
    for _ in range(MOST_FAILURES + 1):
        await visitor.sign_in("jingan", "wrong")
    await gate.execute("update sign_in_attempt set since = since - interval '16 minutes' where login = 'jingan'")
    assert (await visitor.sign_in("jingan")).status == 200
    assert await gate.execute("select * from sign_in_attempt where login = 'jingan'") == []


@pytest.mark.parametrize(
    "change",
    [
        "delete from session where login = $1",
        "update account set disabled = true where login = $1",
        "update account set role = 'leader' where login = $1",
        "update account set unit = 'xuhui' where login = $1",
        "update account set password = 'another' where login = $1",
        "update session set expires_at = now() where login = $1",
        "update session set seen_at = now() - interval '5 hours' where login = $1",
    ],
)
async def test_what_is_revoked_fails_on_the_next_request(gate: World, change: str) -> None:
    before = await gate.execute("select * from account where login = 'yangpu'")
    visitor = await gate.signed_in("yangpu")
    await asyncio.gather(*(visitor.get("/api/v1/session") for _ in range(20)))
    await gate.execute(change, "yangpu")
    (await visitor.get("/api/v1/session")).problem(401, "登录")
    await gate.execute(
        "update account set disabled = false, role = $1, unit = $2, password = $3 where login = 'yangpu'",
        *(before[0][name] for name in ("role", "unit", "password")),
    )


@pytest.mark.parametrize("change", ["expires_at = now()", "revoked_at = now()"])
async def test_a_token_ends(gate: World, change: str) -> None:
    script = await gate.script("unit", "minhang")
    assert (await script.get("/api/v1/session")).body["account"] == "script-unit-minhang"
    await gate.execute(f"update token set {change} where unit = 'minhang'")
    (await script.get("/api/v1/session")).problem(401)


async def test_a_token_is_no_session_and_a_session_no_token(gate: World) -> None:
    visitor, script = await gate.signed_in("baoshan"), await gate.script("office")
    crossed = Visitor(gate.stack.http, gate.stack.gateway, cookie=script.token)
    (await crossed.get("/api/v1/session")).problem(401)
    crossed = Visitor(gate.stack.http, gate.stack.gateway, token=visitor.cookie)
    (await crossed.get("/api/v1/session")).problem(401)


@pytest.mark.parametrize(
    "credential", ["Basic b2ZmaWNlOm9mZmljZQ==", "Bearer", "Bearer \xff", "nonsense", "Bearer a b"]
)
async def test_a_strange_credential_is_none(gate: World, credential: str) -> None:
    (await gate.visitor().get("/api/v1/session", Authorization=credential)).problem(401)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"[]",
        b"null",
        b'{"login": "office"}',
        b'{"login": 1, "password": 2}',
        b'{"login": "a\\u0000b", "password": "x"}',
        b'{"login": "\\ud800", "password": "\\ud800"}',
        b'{"login": "%s", "password": "x"}' % (b"a" * 65),
        b'{"login": "office", "password": "%s"}' % (b"a" * 201),
        b"\xff\xfe",
    ],
)
async def test_a_malformed_sign_in_is_a_problem(gate: World, body: bytes) -> None:
    answer = await gate.visitor().ask("POST", "/api/v1/session", body, Content_Type="application/json")
    assert answer.status in (400, 422), answer.text
    answer.problem(answer.status)


async def test_a_form_of_another_site_does_nothing(gate: World) -> None:
    visitor, other = await gate.signed_in("office"), await gate.signed_in("office")
    token = csrf_of((await visitor.page("/status")).text)
    for headers in ({"Sec_Fetch_Site": "cross-site"}, {"Origin": "https://elsewhere.example"}):
        assert (await visitor.page("/signout", {"csrf": token}, **headers)).status == 403
        (await visitor.ask("DELETE", "/api/v1/session", **headers)).problem(403, "其他网站")
        command = await visitor.post("/api/v1/registration/start-registration", {}, Idempotency_Key="k", **headers)
        command.problem(403, "其他网站")
        (await visitor.post("/api/v1/session", {"login": "office", "password": PASSWORD}, **headers)).problem(403)
    assert (await visitor.page("/signout", {})).status == 403  # without the form's own token
    assert (await visitor.page("/signout", {"csrf": csrf_of((await other.page("/status")).text)})).status == 403
    assert (await visitor.get("/api/v1/session")).status == 200
    assert (await visitor.page("/signout", {"csrf": token}, Sec_Fetch_Site="same-origin")).status == 303
    (await visitor.get("/api/v1/session")).problem(401)


async def test_the_setup_link_makes_one_office_account_once(gate: World) -> None:
    token = "one-time-token"
    await gate.execute("insert into setup_link (token_sha256) values (sha256($1))", token.encode())
    form = {"login": "first", "name": "竞赛办主任", "password": "a long password", "again": "a long password"}
    visitor = gate.visitor()
    assert "再输一次密码" in (await visitor.page(f"/setup?token={token}")).text
    mistaken = await visitor.page(f"/setup?token={token}", {**form, "login": "大写", "again": "another"})
    assert mistaken.status == 422
    assert "两次输入的密码不一致" in mistaken.text
    assert "竞赛办主任" in mistaken.text  # what was filled in is kept
    assert "a long password" not in mistaken.text  # except passwords
    both = await asyncio.gather(
        *(gate.visitor().page(f"/setup?token={token}", {**form, "login": name}) for name in ("first", "second"))
    )
    assert sorted(answer.status for answer in both) == [303, 409]
    made = await gate.execute("select login, role from account where login in ('first', 'second')")
    assert [row["role"] for row in made] == ["office"]
    assert (await visitor.sign_in(made[0]["login"], "a long password")).status == 200
    used = await visitor.page(f"/setup?token={token}")
    assert used.status == 409
    assert "已经用过" in used.text
    wrong = await visitor.page("/setup?token=wrong")
    assert wrong.status == 404
    assert "不正确" in wrong.text


async def test_importing_again_changes_nothing_and_a_changed_account_signs_in_anew(gate: World) -> None:
    account = {"login": "again", "password": PASSWORD, "role": "leader", "name": "领导"}
    await import_accounts(gate.database, json.dumps(account))
    visitor = await gate.signed_in("again")
    before = await gate.execute("select * from account where login = 'again'")
    await import_accounts(gate.database, json.dumps(account))
    assert await gate.execute("select * from account where login = 'again'") == before
    assert (await visitor.get("/api/v1/session")).status == 200
    await import_accounts(gate.database, json.dumps({**account, "role": "office"}))
    (await visitor.get("/api/v1/session")).problem(401)


async def test_a_faulty_file_of_accounts_is_refused_whole(gate: World) -> None:
    good = {"login": "wholly", "password": PASSWORD, "role": "leader", "name": "领导"}
    lines = [good, {**good, "login": "A B"}, {**good, "role": "unit"}, {**good, "password": "short"}]
    with pytest.raises(ValueError, match=r"(?s)第2行.*第3行.*第4行") as error:
        await import_accounts(gate.database, "\n".join(map(json.dumps, lines)) + "\nnonsense")
    assert "第5行" in str(error.value)
    assert await gate.execute("select * from account where login = 'wholly'") == []


async def test_sign_ins_are_audited_and_the_audit_is_only_added_to(gate: World) -> None:
    visitor = gate.visitor()
    await visitor.sign_in("songjiang", "wrong")
    await visitor.sign_in("songjiang")
    await visitor.ask("DELETE", "/api/v1/session")
    rows = await gate.execute("select action from audit where account = 'songjiang' order by id")
    assert [row["action"] for row in rows] == ["sign_in_failed", "signed_in", "signed_out"]
    for change in ("update audit set account = 'x'", "delete from audit", "truncate audit"):
        with pytest.raises(asyncpg.RaiseError):
            await gate.execute(change)


async def test_too_much_is_413_whether_it_is_announced_or_not(gate: World) -> None:
    script = await gate.script("office")
    body = b"x" * 1_000_001

    async def chunks() -> AsyncIterator[bytes]:
        for start in range(0, len(body), 100_000):
            yield body[start : start + 100_000]

    path = "/api/v1/registration/open-season"
    (await script.ask("POST", path, body, Idempotency_Key="k")).problem(413, "1 MB")
    (await script.ask("POST", path, chunks(), Idempotency_Key="k")).problem(413, "1 MB")
    (await gate.visitor().ask("POST", "/api/v1/session", body, Content_Type="application/json")).problem(413)


@pytest.mark.parametrize("path", ["/api/v1/registration/seasons%00", "/boards/2021/%00", "/registrations?q=%00"])
async def test_an_address_with_a_null_character_is_refused(gate: World, path: str) -> None:
    script = await gate.script("office")
    (await script.get(path)).problem(422, "控制字符")


@pytest.mark.parametrize(
    "path",
    [
        "/internal/status",
        "/api/v1/registration/../../internal/status",
        "/api/v1/registration/..%2f..%2finternal/status",
        "/api/v1/registration/%2e%2e/%2e%2e/internal/status",
        "/api/v1/registration//internal",
        "/api/v1/unknown/thing",
        "/nowhere",
    ],
)
async def test_there_is_no_way_to_what_is_not_offered(gate: World, path: str) -> None:
    script = await gate.script("office")
    answer = await script.get(path)
    assert answer.status in (401, 403, 404), answer.text  # the gateway's own /internal takes no token of a script
    answer.problem(answer.status)


async def test_a_service_that_is_away_is_503_with_when_to_come_again(gate: World) -> None:
    script = await gate.script("office")
    for path in ("/api/v1/registration/seasons", "/api/v1/units/huangpu/points", "/feeds/any", "/openapi.json"):
        answer = await script.get(path)
        answer.problem(503)
        assert answer.headers["Retry-After"] == "1"
    page = await (await gate.signed_in("office")).page("/registrations")
    assert page.status == 503
    assert "服务暂时不可用" in page.text


async def test_every_answer_carries_the_security_headers(gate: World) -> None:
    visitor = gate.visitor()
    for path in ("/signin", "/nowhere", "/api/v1/registration/seasons", "/static/console.css", "/healthz"):
        headers = (await visitor.get(path)).headers
        assert "script-src 'self'" in headers["Content-Security-Policy"]
        assert "unsafe" not in headers["Content-Security-Policy"]
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert headers["X-Frame-Options"] == "DENY"
        assert headers.getall("Cache-Control") == ["no-store"] or path.startswith("/static")


async def test_a_stranger_is_sent_to_sign_in_and_back_to_a_page_of_ours(gate: World) -> None:
    visitor = gate.visitor()
    answer = await visitor.page("/registrations?season=2021")
    assert answer.status == 303
    assert answer.headers["Location"] == "/signin?next=%2Fregistrations%3Fseason%3D2021"
    form = {"login": "chongming", "password": PASSWORD, "next": "/registrations?season=2021"}
    assert (await visitor.page("/signin", form)).headers["Location"] == "/registrations?season=2021"
    for elsewhere in ("https://elsewhere.example", "//elsewhere.example", "/\\elsewhere.example", "x"):
        assert (await visitor.page("/signin", {**form, "next": elsewhere})).headers["Location"] == "/"


async def test_a_wrong_password_keeps_the_login_in_the_form(gate: World) -> None:
    answer = await gate.visitor().page("/signin", {"login": "jiading", "password": "wrong"})
    assert answer.status == 401
    assert 'value="jiading"' in answer.text
    assert "账号或密码不正确" in answer.text
    assert "wrong" not in answer.text

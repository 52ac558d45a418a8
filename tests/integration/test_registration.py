"""Registration over HTTP, on a real PostgreSQL and Kafka."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

import aiohttp
import pytest
import pytest_asyncio
from stdnum.cn import uscc

from tests.integration import spoiled
from tests.integration.client import (
    DOCUMENT,
    HUANGPU,
    INSPECTOR,
    JUDGE,
    LEADER,
    OFFICE,
    PARTNER,
    SERVICE,
    XUHUI,
    Client,
    Deployment,
    Reply,
    connected,
    deployment,
    written,
)
from tests.integration.fuzzed import fuzz
from tests.processes import started
from tests.servers import Databases, KafkaServer


@dataclass
class World:
    at: Deployment
    client: Client

    @property
    def database(self) -> str:
        return self.at.urls["registration"]

    async def get(self, path: str, *args: Any, **params: Any) -> Reply:
        return await self.client.get(path, *args, **params)

    async def give(self, command: str, body: Any, *args: Any, **kwargs: Any) -> Reply:
        return await self.client.give(command, body, *args, **kwargs)


@pytest_asyncio.fixture(scope="module")
async def world(databases: Databases, clean_kafka: KafkaServer) -> AsyncIterator[World]:
    """Registration running, the season of 2021 open, every unit of its directory may register."""
    at = await deployment(databases, clean_kafka.bootstrap, "registration")
    await at.set_clock("05-24 09:00")
    process = at.process("registration")
    async with started(process), aiohttp.ClientSession() as http:
        world = World(at, Client(http, process.url, "registration"))
        opened = (await world.give("open-season", {"document": DOCUMENT})).done()
        async with asyncio.timeout(30):
            while (await units(world, opened["position"] + 20))["total"] < 20:
                continue
        yield world


async def units(world: World, position: int = 0, **params: Any) -> Any:
    return (await world.get("registrations", season=2021, min_position=position, **params)).done()


def code(region: str, body: str) -> str:
    """A credit code valid in form (GB 32100) of a body that does not exist."""
    start = f"11{region}{body}"
    return start + str(uscc.calc_check_digit(start))


def form(unit: str, region: str, **changes: Any) -> dict[str, Any]:
    return {
        "season": 2021,
        "unit": unit,
        "outcome": "here",
        "credit_code": code(region, "YANGPAN00"),
        "field": "digital",
        "category": "district-bureau",
        "theme": "建功十四五",
        "teams": [{"name": "样例中队", "field": "delta", "category": "specialised-team", "size": 12}],
        "leader": {"name": "样例甲", "mobile": "000-0000-0001", "duty": "局长"},
        "deputy": {"name": "样例乙", "mobile": "000-0000-0002"},
        "contact": {"name": "样例丙", "mobile": "000-0000-0003", "email": "contact@example.invalid"},
        **changes,
    }


async def detail(world: World, unit: str, position: int, who: Any = OFFICE) -> Any:
    return (await world.get(f"registrations/2021/{unit}", who, min_position=position)).done()


# What the lists show ------------------------------------------------------------------------------------------


async def test_units_are_listed_in_official_order_page_by_page(world: World) -> None:
    everything = await units(world)
    assert [row["order"] for row in everything["items"]] == list(range(1, 21))
    assert everything["items"][0] | {"updated_at": "", "status": ""} == {
        "unit": "huangpu",
        "name": "上海市黄浦区城市管理行政执法局",
        "short": "黄浦",
        "group": "district",
        "order": 1,
        "status": "",
        "outcome": None,
        "copies": 0,
        "copies_due": None,
        "closes_at": "2021-06-18T00:00:00+08:00",
        "submitted_at": None,
        "submitted_late": None,
        "accepted_at": None,
        "completed_at": None,
        "late_paper": False,
        "on_behalf": False,
        "updated_at": "",
        "version": 1,
    }
    for sort in ("order", "-order", "status", "-updated_at", "submitted_at", "-closes_at"):
        whole = [row["unit"] for row in (await units(world, sort=sort))["items"]]
        paged: list[str] = []
        cursor: dict[str, Any] = {}
        while True:
            found = await units(world, sort=sort, limit=7, **cursor)
            assert found["total"] == 20
            paged += [row["unit"] for row in found["items"]]
            if found["next"] is None:
                break
            cursor = {"cursor": found["next"]}
        assert paged == whole
        assert len(set(paged)) == 20


async def test_units_are_filtered_and_counted(world: World) -> None:
    municipal = await units(world, group="municipal")
    assert [row["unit"] for row in municipal["items"]] == ["zongdui", "jichang", "zimaoqu", "lingang"]
    assert municipal["counts"] == {"opened": 4}
    assert [row["unit"] for row in (await units(world, q="浦东"))["items"]] == ["pudong"]
    assert (await units(world, q="%"))["total"] == 0
    started = await units(world, q="临港", status="started")
    assert (started["total"], started["counts"]) == (0, {"opened": 1})
    assert (await units(world, q="", status="", cursor="", sort=""))["total"] == 20


async def test_the_season_is_listed_and_read(world: World) -> None:
    listed = (await world.get("seasons", HUANGPU)).done()
    assert [(row["season"], row["name"]) for row in listed["items"]] == [(2021, DOCUMENT["name"])]
    read = (await world.get("seasons/2021", INSPECTOR)).done()
    assert read["document"] == DOCUMENT


async def test_a_registration_goes_its_way_and_its_history_says_so(world: World) -> None:
    unit = {"season": 2021, "unit": "huangpu"}
    (await world.give("start-registration", unit, HUANGPU)).done()
    (await world.give("submit-registration", form("huangpu", "310101"), HUANGPU)).done()
    reasons = {"竞赛主题": "请写全称", "联系人": "缺电子邮箱"}
    back = unit | {"reasons": reasons, "resubmit_before": "2021-06-20T00:00:00+08:00"}
    returned = (await world.give("return-registration", back)).done()
    shown = await detail(world, "huangpu", returned["position"])
    assert (shown["status"], shown["outcome"], shown["copies_due"]) == ("returned", None, None)
    assert shown["returned"] == {"reasons": reasons, "resubmit_before": "2021-06-20T00:00:00+08:00"}
    assert shown["closes_at"] == "2021-06-20T00:00:00+08:00"

    (await world.give("submit-registration", form("huangpu", "310101", theme="立功“十四五”"), HUANGPU)).done()
    (await world.give("accept-registration", unit)).done()
    (await world.give("receive-paper", unit | {"copies": 3})).done()
    extended = unit | {"closes_at": "2021-06-25T00:00:00+08:00", "reason": "印章换发"}
    (await world.give("extend-deadline", extended)).done()
    done = (await world.give("receive-paper", unit)).done()
    shown = await detail(world, "huangpu", done["position"])
    assert (shown["status"], shown["copies"], shown["copies_due"]) == ("completed", 4, 4)
    assert (shown["submitted_late"], shown["late_paper"], shown["version"]) == (False, False, done["version"])
    assert shown["form"]["theme"] == "立功“十四五”"
    assert (shown["form"]["field_name"], shown["form"]["teams"][0]["category_name"]) == ("数字化转型", "专业执法队")

    told = (await world.get("registrations/2021/huangpu/history", HUANGPU)).done()
    assert [(entry["actor"], entry["what"], entry["why"]) for entry in told["items"]] == [
        ("系统", "开通登记，2021年6月17日（周四）24:00截止", None),
        ("huangpu-1", "开始填报登记表", None),
        ("huangpu-1", "提交登记表：在本分赛区登记，参赛团队1支", None),
        (
            "office-1",
            "退回登记表，请于2021年6月19日（周六）24:00前重新提交",
            "竞赛主题：请写全称；联系人：缺电子邮箱",
        ),
        ("huangpu-1", "提交登记表：在本分赛区登记，参赛团队1支", None),
        ("office-1", "审核通过登记表，可参加竞赛内容9项", None),
        *(("office-1", f"签收纸质登记表第{n}份（共4份），2021年5月24日（周一）09:00收到", None) for n in (1, 2, 3)),
        ("office-1", "登记期限延至2021年6月24日（周四）24:00", "印章换发"),
        ("office-1", "签收纸质登记表第4份（共4份），2021年5月24日（周一）09:00收到", None),
        ("office-1", "登记完成，纸质登记表按时收齐", None),
    ]
    assert [entry["version"] for entry in told["items"]] == list(range(1, 13))
    assert told["items"][0]["at"] == "2021-05-24T09:00:00+08:00"
    again = (await world.get("registrations/2021/huangpu/history", HUANGPU, limit=5, cursor="")).done()
    assert again["next"] is not None


async def test_who_registers_elsewhere_is_on_file_here(world: World) -> None:
    elsewhere = form("lingang", "310115", outcome="administrative", zone="临港新片区赛区")
    lingang = HUANGPU.__class__("lingang-1", "unit", unit="lingang")
    done = (await world.give("submit-registration", elsewhere, lingang)).done()
    shown = await detail(world, "lingang", done["position"])
    assert (shown["outcome"], shown["copies_due"], shown["form"]["zone"]) == ("administrative", 1, "临港新片区赛区")
    told = (await world.get("registrations/2021/lingang/history", OFFICE, sort="-version", limit=1)).done()
    what = "提交登记表：在行政关系所属赛区（临港新片区赛区）登记，本处备案，参赛团队1支"
    assert (told["items"][0]["what"], told["total"]) == (what, 2)


# Personal details ---------------------------------------------------------------------------------------------


async def test_numbers_are_masked_unless_for_the_office_or_the_own_unit(world: World) -> None:
    done = (await world.give("submit-registration", form("minhang", "310112"))).done()
    minhang = HUANGPU.__class__("minhang-1", "unit", unit="minhang")
    clear = {"name": "样例丙", "mobile": "000-0000-0003", "email": "contact@example.invalid", "duty": ""}
    masked = clear | {"mobile": "000****0003", "email": "c****@example.invalid"}
    for who, shown in ((OFFICE, clear), (minhang, clear), (LEADER, masked)):
        assert (await detail(world, "minhang", done["position"], who))["form"]["contact"] == shown
    for_sending = (await world.get("internal/contacts/2021/minhang", SERVICE)).done()
    assert for_sending["contact"] == {
        "name": "样例丙",
        "email": "contact@example.invalid",
        "mobile": "000-0000-0003",
    }
    assert (await world.get("internal/contacts/2021/songjiang", SERVICE)).done() == {"contact": None}
    async with connected(world.database) as conn:
        for table in ("event", "registration", "history", "command", "sealed_person"):
            found = await conn.fetch(f"select t::text as row from {table} t")
            assert not any("样例丙" in row["row"] or "000-0000-0003" in row["row"] for row in found), table


async def test_who_is_erased_is_no_longer_shown(world: World) -> None:
    alone = form("jinshan", "310116", deputy={"name": "样例丁", "mobile": "000-0000-0099"})
    done = (await world.give("submit-registration", alone)).done()
    deputy = "select person from sealed_person s join event e on s.record::text = e.data->'deputy'->>'record'"
    async with connected(world.database) as conn, connected(world.at.keys) as keys:
        found = await conn.fetchval(f"{deputy} where e.stream = 'registration-2021-jinshan'")
        await keys.execute("delete from person_key where person = $1", found)
    shown = (await detail(world, "jinshan", done["position"]))["form"]
    assert shown["deputy"] is None
    assert shown["leader"]["name"] == "样例甲"


async def test_a_refused_form_leaves_nothing_and_its_mended_repeat_is_kept_right(world: World) -> None:
    """The refused details must not stand in for those that are sent later under the same key."""
    key = str(uuid4())
    before = await details(world)
    faulty = form("baoshan", "310113", field="no-such-field", contact={"name": "旧联系人", "mobile": "000-1111-1111"})
    (await world.give("submit-registration", faulty, OFFICE, key)).problem(409, "参赛领域")
    assert await details(world) == before
    mended = form("baoshan", "310113", contact={"name": "新联系人", "mobile": "000-2222-2222"})
    done = (await world.give("submit-registration", mended, OFFICE, key)).done()
    contact = (await detail(world, "baoshan", done["position"]))["form"]["contact"]
    assert (contact["name"], contact["mobile"]) == ("新联系人", "000-2222-2222")


async def details(world: World) -> int:
    async with connected(world.database) as conn:
        found: int = await conn.fetchval("select count(*) from sealed_person")
        return found


# Who may ------------------------------------------------------------------------------------------------------


async def test_who_is_not_asked_is_refused(world: World) -> None:
    unit = {"season": 2021, "unit": "xuhui"}
    before = await written(world.database)
    for path in ("seasons", "seasons/2021", "registrations?season=2021", "registrations/2021/xuhui"):
        (await world.get(path, None)).problem(401, "登录")
        (await world.get(path, PARTNER)).problem(403)
    (await world.give("start-registration", unit, None)).problem(401, "登录")
    (await world.give("start-registration", unit, LEADER)).problem(403, "开始填报登记表")
    (await world.give("accept-registration", unit, XUHUI)).problem(403, "审核通过登记表")
    (await world.give("start-registration", unit, HUANGPU)).problem(403, "本单位")
    (await world.give("open-registration", unit, OFFICE)).problem(404)
    for path in ("registrations/2021/xuhui", "registrations/2021/xuhui/history", "registrations/2021/nobody"):
        (await world.get(path, HUANGPU)).problem(403, "本单位")
        (await world.get(path, JUDGE)).problem(403)
    (await world.get("registrations", INSPECTOR, season=2021)).problem(403)
    (await world.get("internal/contacts/2021/xuhui", OFFICE)).problem(403)
    assert [row["unit"] for row in (await world.get("registrations", XUHUI, season=2021)).done()["items"]] == ["xuhui"]
    forged = {"Authorization": "Bearer eyJhbGciOiJub25lIn0.eyJzdWIiOiJ4Iiwicm9sZSI6Im9mZmljZSJ9."}
    async with world.client.http.get(f"{world.client.url}/api/v1/registration/seasons", headers=forged) as answer:
        assert answer.status == 401
    assert await written(world.database) == before


# Bad input ----------------------------------------------------------------------------------------------------

COMMANDS: dict[str, tuple[dict[str, Any], tuple[str, ...]]] = {
    "start-registration": ({"season": 2021, "unit": "qingpu"}, ()),
    "submit-registration": (
        form("qingpu", "310118", zone="x", no_credit_code_reason="x"),
        (
            *("credit_code", "no_credit_code_reason", "zone", "contact.email"),
            *("leader.duty", "teams.0.name"),
        ),
    ),
    "return-registration": (
        {
            "season": 2021,
            "unit": "qingpu",
            "reasons": {"竞赛主题": "请写全称"},
            "resubmit_before": "2021-06-20T00:00:00+08:00",
        },
        ("reasons.竞赛主题",),
    ),
    "accept-registration": ({"season": 2021, "unit": "qingpu"}, ()),
    "receive-paper": (
        {"season": 2021, "unit": "qingpu", "copies": 1, "received_at": "2021-05-24T08:00:00+08:00"},
        ("copies", "received_at"),
    ),
    "extend-deadline": (
        {"season": 2021, "unit": "qingpu", "closes_at": "2021-06-25T00:00:00+08:00", "reason": "印章换发"},
        (),
    ),
}


@pytest.mark.parametrize("command", COMMANDS)
async def test_no_spoiled_body_passes(world: World, command: str) -> None:
    good, optional = COMMANDS[command]
    before = (*await written(world.database), await details(world))
    for what, body in spoiled.bodies(good, optional):
        reply = await world.give(command, body)
        assert reply.status in (400, 422), (what, reply)
        reply.problem(reply.status)
    for headers in spoiled.HEADERS:
        reply = await world.client.post(command, good, OFFICE, headers)
        assert reply.status in (400, 422), (headers, reply)
        reply.problem(reply.status)
    assert (*await written(world.database), await details(world)) == before


async def pieces() -> AsyncIterator[bytes]:
    """A body whose length is not announced; only its end is too much."""
    yield b'{"season": 2021, "unit": "'
    for _ in range(10):
        yield b"x" * 100_000


async def test_a_body_beyond_measure_or_of_another_kind_is_turned_away(world: World) -> None:
    before = await written(world.database)
    reasons = {f"栏目{n}": "长" * 2000 for n in range(1000)}
    body = {"season": 2021, "unit": "qingpu", "reasons": reasons, "resubmit_before": "2021-06-20T00:00:00+08:00"}
    (await world.give("return-registration", body)).problem(413, "超过1 MB")
    (await world.give("return-registration", pieces())).problem(413, "超过1 MB")
    faulty = {"document": {**DOCUMENT, "season": 2022, "units": DOCUMENT["units"] * 20}}
    (await world.give("open-season", faulty)).problem(422)
    as_a_form = {"Idempotency-Key": "form", "Content-Type": "application/x-www-form-urlencoded"}
    (await world.client.post("start-registration", b"season=2021&unit=qingpu", OFFICE, as_a_form)).problem(415, "JSON")
    contradicting = {"document": {**DOCUMENT, "season": 2022, "areas": DOCUMENT["areas"][:1]}}
    (await world.give("open-season", contradicting)).problem(409, "赛季文件有")
    broken: Any
    for broken in ({}, [], None, "2021", {**DOCUMENT, "units": None}, {**DOCUMENT, "name": "\0"}):
        reply = await world.give("open-season", {"document": broken})
        reply.problem(422)
    assert await written(world.database) == before


async def test_unknown_seasons_units_and_addresses_are_named(world: World) -> None:
    before = await written(world.database)
    (await world.get("seasons/2030")).problem(404, "2030")
    (await world.get("registrations", season=2030)).problem(404, "2030")
    (await world.get("registrations/2030/huangpu")).problem(404, "2030")
    (await world.get("registrations/2021/nobody")).problem(404, "nobody")
    (await world.get("registrations/2021/nobody/history")).problem(404, "nobody")
    (await world.get("internal/contacts/2021/nobody", SERVICE)).problem(404, "nobody")
    (await world.get("no-such-thing")).problem(404)
    (await world.give("no-such-thing", {})).problem(404)
    (await world.get("start-registration")).problem(405)
    (await world.give("start-registration", {"season": 2030, "unit": "huangpu"})).problem(409, "2030")
    (await world.give("start-registration", {"season": 2021, "unit": "nobody"})).problem(409, "名录")
    assert await written(world.database) == before


async def test_no_spoiled_query_passes(world: World) -> None:
    lists = ("seasons", "registrations?season=2021", "registrations/2021/huangpu/history")
    for path in lists:
        for query in spoiled.LISTS:
            reply = await world.get(f"{path}{'&' if '?' in path else '?'}{query}")
            assert reply.status == 422, (path, query, reply)
            reply.problem(422)
    for query in ("status=done", "group=all", "q=%00", "q=" + "x" * 101, "season=x", "season=%00"):
        (await world.get(f"registrations?season=2021&{query}")).problem(422)
    (await world.get("registrations")).problem(422, "season")
    for year in spoiled.YEARS:
        for path in (f"seasons/{year}", f"registrations?season={year}", f"registrations/{year}/huangpu"):
            reply = await world.get(path)
            assert reply.status in (404, 422), (path, reply)
            reply.problem(reply.status)
    for unit in spoiled.UNITS:
        for path in (f"registrations/2021/{unit}", f"registrations/2021/{unit}/history"):
            reply = await world.get(path)
            assert reply.status in (404, 422), (path, reply)
            reply.problem(reply.status)


async def test_a_cursor_serves_only_the_list_it_came_from(world: World) -> None:
    cursor = (await units(world, limit=5))["next"]
    (await world.get("registrations", season=2021, cursor=cursor, sort="-order")).problem(422, "第一页")
    altered = cursor[:-2] + ("AA" if cursor[-2:] != "AA" else "BB")
    (await world.get("registrations", season=2021, cursor=altered)).problem(422, "第一页")


# Repeats and versions -----------------------------------------------------------------------------------------


async def test_a_repeat_gets_the_first_answer(world: World) -> None:
    unit, key = {"season": 2021, "unit": "changning"}, str(uuid4())
    replies = await asyncio.gather(*(world.give("start-registration", unit, OFFICE, key) for _ in range(8)))
    first = replies[0].done()
    assert all(reply.done() == first for reply in replies)
    assert replies[0].headers["ETag"] == f'"{first["version"]}"'
    later = await world.give("start-registration", unit, OFFICE, key, '"1"')  # the version that it was given for
    assert later.done() == first
    other = {"season": 2021, "unit": "jingan"}
    (await world.give("start-registration", other, OFFICE, key)).problem(409, "Idempotency-Key")
    (await world.give("submit-registration", form("changning", "310105"), OFFICE, key)).problem(409, "Idempotency-Key")
    (await world.give("start-registration", unit, OFFICE)).problem(409, "填报中")
    assert (await detail(world, "jingan", first["position"]))["status"] == "opened"


async def test_a_stale_version_is_not_acted_upon(world: World) -> None:
    unit = {"season": 2021, "unit": "putuo"}
    before = await written(world.database)
    reply = await world.give("start-registration", unit, OFFICE, version='"0"')
    assert reply.problem(412, "刷新").body["version"] == 1
    assert await written(world.database) == before
    (await world.give("start-registration", unit, OFFICE, version='"1"')).done()
    done = (await world.give("submit-registration", form("putuo", "310107"), OFFICE, version='"2"')).done()
    assert done["version"] == 3


async def test_two_units_race_for_one_credit_code(world: World) -> None:
    """REG-1, and the list shows the one that got it."""
    same = code("310109", "YANGPAN02")
    replies = await asyncio.gather(
        world.give("submit-registration", form("hongkou", "310109", credit_code=same)),
        world.give("submit-registration", form("yangpu", "310110", credit_code=same)),
    )
    assert sorted(reply.status for reply in replies) == [200, 409]
    lost = next(reply for reply in replies if reply.status == 409)
    assert lost.problem(409, "统一社会信用代码").body["rule"] == "REG-1"
    position = next(reply.body["position"] for reply in replies if reply.status == 200)
    listed = await units(world, position, status="submitted")
    assert len({"hongkou", "yangpu"} & {row["unit"] for row in listed["items"]}) == 1


# The read models ----------------------------------------------------------------------------------------------


async def test_a_query_waits_for_what_was_just_written(world: World) -> None:
    async with connected(world.database) as conn:
        async with conn.transaction():  # the projection cannot move on meanwhile
            await conn.execute("select from own_cursor where projection = 'registration-lists' for update")
            done = (await world.give("start-registration", {"season": 2021, "unit": "songjiang"})).done()
            asked = asyncio.create_task(units(world, done["position"], q="松江"))
            assert (await units(world, q="松江"))["items"][0]["status"] == "opened"
            assert not asked.done()
        assert (await asked)["items"][0]["status"] == "started"


async def test_a_query_does_not_wait_for_ever(world: World) -> None:
    began = asyncio.get_running_loop().time()
    assert (await units(world, 2**63 - 1))["total"] == 20
    assert 1.9 < asyncio.get_running_loop().time() - began < 10


async def test_emptied_read_models_come_back_the_same(world: World) -> None:
    tables = {"season": "season", "registration": "season, unit", "history": "stream, version"}

    async def shot(conn: Any) -> list[Any]:
        return [
            [row["row"] for row in await conn.fetch(f"select t::text as row from {table} t order by {order}")]
            for table, order in tables.items()
        ]

    async with connected(world.database) as conn:
        head = await conn.fetchval("select pos from log_head")
        await units(world, head)
        before = await shot(conn)
        rebuilt = asyncio.Event()
        await conn.add_listener("projected", lambda *args: rebuilt.set() if args[3].endswith(f":{head}") else None)
        async with conn.transaction():
            await conn.execute(f"truncate {', '.join(tables)}")
            await conn.execute("update own_cursor set pos = 0 where projection = 'registration-lists'")
        async with asyncio.timeout(30):
            await rebuilt.wait()
        assert await shot(conn) == before


async def test_nothing_made_up_from_the_openapi_document_breaks_it(world: World) -> None:
    called = await asyncio.to_thread(fuzz, world.client.url, OFFICE)
    assert {f"POST /api/v1/registration/{command}" for command in (*COMMANDS, "open-season")} <= called
    assert "GET /api/v1/registration/registrations/{season}/{unit}/history" in called

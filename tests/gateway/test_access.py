"""Who may do what: every route of the gateway's document × role × own or another unit, through the gateway."""

import json
from collections.abc import AsyncIterator
from itertools import product
from typing import Any
from urllib.parse import quote

import pytest
import pytest_asyncio

from shared.kernel.messages import Role
from tests.e2e.season import opened
from tests.gateway.visitor import Visitor, World, world
from tests.servers import Databases, KafkaServer

ROLES: tuple[Role, ...] = ("office", "leader", "unit", "inspector", "judge", "partner")
OWN, OTHER = "putuo", "xuhui"
REGISTRATION, ACTIVITY, NOTIFICATION = "/api/v1/registration", "/api/v1/activity", "/api/v1/notification"

# Query → roles that may ask it; `{unit}` is tried with the caller's own unit and with another's.
QUERIES: dict[str, set[Role]] = {
    f"{REGISTRATION}/seasons": {"office", "leader", "unit", "inspector", "judge"},
    f"{REGISTRATION}/seasons/2021": {"office", "leader", "unit", "inspector", "judge"},
    f"{REGISTRATION}/registrations?season=2021": {"office", "leader", "unit"},
    f"{REGISTRATION}/registrations/2021/{{unit}}": {"office", "leader", "unit"},
    f"{REGISTRATION}/registrations/2021/{{unit}}/history": {"office", "leader", "unit"},
    f"{REGISTRATION}/drafts/2021/{{unit}}": {"office", "unit"},
    f"{REGISTRATION}/overview?season=2021": {"office", "leader"},
    f"{REGISTRATION}/report?season=2021": {"office", "leader"},
    f"{REGISTRATION}/contacts?season=2021": {"office", "leader", "unit"},
    "/api/v1/leaderboards/2021": {"office", "leader", "unit", "inspector", "judge"},
    "/api/v1/leaderboards/2021/overall": {"office", "leader", "unit", "inspector", "judge"},
    "/api/v1/units/{unit}/points?season=2021": {"office", "leader", "unit"},
    f"{NOTIFICATION}/messages": {"office", "leader", "unit", "inspector", "judge"},
    f"{NOTIFICATION}/reminders": {"office"},
    f"{NOTIFICATION}/urges?season=2021": {"office", "leader"},
    f"{NOTIFICATION}/working-days?day=2021-06-17": {"office", "leader", "unit", "inspector", "judge"},
    "/api/v1/feeds/agreements": {"office", "leader", "partner"},
    "/api/v1/session": set(ROLES),
    "/registrations": {"office", "leader", "unit"},
    "/registrations/2021/{unit}": {"office", "leader", "unit"},
    "/registrations/2021/{unit}/form": {"office", "unit"},
    "/registrations/2021/{unit}/review": {"office"},
    "/registrations/2021/{unit}/paper": {"office"},
    "/registrations/2021/{unit}/extension": {"office"},
    "/registrations/2021/{unit}/withdrawal": {"office", "unit"},
    "/registrations/2021/{unit}/zone": {"office", "unit"},
    "/registrations/2021/{unit}/amendment": {"office"},
    "/seasons/2021/extension": {"office"},
    "/registrations/export": {"office", "leader"},
    "/overview": {"office", "leader"},
    "/overview/export": {"office", "leader"},
    "/overview/2021/report": {"office", "leader"},
    "/contacts": {"office", "leader", "unit"},
    "/contacts/export": {"office", "leader", "unit"},
    "/boards/2021/overall": {"office", "leader", "unit", "inspector", "judge"},
    "/points?unit={unit}": {"office", "leader", "unit"},
    "/points/export?unit={unit}": {"office", "leader", "unit"},
    "/messages": {"office", "unit"},
    "/messages/reminders": {"office"},
    "/seasons": {"office"},
    "/status": {"office"},
    "/": set(ROLES),
}
# Command → roles that may give it; what is asked for is malformed, so that nothing happens where it may be given.
COMMANDS: dict[str, set[Role]] = {
    f"{REGISTRATION}/start-registration": {"office", "unit"},
    f"{REGISTRATION}/withdraw-registration": {"office", "unit"},
    f"{REGISTRATION}/accept-registration": {"office"},
    f"{REGISTRATION}/receive-paper": {"office"},
}


@pytest_asyncio.fixture(scope="module")
async def platform(databases: Databases, clean_kafka: KafkaServer) -> AsyncIterator[World]:
    services = ("registration", "activity", "scoring", "scoring_worker", "notification", "feeds")
    async with world(databases, clean_kafka.bootstrap, *services) as made:
        await opened(made.stack, [OWN])
        yield made


@pytest_asyncio.fixture(scope="module")
async def visitors(platform: World) -> dict[Role, Visitor]:
    logins: dict[Role, str] = {"unit": OWN, "partner": "jiangsu"}
    return {role: await platform.signed_in(logins.get(role, role)) for role in ROLES}


def concerned(path: str) -> list[str]:
    return [OWN, OTHER] if "{unit}" in path else [OWN]


@pytest.mark.parametrize(
    ("path", "role", "unit"), [(p, role, unit) for p, role in product(QUERIES, ROLES) for unit in concerned(p)]
)
async def test_a_query_answers_only_whom_it_may(
    visitors: dict[Role, Visitor], path: str, role: Role, unit: str
) -> None:
    answer = await visitors[role].page(path.format(unit=unit))
    if role in QUERIES[path] and not (role == "unit" and unit != OWN):
        assert answer.status in (200, 303), answer.text
    else:
        assert answer.status == 403, (answer.status, answer.text[:500])


@pytest.mark.parametrize(("path", "role", "unit"), list(product(COMMANDS, ROLES, (OWN, OTHER))))
async def test_a_command_is_taken_only_from_whom_it_may(
    visitors: dict[Role, Visitor], path: str, role: Role, unit: str
) -> None:
    answer = await visitors[role].post(path, {"season": 2031, "unit": unit}, Idempotency_Key=f"{path}{role}{unit}")
    if role in COMMANDS[path] and not (role == "unit" and unit != OWN):
        answer.problem(409)  # that season is not open: a rule spoke, so the door was open
    else:
        answer.problem(403)


@pytest.mark.parametrize("path", list(QUERIES))
async def test_a_stranger_gets_nothing(platform: World, path: str) -> None:
    answer = await platform.visitor().page(path.format(unit=OWN))
    if path.startswith("/api/"):
        answer.problem(401)
    else:
        assert answer.status == 303
        assert answer.headers["Location"].startswith("/signin")


async def test_the_document_names_every_command_and_query_in_chinese(platform: World) -> None:
    document = (await platform.visitor().get("/openapi.json")).body
    operations = [operation for item in document["paths"].values() for operation in item.values()]
    assert all(any("一" <= letter <= "鿿" for letter in operation["summary"]) for operation in operations)
    for path in (f"{REGISTRATION}/submit-registration", f"{ACTIVITY}/report-activity", "/feeds/{agreement}"):
        assert path in document["paths"]
    assert not any(path.startswith("/internal") for path in document["paths"])
    assert references(document) <= {f"#/components/schemas/{name}" for name in document["components"]["schemas"]}


def references(value: Any) -> set[str]:
    if isinstance(value, dict):
        own = {value["$ref"]} if isinstance(value.get("$ref"), str) else set()
        return own.union(*map(references, value.values()))
    return set().union(*map(references, value)) if isinstance(value, list) else set()


async def test_reading_personal_data_leaves_a_trace_whichever_way_it_is_read(platform: World) -> None:
    path = f"{REGISTRATION}/registrations/2021/{OWN}"
    script = await platform.script("leader")
    assert (await script.get(path)).status == 200
    assert (await (await platform.signed_in("leader")).page(f"/registrations/2021/{OWN}")).status == 200
    (await script.get(f"{REGISTRATION}/registrations/2021/nowhere")).problem(404)
    rows = await platform.execute(
        "select account, object from audit where action = 'read_personal_data' and role = 'leader' order by id"
    )
    assert [(row["account"], row["object"]) for row in rows][-2:] == [("script-leader", path), ("leader", path)]


HOSTILE = ["\0", "' or 1=1 --", "../../etc/passwd", "{{7*7}}", "<script>alert(1)</script>", "\ud800", "9" * 400, "％00"]


@pytest.mark.parametrize("path", [p for p in QUERIES if p not in ("/", "/status")])
async def test_hostile_input_is_a_problem_or_nothing_found_never_a_fault(
    visitors: dict[Role, Visitor], path: str
) -> None:
    bare = path.partition("?")[0].format(unit=OWN)
    for value in HOSTILE:
        written = quote(value, safe="", errors="surrogatepass")
        for address in (
            path.replace("2021", written).replace("{unit}", written),
            f"{bare}?season={written}&unit={written}&q={written}&cursor={written}&sort={written}",
            f"{bare}?season=2021&unit={OWN}&cursor={written}&line={written}&at={written}",
        ):
            answer = await visitors["office"].page(address)
            assert answer.status < 500, (address, answer.status, answer.text[:300])
            assert "<script>alert" not in answer.text


async def test_a_malformed_command_is_a_problem(visitors: dict[Role, Visitor]) -> None:
    for body in (
        b"",
        b"{",
        b"[1]",
        b'{"season": "x"}',
        b'{"unit": "\\u0000"}',
        b"\xff",
        json.dumps([0] * 9999).encode(),
    ):
        answer = await visitors["office"].ask(
            "POST", f"{REGISTRATION}/submit-registration", body, Content_Type="application/json", Idempotency_Key="k"
        )
        assert answer.status in (400, 422)
        answer.problem(answer.status)

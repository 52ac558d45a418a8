"""Activity over HTTP, beside the registration that it hears from, on a real PostgreSQL and Kafka."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

import aiohttp
import pytest
import pytest_asyncio

from shared.kernel.messages import Actor
from tests.integration import spoiled
from tests.integration.client import (
    DOCUMENT,
    HUANGPU,
    INSPECTOR,
    JUDGE,
    LEADER,
    OFFICE,
    PARTNER,
    XUHUI,
    Client,
    Deployment,
    Reply,
    connected,
    deployment,
    until,
    written,
)
from tests.integration.fuzzed import fuzz
from tests.processes import started
from tests.servers import Databases, KafkaServer

LINGANG = Actor("lingang-1", "unit", unit="lingang")
ALL = ["1.1", "1.2", "1.3", "2.1", "2.2", "2.3", "3.1", "3.2", "3.3"]


@dataclass
class World:
    at: Deployment
    client: Client
    registration: Client

    @property
    def database(self) -> str:
        return self.at.urls["activity"]

    async def get(self, path: str, *args: Any, **params: Any) -> Reply:
        return await self.client.get(path, *args, **params)

    async def give(self, command: str, body: Any, *args: Any, **kwargs: Any) -> Reply:
        return await self.client.give(command, body, *args, **kwargs)


@pytest_asyncio.fixture(scope="module")
async def world(databases: Databases, clean_kafka: KafkaServer) -> AsyncIterator[World]:
    """Registration and activity running; three units of the season of 2021 are registered, one of them on file."""
    at = await deployment(databases, clean_kafka.bootstrap, "registration", "activity")
    await at.set_clock("05-24 09:00")
    registration, activity = at.process("registration"), at.process("activity")
    async with started(registration, activity), aiohttp.ClientSession() as http:
        office = Client(http, registration.url, "registration")
        await open_season(office, at.urls["registration"])
        for unit, way in (("xuhui", HERE), ("lingang", ELSEWHERE), ("huangpu", HERE)):
            await register(office, unit, **way)
        await until(at.urls["activity"], "select count(*) = 3 from participant")
        await until(at.urls["activity"], "select count(*) = 20 from directory")
        await at.set_clock("09-01 10:00")
        yield World(at, Client(http, activity.url, "activity"), office)


HERE = {"outcome": "here"}
ELSEWHERE = {"outcome": "administrative", "zone": "临港新片区赛区"}


async def open_season(office: Client, database: str) -> None:
    (await office.give("open-season", {"document": DOCUMENT})).done()
    await until(database, "select count(*) = 20 from registration")


async def register(office: Client, unit: str, **way: str) -> None:
    form = {
        **{"season": 2021, "unit": unit, "no_credit_code_reason": "样例单位", "theme": "建功十四五"},
        **{"field": "digital", "category": "district-bureau"},
        **{role: person(n) for n, role in enumerate(("leader", "deputy", "contact"))},
    }
    (await office.give("submit-registration", form | way)).done()
    (await office.give("accept-registration", {"season": 2021, "unit": unit})).done()


def person(n: int) -> dict[str, str]:
    return {"name": f"样例人员{n}", "mobile": f"000-0000-10{n:02d}", "duty": "科员"}


def plan(unit: str = "huangpu", **changes: Any) -> dict[str, Any]:
    return {
        "season": 2021,
        "unit": unit,
        "theme": "建功十四五，奋进新征程",
        "goals": ["执法满意度提升"],
        "measures": ["每月一次实战演练", "每季一次讲评"],
        "timetable": ["6月动员", "12月总结"],
        "principal_leader": person(1),
        "deputy_leader": person(2),
        "leading_group": [person(3)],
        "participants": [person(4), {"name": "样例人员5", "mobile": "000-0000-1005", "email": "five@example.invalid"}],
        **changes,
    }


def announcement(unit: str = "huangpu", **changes: Any) -> dict[str, Any]:
    return {
        "season": 2021,
        "unit": unit,
        "item": "1.1",
        "campaign": "第十届花博会",
        "name": "花博会沿线保障",
        "place": "样例路",
        "planned_for": "2021-09-10T09:00:00+08:00",
        **changes,
    }


def report(activity: str, unit: str = "huangpu", **changes: Any) -> dict[str, Any]:
    done = {"occurred_at": "2021-08-30T09:00:00+08:00", "headcount": 40, "outcome": "秩序良好"}
    return {"season": 2021, "unit": unit, "activity": activity, **done, **changes}


CROSS_PROVINCE = {
    "province": "jiangsu",
    "authority": "样例市城管局",
    "place": "省际毗邻区域样例河",
    "legal_basis": "共同管辖执法协作机制",
    "partner_headcount": 12,
    "cases_found": 3,
    "summary": "联合巡查",
}


def sheet(unit: str = "huangpu", **changes: Any) -> dict[str, Any]:
    return {
        "season": 2021,
        "unit": unit,
        "checklist": "final",
        "scores": {"completion": 28, "effect": 25.5, "models": "17.50", "summary": 12, "satisfaction": 9},
        "occurred_at": "2021-08-31T09:00:00+08:00",
        "on_paper": True,
        "note": "样例",
        **changes,
    }


async def scheduled(world: World, **changes: Any) -> tuple[str, Any]:
    """A new activity, on the list: its id and the answer."""
    done = (await world.give("schedule-activity", announcement(**changes))).done()
    await rows(world, "activities", done["position"])
    return done["stream"].removeprefix("activity-"), done


async def rows(world: World, path: str, position: int = 0, who: Actor = OFFICE, **params: Any) -> list[Any]:
    found = (await world.get(path, who, season=2021, min_position=position, **params)).done()
    items: list[Any] = found["items"]
    assert found["total"] >= len(items)
    return items


# Participants and plans ---------------------------------------------------------------------------------------


async def test_participants_are_listed_in_official_order(world: World) -> None:
    found = await rows(world, "participants")
    assert [row["unit"] for row in found] == ["huangpu", "xuhui", "lingang"]
    assert found[1] == {"unit": "xuhui", "items": ALL, "plan_filed_at": None}
    assert found[2]["items"] == ["1.1", "2.1", "2.2", "2.3", "3.1", "3.2", "3.3"]
    first = (await world.get("participants", season=2021, limit=2)).done()
    rest = (await world.get("participants", season=2021, limit=2, cursor=first["next"])).done()
    assert [row["unit"] for row in rest["items"]] == ["lingang"]
    assert [row["unit"] for row in await rows(world, "participants", who=XUHUI)] == ["xuhui"]


async def test_a_plan_is_read_and_replaced(world: World) -> None:
    (await world.get("plans/2021/huangpu")).problem(404, "还没有报送")
    first = (await world.give("file-plan", plan(), HUANGPU)).done()
    shown = (await world.get("plans/2021/huangpu", HUANGPU, min_position=first["position"])).done()
    assert (shown["version"], shown["filed_at"]) == (first["version"], "2021-09-01T10:00:00+08:00")
    assert shown["measures"] == ["每月一次实战演练", "每季一次讲评"]
    assert shown["principal_leader"] == {**person(1), "email": None}
    assert [each["name"] for each in shown["participants"]] == ["样例人员4", "样例人员5"]
    masked = (await world.get("plans/2021/huangpu", LEADER)).done()
    assert [each["mobile"] for each in masked["leading_group"]] == ["000****1003"]
    again = (
        await world.give("file-plan", plan(goals=["目标一", "目标二"], leading_group=[person(9), person(3)]))
    ).done()
    shown = (await world.get("plans/2021/huangpu", min_position=again["position"])).done()
    assert (shown["goals"], len(shown["leading_group"])) == (["目标一", "目标二"], 2)
    assert (await rows(world, "participants"))[0]["plan_filed_at"] == "2021-09-01T10:00:00+08:00"
    async with connected(world.database) as conn:
        for table in ("event", "participant", "history", "command", "sealed_person"):
            found = await conn.fetch(f"select t::text as row from {table} t")
            assert not any("样例人员" in row["row"] or "000-0000-1003" in row["row"] for row in found), table


async def test_who_is_erased_is_no_longer_shown(world: World) -> None:
    alone = {"name": "样例丁", "mobile": "000-0000-9999"}
    done = (await world.give("file-plan", plan("xuhui", deputy_leader=alone), XUHUI)).done()
    async with connected(world.database) as conn, connected(world.at.keys) as keys:
        who = "select (data->'deputy_leader'->>'person')::uuid from event where stream = 'participant-2021-xuhui'"
        await keys.execute("delete from person_key where person = $1", await conn.fetchval(f"{who} and version = 2"))
    shown = (await world.get("plans/2021/xuhui", min_position=done["position"])).done()
    assert (shown["deputy_leader"], shown["principal_leader"]["name"]) == (None, "样例人员1")
    anew = (await world.give("file-plan", plan("lingang", deputy_leader=alone), LINGANG)).done()
    assert (await world.get("plans/2021/xuhui", min_position=anew["position"])).done()["deputy_leader"] is None
    assert (await world.get("plans/2021/lingang")).done()["deputy_leader"]["mobile"] == "000-0000-9999"


async def test_a_unit_accepted_while_the_log_cannot_be_written_is_admitted_afterwards(world: World) -> None:
    """What could not be stored for want of a lock is tried again, never put aside as a bad event."""
    tries = "select count(*) from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'"
    late = {"season": 2021, "unit": "chongming", "closes_at": "2021-12-01T00:00:00+08:00", "reason": "样例延期"}
    async with connected(world.database) as conn:
        async with conn.transaction():
            await conn.execute("select from log_head for update")
            (await world.registration.give("extend-deadline", late)).done()
            await register(world.registration, "chongming", **HERE)
            async with connected(world.database) as watching, asyncio.timeout(30):
                for waits in (True, False, True, False):  # twice somebody waits for the lock and gives up
                    while bool(await watching.fetchval(tries)) is not waits:
                        await asyncio.sleep(0.05)
        await until(world.database, "select count(*) = 1 from participant where unit = 'chongming'")
        assert await conn.fetchval("select count(*) from dead_letter") == 0


# Activities ---------------------------------------------------------------------------------------------------


async def test_an_activity_goes_its_way_and_its_history_says_so(world: World) -> None:
    id, done = await scheduled(world, item="1.3", campaign=None, name="联合巡查")
    (row,) = await rows(world, "activities", done["position"], item="1.3", status="scheduled")
    assert row == {
        "activity": id,
        "unit": "huangpu",
        "item": "1.3",
        "campaign": None,
        "name": "联合巡查",
        "place": "样例路",
        "planned_for": "2021-09-10T09:00:00+08:00",
        "occurred_at": None,
        "headcount": None,
        "outcome": None,
        "status": "scheduled",
        "version": 1,
        "updated_at": "2021-09-01T10:00:00+08:00",
    }
    (await world.give("report-activity", report(id, cross_province=CROSS_PROVINCE), HUANGPU, version='"1"')).done()
    about = {"season": 2021, "unit": "huangpu", "activity": id}
    done = (await world.give("correct-report", about | {"headcount": 44, "reason": "漏计4人"}, HUANGPU)).done()
    (row,) = await rows(world, "activities", done["position"], HUANGPU, q="联合巡查", status="reported")
    withdrawn = (await world.give("correct-report", about | {"withdrawn": True, "reason": "重复上报"})).done()
    (row,) = await rows(world, "activities", withdrawn["position"], q="联合巡查")
    assert (row["status"], row["headcount"], row["version"]) == ("withdrawn", 44, 5)
    told = (await world.get(f"activities/{id}/history", HUANGPU)).done()
    assert [(entry["actor"], entry["what"], entry["why"]) for entry in told["items"]] == [
        ("office-1", "排定竞赛活动“联合巡查”（竞赛内容1.3）：2021年9月10日09:00，样例路", None),
        ("huangpu-1", "上报竞赛活动：2021年8月30日09:00开展，40人参加", None),
        (
            "huangpu-1",
            "上报跨省联合执法：与江苏样例市城管局在省际毗邻区域样例河，对方12人参加，发现案件3件",
            None,
        ),
        ("huangpu-1", "更正活动上报：2021年8月30日09:00开展，44人参加", "漏计4人"),
        ("office-1", "撤回活动上报，不再计入", "重复上报"),
    ]
    assert [entry["version"] for entry in told["items"]] == [1, 2, 3, 4, 5]


async def test_activities_are_filtered_sorted_and_paged(world: World) -> None:
    position = 0
    for n, unit in enumerate(("lingang", "xuhui", "lingang", "huangpu", "xuhui")):
        (id, _) = await scheduled(world, unit=unit, item="3.3", campaign=None, name=f"开放日{n}")
        position = (await world.give("report-activity", report(id, unit, headcount=10 * n + 1))).done()["position"]
    names = [row["name"] for row in await rows(world, "activities", position, q="开放日", sort="unit")]
    assert [name[-1] for name in names[:1]] == ["3"]
    assert {name[-1] for name in names[1:3]} == {"1", "4"}
    paged, cursor = [], ""
    while cursor is not None:
        found = (
            await world.get("activities", season=2021, q="开放日", sort="-headcount", limit=2, cursor=cursor)
        ).done()
        paged += [row["headcount"] for row in found["items"]]
        cursor = found["next"]
    assert paged == [41, 31, 21, 11, 1]
    assert len(await rows(world, "activities", unit="lingang", q="开放日")) == 2
    assert len(await rows(world, "activities", q="黄浦", item="3.3")) == 1
    assert {row["unit"] for row in await rows(world, "activities", who=XUHUI)} == {"xuhui"}


# Visits -------------------------------------------------------------------------------------------------------


async def test_visits_are_seen_by_whom_they_concern(world: World) -> None:
    mine = (await world.give("record-visit", sheet(), INSPECTOR)).done()
    other = Actor("inspector-2", "inspector", unit="xuhui")
    (await world.give("record-visit", sheet("lingang", occurred_at="2021-09-01T09:00:00+08:00"), other)).done()
    (await world.give("record-visit", sheet("xuhui"), other)).problem(409, "本单位")
    id = mine["stream"].removeprefix("visit-")
    better = {"season": 2021, "unit": "huangpu", "visit": id, "scores": sheet()["scores"] | {"summary": 12.5}}
    done = (await world.give("correct-visit", better | {"reason": "归档材料补齐"})).done()
    (row,) = await rows(world, "visits", done["position"], INSPECTOR)
    assert row == {
        "visit": id,
        "unit": "huangpu",
        "part": "final",
        "checklist": "final",
        "total": 9250,
        "occurred_at": "2021-08-31T09:00:00+08:00",
        "recorded_at": "2021-09-01T10:00:00+08:00",
        "after_the_fact": True,
        "version": 2,
    }
    assert [row["unit"] for row in await rows(world, "visits", who=other)] == ["lingang"]
    assert [row["unit"] for row in await rows(world, "visits", who=HUANGPU)] == ["huangpu"]
    assert [row["unit"] for row in await rows(world, "visits", who=LEADER, sort="unit")] == ["huangpu", "lingang"]
    assert await rows(world, "visits", part="initial") == []
    assert len(await rows(world, "visits", part="final", unit="lingang")) == 1
    told = (await world.get(f"visits/{id}/history", INSPECTOR)).done()
    assert [(entry["actor"], entry["what"], entry["why"]) for entry in told["items"]] == [
        ("inspector-1", "据纸质考评表录入年终考核考评，得92.00分（2021年8月31日09:00考评，事后录入）", None),
        ("office-1", "更正年终考核考评，改为92.50分", "归档材料补齐"),
    ]
    (await world.get(f"visits/{id}/history", other)).problem(403, "本人")
    (await world.get(f"visits/{id}/history", XUHUI)).problem(403, "本单位")


# Who may ------------------------------------------------------------------------------------------------------


async def test_who_is_not_asked_is_refused(world: World) -> None:
    id, _ = await scheduled(world)
    before = await written(world.database)
    paths = ("participants?season=2021", "plans/2021/huangpu", "activities?season=2021", "visits?season=2021")
    for path in (*paths, f"activities/{id}/history", f"visits/{'0' * 32}/history"):
        (await world.get(path, None)).problem(401, "登录")
        (await world.get(path, PARTNER)).problem(403)
        (await world.get(path, JUDGE)).problem(403)
    for path in ("plans/2021/huangpu", "activities?season=2021&unit=huangpu", "visits?season=2021&unit=huangpu"):
        (await world.get(path, XUHUI)).problem(403, "本单位")
    (await world.get(f"activities/{id}/history", XUHUI)).problem(403, "本单位")
    assert (await world.get("activities", Actor("lost-1", "unit"), season=2021)).done()["total"] == 0
    (await world.give("file-plan", plan(), None)).problem(401, "登录")
    (await world.give("file-plan", plan(), XUHUI)).problem(403, "本单位")
    (await world.give("file-plan", plan(), LEADER)).problem(403)
    (await world.give("schedule-activity", announcement(), XUHUI)).problem(403, "本单位")
    (await world.give("report-activity", report(id, "xuhui"), XUHUI)).problem(409, "没有找到")
    (await world.give("record-visit", sheet(), HUANGPU)).problem(403)
    (await world.give("admit-unit", {"season": 2021, "unit": "putuo", "items": ["1.1"]})).problem(404)
    (await world.give("adopt-season-rules", {})).problem(404)
    assert await written(world.database) == before


# Bad input ----------------------------------------------------------------------------------------------------

COMMANDS: dict[str, tuple[dict[str, Any], tuple[str, ...]]] = {
    "file-plan": (
        plan(),
        (
            "participants.1.email",
            *(f"{who}.duty" for who in ("principal_leader", "deputy_leader", "leading_group.0", "participants.0")),
        ),
    ),
    "schedule-activity": (announcement(), ("campaign",)),
    "report-activity": (report("0" * 32, cross_province=CROSS_PROVINCE), ()),
    "correct-report": (
        report("0" * 32, reason="漏计", withdrawn=False),
        ("occurred_at", "headcount", "outcome", "withdrawn"),
    ),
    "record-visit": (sheet(), ("on_paper", "note")),
    "correct-visit": (
        {"season": 2021, "unit": "huangpu", "visit": "0" * 32, "scores": {"plan": 10}, "reason": "漏计"},
        (),
    ),
}


async def sealed(world: World) -> int:
    async with connected(world.database) as conn:
        found: int = await conn.fetchval("select count(*) from sealed_person")
        return found


@pytest.mark.parametrize("command", COMMANDS)
async def test_no_spoiled_body_passes(world: World, command: str) -> None:
    good, optional = COMMANDS[command]
    before = (*await written(world.database), await sealed(world))
    for what, body in spoiled.bodies(good, optional):
        reply = await world.give(command, body)
        by_rule = (409,) if what.startswith("scores.") else ()  # any number of points is well formed
        assert reply.status in (400, 422, *by_rule), (what, reply)
        reply.problem(reply.status)
    for headers in spoiled.HEADERS:
        reply = await world.client.post(command, good, OFFICE, headers)
        assert reply.status in (400, 422), (headers, reply)
        reply.problem(reply.status)
    assert (*await written(world.database), await sealed(world)) == before


async def test_a_body_beyond_measure_is_turned_away(world: World) -> None:
    before = (*await written(world.database), await sealed(world))
    (await world.give("file-plan", plan(goals=["长" * 2000] * 1000))).problem(413, "超过1 MB")
    (await world.give("file-plan", plan(goals=["目标"] * 51))).problem(422, "50")
    (await world.give("file-plan", plan(participants=[person(1)] * 201))).problem(422, "200")
    (await world.give("record-visit", sheet(scores={f"entry-{n}": 1 for n in range(1000)}))).problem(422)
    (await world.give("record-visit", sheet(scores={"completion": 10**30}))).problem(422)
    (await world.give("report-activity", report("0" * 32, headcount=10**30))).problem(422)
    assert (*await written(world.database), await sealed(world)) == before


async def test_the_unknown_is_named(world: World) -> None:
    before = await written(world.database)
    for path in ("participants", "activities", "visits"):
        (await world.get(path, season=2030)).problem(404, "2030")
        (await world.get(path)).problem(422, "season")
    for path in ("activities", "visits"):
        (await world.get(path, season=2021, unit="nobody")).problem(404, "nobody")
    (await world.get("plans/2030/huangpu")).problem(404, "2030")
    (await world.get("plans/2021/nobody")).problem(404, "nobody")
    (await world.get(f"activities/{'0' * 32}/history")).problem(404, "活动")
    (await world.get(f"visits/{'0' * 32}/history")).problem(404, "考评")
    (await world.get("no-such-thing")).problem(404)
    (await world.give("schedule-activity", announcement(season=2030))).problem(409, "2030")
    (await world.give("schedule-activity", announcement("nobody"))).problem(409, "登记")
    (await world.give("file-plan", plan("putuo"))).problem(409, "登记")
    (await world.give("record-visit", sheet("nobody"))).problem(409, "登记")
    (await world.give("record-visit", sheet(checklist="nothing"))).problem(409, "考评表")
    (await world.give("report-activity", report("0" * 32))).problem(409, "没有找到")
    (await world.give("schedule-activity", announcement("lingang", item="1.2", campaign=None))).problem(409, "1.2")
    assert await written(world.database) == before


async def test_no_spoiled_query_passes(world: World) -> None:
    id, _ = await scheduled(world)
    lists = ("participants?season=2021", "activities?season=2021", "visits?season=2021", f"activities/{id}/history")
    for path in lists:
        for query in spoiled.LISTS:
            (await world.get(f"{path}{'&' if '?' in path else '?'}{query}")).problem(422)
    for query in ("status=done", "item=4.1", "item=%00", "unit=A", "unit=%00", "q=%00", "q=" + "x" * 101):
        (await world.get(f"activities?season=2021&{query}")).problem(422)
    for query in ("part=all", "unit=A", "q=x"):
        (await world.get(f"visits?season=2021&{query}")).problem(422)
    for year in spoiled.YEARS:
        for path in (f"participants?season={year}", f"plans/{year}/huangpu"):
            reply = await world.get(path)
            assert reply.status in (404, 422), (path, reply)
            reply.problem(reply.status)
    for unit in spoiled.UNITS:
        for path in (f"plans/2021/{unit}", f"activities/{unit}/history", f"visits/{unit}/history"):
            reply = await world.get(path)
            assert reply.status in (404, 422), (path, reply)
            reply.problem(reply.status)


# Repeats, versions and read models ----------------------------------------------------------------------------


async def test_a_repeat_gets_the_first_answer(world: World) -> None:
    key = str(uuid4())
    replies = await asyncio.gather(*(world.give("schedule-activity", announcement(), HUANGPU, key) for _ in range(8)))
    first = replies[0].done()
    assert all(reply.done() == first for reply in replies)
    (await world.give("schedule-activity", announcement(name="另一项"), HUANGPU, key)).problem(409, "Idempotency-Key")
    (await world.give("file-plan", plan(), HUANGPU, key)).problem(409, "Idempotency-Key")
    id = first["stream"].removeprefix("activity-")
    done = (await world.give("report-activity", report(id), HUANGPU, "report-" + key)).done()
    assert (await world.give("report-activity", report(id), HUANGPU, "report-" + key)).done() == done
    (await world.give("report-activity", report(id), HUANGPU)).problem(409, "已上报")


async def test_a_stale_version_is_not_acted_upon(world: World) -> None:
    id, _ = await scheduled(world)
    before = await written(world.database)
    for command, body in (("report-activity", report(id)), ("file-plan", plan())):
        reply = await world.give(command, body, version='"0"')
        assert reply.problem(412, "刷新").body["version"] > 0
    assert await written(world.database) == before


async def test_a_query_waits_for_what_was_just_written(world: World) -> None:
    async with connected(world.database) as conn:
        async with conn.transaction():  # the projection cannot move on meanwhile
            await conn.execute("select from own_cursor where projection = 'activity-lists' for update")
            done = (await world.give("schedule-activity", announcement(name="刚刚排定"))).done()
            asked = asyncio.create_task(rows(world, "activities", done["position"], q="刚刚排定"))
            assert await rows(world, "activities", q="刚刚排定") == []
            assert not asked.done()
        assert [row["activity"] for row in await asked] == [done["stream"].removeprefix("activity-")]


async def test_emptied_read_models_come_back_the_same(world: World) -> None:
    tables = {
        "season": "season",
        "participant": "season, unit",
        "activity": "activity",
        "visit": "visit",
        "history": "stream, version",
    }

    async def shot(conn: Any) -> list[Any]:
        return [
            [row["row"] for row in await conn.fetch(f"select t::text as row from {table} t order by {order}")]
            for table, order in tables.items()
        ]

    async with connected(world.database) as conn:
        head = await conn.fetchval("select pos from log_head")
        await rows(world, "participants", head)
        before = await shot(conn)
        rebuilt = asyncio.Event()
        await conn.add_listener("projected", lambda *args: rebuilt.set() if args[3].endswith(f":{head}") else None)
        async with conn.transaction():
            await conn.execute(f"truncate {', '.join(tables)}")
            await conn.execute("update own_cursor set pos = 0 where projection = 'activity-lists'")
        async with asyncio.timeout(30):
            await rebuilt.wait()
        assert await shot(conn) == before


async def test_nothing_made_up_from_the_openapi_document_breaks_it(world: World) -> None:
    called = await asyncio.to_thread(fuzz, world.client.url, OFFICE)
    assert {f"POST /api/v1/activity/{command}" for command in COMMANDS} <= called
    assert "GET /api/v1/activity/activities" in called

"""Scoring on real engines: owners' logs → Kafka → Faust → facts → boards, verified three ways."""

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any
from uuid import uuid4

import aiohttp
import pytest
from aiokafka import AIOKafkaProducer

from shared.kernel import store
from shared.kernel.follow import follow
from shared.kernel.messages import Actor
from tests.integration.scoring import OFFICE, World, world_on
from tests.scoring import year
from tests.servers import Databases, KafkaServer


@pytest.fixture(scope="module")
async def world(databases: Databases, clean_kafka: KafkaServer) -> AsyncIterator[World]:
    async with world_on(databases, clean_kafka.bootstrap) as world:
        yield world


async def test_events_become_points_with_the_events_behind_them(world: World) -> None:
    """SCO-3: from the board's row to the event."""
    await world.record(
        *(year.reported("putuo", f"p{n}", "3.2") for n in range(9)),
        year.visited("putuo", "pv", 8880, "final"),
        year.planned("putuo"),
        year.corrected("putuo", "p0", "3.2", headcount=40),
        year.corrected("putuo", "p1", "3.2", withdrawn=True),
    )
    await world.stack.settled()
    row = next(row for row in (await world.board())["rows"] if row["unit"] == "putuo")
    assert {line: points for line, points in row["lines"].items() if points} == {
        "item-3.2": 500,  # 8 × 0.75 = 6.00, at most 5.00
        "visit-final": 888,
        "plan": 500,
    }
    status, found = await world.get("/api/v1/units/putuo/points?season=2021&limit=200")
    assert status == 200, found
    assert (found["total"], found["name"]) == (row["points"], "上海市普陀区城市管理行政执法局")
    lines = {line["line"]: line for line in found["lines"]}
    assert (lines["item-3.2"]["points"], lines["item-3.2"]["facts"], lines["item-3.2"]["capped"]) == (500, 8, True)
    assert lines["item-3.2"]["formula"] == "每次0.75分，最高5.00分"
    assert sum(line["points"] for line in found["lines"]) == found["total"]
    shares = [item["points_share"] for item in found["items"] if item["line"] == "item-3.2"]
    assert sorted(shares) == [0, 50, 75, 75, 75, 75, 75, 75]
    (whole,) = (item for item in found["items"] if item["fact"] == "activity-p0#activity")
    assert whole["event"]["what"].startswith("更正活动上报，40人参加：人数有误（原记录：开展活动“样例活动”")
    event = await world.activity.fetchrow("select id, type from event where stream = 'activity-p0' and version = 2")
    assert (whole["event"]["id"], whole["event"]["type"]) == (str(event["id"]), event["type"])


async def test_facts_are_paged_without_a_gap_or_a_repeat(world: World) -> None:
    await world.record(*(year.reported("jinshan", f"j{n}", ("1.1", "2.1")[n % 2]) for n in range(23)))
    await world.stack.settled()
    seen: list[str] = []
    cursor = ""
    while cursor is not None:
        status, page = await world.get(f"/api/v1/units/jinshan/points?season=2021&limit=5&cursor={cursor}")
        assert status == 200, page
        assert len(page["items"]) <= 5
        seen += [item["fact"] for item in page["items"]]
        cursor = page["next"]
    assert len(seen) == len(set(seen)) == 23
    status, only = await world.get("/api/v1/units/jinshan/points?season=2021&line=item-2.1")
    assert [item["line"] for item in only["items"]] == ["item-2.1"] * 11


@pytest.mark.parametrize(
    ("path", "who", "status"),
    [
        ("/api/v1/leaderboards/2021", OFFICE, 200),
        ("/api/v1/leaderboards/2021/area-1", Actor("u", "unit", "putuo"), 200),
        ("/api/v1/leaderboards/2021/overall", Actor("i", "inspector"), 200),
        ("/api/v1/leaderboards/2021/overall", Actor("j", "judge"), 200),
        ("/api/v1/leaderboards/2021/overall", Actor("p", "partner", partner="jiangsu"), 403),
        ("/api/v1/leaderboards/2021", Actor("p", "partner", partner="jiangsu"), 403),
        ("/api/v1/units/putuo/points?season=2021", Actor("u", "unit", "putuo"), 200),
        ("/api/v1/units/putuo/points?season=2021", Actor("u", "unit", "huangpu"), 403),
        ("/api/v1/units/putuo/points?season=2021", Actor("i", "inspector"), 403),
        ("/api/v1/units/putuo/points?season=2021", Actor("p", "partner", partner="jiangsu"), 403),
        ("/api/v1/leaderboards/2020", OFFICE, 404),
        ("/api/v1/leaderboards/2021/area-9", OFFICE, 404),
        ("/api/v1/leaderboards/2021/%00", OFFICE, 422),
        ("/api/v1/leaderboards/nineteen/overall", OFFICE, 422),
        ("/api/v1/leaderboards/99999999999999999999/overall", OFFICE, 422),
        ("/api/v1/units/nobody/points?season=2021", OFFICE, 404),
        ("/api/v1/units/NOBODY/points?season=2021", OFFICE, 422),
        ("/api/v1/units/putuo/points", OFFICE, 422),
        ("/api/v1/units/putuo/points?season=2021&limit=0", OFFICE, 422),
        ("/api/v1/units/putuo/points?season=2021&limit=9999", OFFICE, 422),
        ("/api/v1/units/putuo/points?season=2021&cursor=bm8=", OFFICE, 422),
        ("/api/v1/units/putuo/points?season=2021&cursor=%00%ff", OFFICE, 422),
        (
            "/api/v1/units/putuo/points?season=2021&cursor=WyIyMDIxLTA0LTAxVDA5OjAwOjAwWiIsICJcdTAwMDAiLCAxXQ==",
            OFFICE,
            422,
        ),
        ("/api/v1/units/putuo/points?season=2021&line=%27--", OFFICE, 422),
        ("/api/v1/units/putuo/points?season=2021&line=unknown", OFFICE, 200),
    ],
)
async def test_whoever_asks_for_whatever_gets_an_answer(world: World, path: str, who: Actor, status: int) -> None:
    found, body = await world.get(path, who)
    assert found == status, body
    if status >= 400:
        assert body["detail"]


async def test_nobody_asks_without_a_credential(world: World) -> None:
    async with world.stack.http.get(f"{world.stack.processes['scoring'].url}/api/v1/leaderboards/2021") as answer:
        assert answer.status == 401


async def test_changes_are_published_for_office_and_participants(world: World) -> None:
    async def newest(topic: str) -> dict[str, Any]:
        """The board as published once it shows the points below."""
        async for key, value in follow(world.brokers, topic):
            board: dict[str, Any] = json.loads(value)
            if key == "2021/municipal" and any(r["unit"] == "lingang" and r["points"] == 300 for r in board["rows"]):
                return board
        raise AssertionError

    following = [asyncio.create_task(newest(f"ligong.board.{who}")) for who in ("office", "participants")]
    await world.record(*(year.reported("lingang", f"l{n}", "1.1") for n in range(2)))
    async with asyncio.timeout(20):
        office, participants = await asyncio.gather(*following)
    assert office["title"] == participants["title"] == "市属榜"
    assert office["hash"] == participants["hash"]


async def test_poison_is_kept_apart_and_everything_else_goes_on(world: World) -> None:
    before = await world.points("xuhui")
    producer = AIOKafkaProducer(bootstrap_servers=world.brokers)
    await producer.start()
    headers = [("type", b"x"), ("subject", b"activity-x"), ("id", str(uuid4()).encode()), ("pseq", b"999999")]
    ours = [*headers, ("previd", str(uuid4()).encode()), ("logepoch", b"1")]
    for partition in range(store.PARTITIONS):
        for value, its in ((b"\xff not json", []), (None, []), (b"{}", [("pseq", b"x")]), (b"{}", ours)):
            await producer.send_and_wait("ligong.activity", value, b"x", partition, headers=its)
    await producer.stop()
    await world.record(*(year.reported("xuhui", f"x{n}", "2.3") for n in range(3)))
    await world.stack.settled()
    assert await world.points("xuhui") == before + 300
    assert await world.scoring.fetchval("select count(*) from set_aside") == 3 * store.PARTITIONS


async def test_a_lost_last_message_is_asked_for_again(world: World) -> None:
    """The relay believes that it has sent what it has not: only the owner's head tells."""
    before = await world.points("minhang")
    async with world.activity.acquire() as conn, conn.transaction():
        await conn.execute("update relay set epoch = epoch + 1")  # whoever relays now has to begin again
        stream, event = year.reported("minhang", "lost", "2.2")
        new = store.NewEvent(uuid4(), stream, 1, event.topic, event.type(), event.model_dump_json())
        await store.append(conn, [store.Proposal(uuid4(), b"", "office", year.SPRING, [new])])
        await conn.execute("update relay set pos = (select pos from log_head)")
    await world.stack.settled()
    assert await world.points("minhang") == before + 100


ALTERATIONS = {
    "a fact's value": "update fact set value = value + 1 where key = (select min(key) from fact)",
    "a fact's words": "update fact set what = what || '！' where key = (select max(key) from fact)",
    "a fact's time": "update fact set occurred_at = occurred_at + '1 s' where key = (select max(key) from fact)",
    "a fact's unit": "update fact set unit = 'songjiang' where key = (select max(key) from fact where kind = 'visit')",
    "a fact less": "delete from fact where key = (select max(key) from fact where kind = 'visit')",
    "a fact more": "insert into fact select 'x#activity', version, season, unit, kind, item, part, value, occurred_at,"
    " withdrawn, what, event, type, topic, partition, pseq, stream, recorded from fact limit 1",
    "a row's points": "update board_row set points = points + 1 where board = 'overall' and unit = 'putuo'",
    "a row's rank": "update board_row set rank = rank + 1 where board = 'district' and unit = 'putuo'",
    "a row's lines": """update board_row set lines = '{"plan": 1}' where board = 'area-1' and unit = 'putuo'""",
    "a row less": "delete from board_row where board = 'municipal' and unit = 'zongdui'",
    "a row more": "insert into board_row values (2021, 'municipal', 'nobody', 1, 0, '{}')",
    "a checksum": "update board set hash = 'x' where board = 'area-2'",
    "the rules": "update season_rules set document = replace(document::text, '样例', '改动')::json",
}


@pytest.mark.parametrize("what", ALTERATIONS)
async def test_whatever_is_altered_by_hand_is_found_and_mended(world: World, what: str) -> None:
    await world.record(year.visited("putuo", f"{what}", 9000, "routine"), year.planned("zongdui"))
    await world.stack.settled()
    assert await world.agrees()
    before = await world.board()
    await world.scoring.execute(ALTERATIONS[what])
    found = await world.verify()
    assert not found["agree"]
    assert found["reasons"]
    assert await world.agrees()
    after = await world.board()
    assert (after["hash"], after["rows"]) == (before["hash"], before["rows"])


async def test_boards_say_whether_they_are_verified(world: World) -> None:
    assert await world.agrees()
    assert (await world.board())["verified"]["state"] == "verified"
    await world.record(year.reported("hongkou", "h", "1.2"))
    await world.stack.settled()
    assert (await world.board())["verified"]["state"] == "pending"


async def test_a_mismatch_found_unasked_is_told_to_whoever_asks_next(world: World) -> None:
    assert await world.agrees()
    await world.scoring.execute("insert into verification (agree, reasons, told) values (false, '{样例。}', false)")
    found = await world.verify()
    assert (found["agree"], len(found["reasons"])) == (False, 1)
    assert (await world.verify())["agree"]


async def test_it_says_what_it_lacks(world: World) -> None:
    async with aiohttp.ClientSession() as http:
        for name in ("scoring", "scoring_worker"):
            url = world.stack.processes[name].url
            async with http.get(f"{url}/readyz") as answer:
                assert answer.status == 200, await answer.text()
            async with http.get(f"{url}/metrics") as answer:
                assert "ligong_scoring" in await answer.text()

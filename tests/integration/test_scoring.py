"""Scoring on real engines: owners' logs → Kafka → Faust → facts → boards, verified three ways, whatever is done to it."""

import asyncio
import json
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

import aiohttp
import asyncpg
import pytest
from aiokafka import AIOKafkaProducer

from deploy.local.kafka import Kafka
from shared.kernel import store
from shared.kernel.follow import follow
from shared.kernel.messages import Actor
from shared.kernel.tokens import mint
from tests.processes import SECRET
from tests.scoring import year
from tests.servers import Databases, KafkaServer
from tests.stack import Stack, running

OFFICE = Actor("office", "office")
PARTS = ("registration", "activity", "scoring", "scoring_worker")


@dataclass
class World:
    """The owners and scoring; events are recorded in the owners' logs without asking their rules."""

    stack: Stack
    brokers: str
    registration: Any
    activity: Any
    scoring: Any
    versions: dict[str, int] = field(default_factory=dict)

    async def record(self, *entries: year.Entry) -> None:
        for n in range(0, len(entries), 100):
            for pool, own in self._by_owner(entries[n : n + 100]):
                async with pool.acquire() as conn:
                    verdicts = await store.append(conn, own)
                assert {verdict.word for verdict in verdicts} == {"ok"}

    def _by_owner(self, entries: Sequence[year.Entry]) -> list[tuple[Any, list[store.Proposal]]]:
        owners: dict[Any, list[store.Proposal]] = {}
        for stream, event in entries:
            version = self.versions[stream] = self.versions.get(stream, 0) + 1
            new = store.NewEvent(uuid4(), stream, version, event.topic, event.type(), event.model_dump_json())
            pool = self.registration if event.topic == "ligong.registration" else self.activity
            proposal = store.Proposal(uuid4(), b"", "office", year.SPRING, [new])
            owners.setdefault(pool, []).append(proposal)
        return list(owners.items())

    async def get(self, path: str, who: Actor = OFFICE) -> tuple[int, Any]:
        headers = {"Authorization": f"Bearer {mint(SECRET, who)}"}
        async with self.stack.http.get(f"{self.stack.processes['scoring'].url}{path}", headers=headers) as answer:
            return answer.status, await answer.json(content_type=None)

    async def board(self, board: str = "overall") -> Any:
        status, found = await self.get(f"/api/v1/leaderboards/2021/{board}")
        assert status == 200, found
        return found

    async def points(self, unit: str) -> int:
        rows = (await self.board())["rows"]
        return next(int(row["points"]) for row in rows if row["unit"] == unit)

    async def verify(self) -> Any:
        headers = {"Authorization": f"Bearer {mint(SECRET, Actor('test', 'service'))}"}
        async with self.stack.http.post(
            f"{self.stack.processes['scoring'].url}/internal/verify", headers=headers
        ) as answer:
            assert answer.status == 200, await answer.text()
            return await answer.json()

    async def behind(self) -> int:
        """Events that the owners have recorded and scoring has not."""
        heads = 0
        for pool in (self.registration, self.activity):
            heads += await pool.fetchval(
                "select coalesce(sum(pseq), 0) from log_partition where topic = any($1)", TOPICS
            )
        cursors = await self.scoring.fetchval("select coalesce(sum(pseq), 0) from cursor where consumer = 'scoring'")
        return int(heads - cursors)


TOPICS = ["ligong.registration", "ligong.activity", "ligong.inspection"]


@asynccontextmanager
async def world_on(databases: Databases, brokers: str) -> AsyncIterator[World]:
    async with running(databases, brokers, only=PARTS) as stack:
        await stack.clock.execute("update clock set now = '2021-03-20T09:00:00+08:00'")
        pools = [
            await asyncpg.create_pool(stack.urls[name], min_size=1, max_size=4)
            for name in ("registration", "activity", "scoring")
        ]
        try:
            world = World(stack, brokers, *pools)
            await world.record(year.OPENED)
            await stack.settled()
            yield world
        finally:
            for pool in pools:
                pool.terminate()


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
        for value, its in ((b"\xff not json", []), (b"{}", [("pseq", b"x")]), (b"{}", ours)):
            await producer.send_and_wait("ligong.activity", value, partition=partition, headers=its)
    await producer.stop()
    await world.record(*(year.reported("xuhui", f"x{n}", "2.3") for n in range(3)))
    await world.stack.settled()
    assert await world.points("xuhui") == before + 300
    assert await world.scoring.fetchval("select count(*) from set_aside") == 2 * store.PARTITIONS


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
    "a fact's value": "update fact set value = value + 1 where key = (select min(key) from fact where kind = 'activity')",
    "a fact's words": "update fact set what = what || '！' where key = (select max(key) from fact)",
    "a fact's time": "update fact set occurred_at = occurred_at + interval '1 s' where key = (select max(key) from fact)",
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
    assert await agreed(world)
    before = await world.board()
    await world.scoring.execute(ALTERATIONS[what])
    found = await world.verify()
    assert not found["agree"]
    assert found["reasons"]
    assert await agreed(world)
    after = await world.board()
    assert (after["hash"], after["rows"]) == (before["hash"], before["rows"])


async def agreed(world: World) -> bool:
    """Whether all three agree before long: what was altered is made anew in the background."""
    with suppress(TimeoutError):
        async with asyncio.timeout(20):
            while not (await world.verify())["agree"]:
                await asyncio.sleep(0.2)
            return True
    return False


async def test_boards_say_whether_they_are_verified(world: World) -> None:
    assert await agreed(world)
    assert (await world.board())["verified"]["state"] == "verified"
    await world.record(year.reported("hongkou", "h", "1.2"))
    await world.stack.settled()
    assert (await world.board())["verified"]["state"] == "pending"


async def test_a_mismatch_found_unasked_is_told_to_whoever_asks_next(world: World) -> None:
    assert await agreed(world)
    await world.scoring.execute("insert into verification (agree, reasons, told) values (false, '{样例。}', false)")
    found = await world.verify()
    assert (found["agree"], len(found["reasons"])) == (False, 1)
    assert (await world.verify())["agree"]


async def test_an_altered_event_is_found(databases: Databases, own_kafka: Kafka) -> None:
    """Any field of its data, and nothing is made anew from a log that is itself at fault."""
    async with world_on(databases, own_kafka.bootstrap) as world:
        await world.record(*(year.reported("putuo", f"{n}") for n in range(5)))
        await world.stack.settled()
        assert await agreed(world)
        alter = "update event set data = replace(data::text, $1, $2)::json where stream = 'activity-3'"
        for was, becomes in (("样例点位", "别处"), ('"headcount":12', '"headcount":13')):
            await world.activity.execute(alter, was, becomes)
            found = await world.verify()
            assert not found["agree"]
            assert "ligong.activity" in found["reasons"][0]
            assert (await world.board())["verified"]["state"] == "unverified"
            await world.activity.execute(alter, becomes, was)
            assert await agreed(world)


async def some_traffic(world: World, label: str, n: int) -> None:
    for k in range(n):
        unit = year.UNITS[k % 3]
        await world.record(
            year.reported(unit, f"{label}{k}", ("1.1", "2.1", "3.1")[k % 3]),
            year.visited(unit, f"{label}{k}", 6000 + k, "routine"),
        )


@pytest.mark.parametrize("times", [3])
async def test_killing_the_worker_amid_traffic_loses_and_doubles_nothing(
    databases: Databases, own_kafka: Kafka, times: int
) -> None:
    """SCO-1: the same checksum as a fold of the log, after every kill."""
    async with world_on(databases, own_kafka.bootstrap) as world:
        for n in range(times):
            going = asyncio.create_task(some_traffic(world, f"k{n}-", 300))
            async with asyncio.timeout(60):
                while not await world.behind():
                    await asyncio.sleep(0)
            assert not going.done()
            await world.stack.processes["scoring_worker"].kill()
            assert await world.behind() > 0
            await going
            await world.stack.settled()
            assert await world.scoring.fetchval("select count(*) from fact") == 600 * (n + 1)
            assert (await world.verify())["agree"]


async def test_a_kafka_wiped_while_the_worker_runs_comes_back_from_the_logs(
    databases: Databases, own_kafka: Kafka
) -> None:
    async with world_on(databases, own_kafka.bootstrap) as world:
        await some_traffic(world, "before", 50)
        await world.stack.settled()
        await asyncio.to_thread(own_kafka.kill)
        await asyncio.to_thread(own_kafka.wipe)
        going = asyncio.create_task(some_traffic(world, "amid", 50))
        await asyncio.to_thread(own_kafka.start)
        await going
        await world.stack.settled(150)
        assert await world.scoring.fetchval("select count(*) from fact") == 200
        assert (await world.verify())["agree"]
        published = {}
        with suppress(TimeoutError):
            async with asyncio.timeout(20):
                async for key, value in follow(world.brokers, "ligong.board.office"):
                    published[key] = json.loads(value)
                    if len(published) == 6 and published["2021/overall"]["hash"] == (await world.board())["hash"]:
                        break
        assert published.keys() == {
            f"2021/{b}" for b in ("overall", "district", "municipal", "area-1", "area-2", "area-3")
        }


async def test_it_says_what_it_lacks(world: World) -> None:
    async with aiohttp.ClientSession() as http:
        for name in ("scoring", "scoring_worker"):
            url = world.stack.processes[name].url
            async with http.get(f"{url}/readyz") as answer:
                assert answer.status == 200, await answer.text()
            async with http.get(f"{url}/metrics") as answer:
                assert "ligong_scoring" in await answer.text()

"""The builder on a real PostgreSQL: what it keeps up to date is what counting anew would give."""

import asyncio
import contextlib
import random
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from typing import Any

import asyncpg
import msgspec
import pytest

from services.scoring import standing, tallies
from services.scoring.builder import Builder
from services.scoring.intake import Intake, Record
from services.scoring.scheme import checksum
from services.scoring.standing import Published
from shared.contracts import catalogue
from shared.kernel.clock import RealClock
from shared.kernel.envelope import place
from tests.scoring import folding, year
from tests.scoring.test_order import facts_of
from tests.servers import Databases


@dataclass
class World:
    url: str
    pool: Any
    shown: dict[str, list[Published]] = field(default_factory=dict)

    def put(self, topic: str, key: str, value: bytes) -> None:
        if topic == "ligong.board.office":
            self.shown.setdefault(key, []).append(msgspec.json.decode(value, type=Published))

    def forget(self) -> None:
        """What was shown has been seen."""

    @contextlib.asynccontextmanager
    async def building(self) -> AsyncIterator[None]:
        task = asyncio.create_task(Builder(self.url, RealClock(), self).run())
        try:
            yield
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

    async def take(self, records: list[Record]) -> None:
        intake = Intake(self.pool, catalogue.read)
        await intake.reload()
        await intake.take(records)

    async def until(self, true: Callable[[], bool]) -> None:
        async with asyncio.timeout(20):
            while not true():
                await asyncio.sleep(0.01)

    def overall(self) -> Published:
        return self.shown["2021/overall"][-1]

    def points(self, unit: str) -> int:
        return next(row.points for row in self.overall().rows if row.unit == unit)

    async def caught_up(self, records: list[Record]) -> None:
        """Until the stored boards stand at the last of the records."""
        heads: dict[str, int] = {}
        for record in records:
            at = f"{record.topic}/{record.partition}"
            heads[at] = max(heads.get(at, 0), place(record.headers).pseq)
        async with asyncio.timeout(20):
            while await standing.read_vector(self.pool) != heads:
                await asyncio.sleep(0.01)


@pytest.fixture
async def world(databases: Databases) -> AsyncIterator[World]:
    url = await databases.new("scoring")
    pool = await asyncpg.create_pool(url, min_size=1, max_size=6)
    yield World(url, pool)
    pool.terminate()


def some_year(seed: int, size: int) -> list[year.Entry]:
    """A year with corrections, withdrawals and a few units; the same for the same seed."""
    chance = random.Random(seed)
    entries: list[year.Entry] = [year.OPENED]
    for n in range(size):
        unit, item = chance.choice(year.UNITS), chance.choice(("1.1", "1.3", "3.2"))
        if chance.random() < 0.4:
            entries.append(year.visited(unit, f"{n}", n % 10000))
            continue
        entries.append(year.reported(unit, f"{n}", item))
        if chance.random() < 0.3:
            entries.append(year.corrected(unit, f"{n}", item, withdrawn=chance.random() < 0.5))
    return entries


async def stored_sums(pool: Any) -> dict[str, str]:
    async with pool.acquire() as conn:
        stored = await standing.read(conn, await tallies.documents(conn))
    assert {key: head.hash for key, head in stored.heads.items()} == {k: checksum(r) for k, r in stored.rows.items()}
    return {board: checksum(rows) for (_, board), rows in stored.rows.items()}


async def test_boards_are_there_as_soon_as_the_season_is_open(world: World) -> None:
    async with world.building():
        await world.take(year.records([year.OPENED]))
        await world.until(lambda: len(world.shown) == 6)
    assert all(row.points == 0 and row.rank == 1 for row in world.overall().rows)
    assert len(world.overall().rows) == 20
    assert world.overall().verified.state == "pending"


async def test_a_fact_moves_the_boards_that_it_counts_on(world: World) -> None:
    records = year.records([year.OPENED, year.reported("putuo", "a", "2.1")])
    async with world.building():
        await world.take(records[:1])
        await world.until(lambda: len(world.shown) == 6)
        await world.take(records)
        await world.until(lambda: world.overall().revision == 2)
    assert world.points("putuo") == 100
    assert {key: boards[-1].revision for key, boards in world.shown.items()} == {
        "2021/overall": 2,
        "2021/district": 2,
        "2021/municipal": 1,
        "2021/area-1": 1,
        "2021/area-2": 2,
        "2021/area-3": 1,
    }
    assert sum(world.overall().vector.values()) == 2


async def test_an_event_without_points_moves_the_position_only(world: World) -> None:
    records = year.records([year.OPENED, year.began("putuo")])
    async with world.building():
        await world.take(records[:1])
        await world.until(lambda: len(world.shown) == 6)
        await world.take(records)
        await world.caught_up(records)
    assert [board.revision for board in world.shown["2021/overall"]] == [1]


async def test_sco_1_kept_up_to_date_is_the_same_as_counted_anew(world: World) -> None:
    """SCO-1: facts that arrive in pieces, in parallel transactions, before and after the season's rules."""
    records = year.records(some_year(7, 400))
    pieces: dict[tuple[str, int], list[Record]] = {}
    for record in records:
        pieces.setdefault((record.topic, record.partition), []).append(record)
    async with world.building():

        async def deliver(of_one: list[Record]) -> None:
            intake = Intake(world.pool, catalogue.read)
            await intake.reload()
            for n in range(0, len(of_one), 7):
                await intake.take(of_one[n : n + 7])

        await asyncio.gather(*(deliver(of_one) for of_one in pieces.values()))
        await world.caught_up(records)
        facts, _ = facts_of([records])
        wanted = {board: checksum(rows) for board, rows in folding.rows(facts, year.DOCUMENT).items()}
        assert await stored_sums(world.pool) == wanted
    counted = (await tallies.everything(world.pool)).tallies[2021]
    assert counted == {s: t for s, t in folding.tallies(facts, year.DOCUMENT).items() if t.n or t.total}
    before = world.overall()
    async with world.building():  # another begins with all facts at once
        await world.until(lambda: world.overall() is not before)
    assert world.overall().rows == before.rows
    assert world.overall().revision == before.revision


async def test_a_transaction_that_began_earlier_and_ends_later_is_not_missed(world: World) -> None:
    """The builder's snapshot is not a number: rows of older transactions may appear after newer ones."""
    records = year.records([year.OPENED, year.reported("putuo", "a"), year.reported("huangpu", "b")])
    async with world.building():
        await world.take(records[:1])
        await world.until(lambda: len(world.shown) == 6)
        async with world.pool.acquire() as early:
            slow = early.transaction()
            await slow.start()
            await early.execute("select pg_current_xact_id()")
            facts, _ = facts_of([records])
            await world.take(
                [r for r in records if r.partition == records[1].partition and r.topic == records[1].topic]
            )
            await world.until(lambda: world.points("putuo") == 150)
            row = msgspec.to_builtins(facts[1])
            await early.execute(
                """insert into fact select key, version, season, unit, kind, item, part, value, occurred_at, withdrawn,
                       what, event, type, topic, partition, pseq, stream, recorded, pg_current_xact_id()
                   from json_populate_record(null::fact, $1::json)""",
                msgspec.json.encode(row).decode(),
            )
            await early.execute("notify facts")
            await slow.commit()
        await world.until(lambda: world.points("huangpu") == 150)


async def test_dead_letters_are_shown_as_pending(world: World) -> None:
    opened, bad = year.records([year.OPENED, year.reported("putuo", "a")])
    async with world.building():
        await world.take([opened])
        await world.until(lambda: len(world.shown) == 6)
        await world.take([bad._replace(value=b"nothing")])
        await world.until(lambda: world.overall().pending == 1)
    assert world.overall().revision == 2


async def test_one_builds_and_the_next_takes_over(world: World) -> None:
    opened, first, second = year.records([year.OPENED, year.reported("putuo", "a"), year.reported("putuo", "b")])
    async with contextlib.AsyncExitStack() as stack:
        async with world.building():
            await world.take([opened])
            await world.until(lambda: len(world.shown) == 6)
            await stack.enter_async_context(world.building())
            await world.take([first])
            await world.until(lambda: world.points("putuo") == 150)
        await world.take([second])
        await world.until(lambda: world.points("putuo") == 300)
    revisions = [board.revision for board in world.shown["2021/overall"]]
    assert revisions == sorted(revisions)

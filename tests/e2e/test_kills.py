"""Whatever is killed amid traffic: no acknowledged event lost, no point doubled, the same board."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable

import asyncpg
import pytest

from deploy.local.kafka import Kafka
from deploy.local.postgres import PostgreSQL
from tests.e2e import season
from tests.servers import Databases
from tests.stack import Stack, running

UNITS = ("huangpu", "xuhui", "zongdui")
EACH, LANES = 40, 4  # activities of each unit, and how many it has under way at once
Kill = Callable[[Stack], Awaitable[None]]


@pytest.fixture
async def stack(own_postgres: PostgreSQL, own_kafka: Kafka) -> AsyncIterator[Stack]:
    async with running(Databases(own_postgres), own_kafka.bootstrap) as stack:
        await season.opened(stack, UNITS)
        yield stack


async def traffic(stack: Stack) -> None:
    """Each unit reports one activity after another, side by side with itself."""

    async def lane(unit: str, number: int) -> None:
        for n in range(EACH // LANES):
            await season.activity(stack, unit, "3.2", number * EACH + n)

    await asyncio.gather(*(lane(unit, number) for unit in UNITS for number in range(LANES)))


async def amid_traffic(stack: Stack, kill: Kill) -> None:
    """Kills once something accepted has not reached the facts (cursor < head) and something sent is unanswered."""
    log, facts = await asyncpg.connect(stack.urls["activity"]), await asyncpg.connect(stack.urls["scoring"])
    going = asyncio.create_task(traffic(stack))
    head = cursor = 0
    async with asyncio.timeout(60):
        while head < 20 or cursor >= head:
            cursor = await facts.fetchval("select coalesce(sum(pseq), 0) from cursor where topic = 'ligong.activity'")
            head = await log.fetchval(
                "select coalesce(sum(pseq), 0) from log_partition where topic = 'ligong.activity'"
            )
    assert cursor < head
    assert not going.done()
    await kill(stack)
    await going
    log.terminate()
    facts.terminate()
    await stack.settled(120)


async def everything_is_there_once(stack: Stack, more: int = 0) -> None:
    log = await asyncpg.connect(stack.urls["activity"])
    facts = await asyncpg.connect(stack.urls["scoring"])
    try:
        reported = await log.fetchval("select count(*) from event where type like '%.activity_reported.%'")
        assert reported == len(UNITS) * EACH + more
        assert await facts.fetchval("select count(*) from fact where kind = 'activity'") == reported
    finally:
        await log.close()
        await facts.close()
    rows = {row["unit"]: row for row in (await season.board(stack))["rows"]}
    assert {rows[unit]["lines"]["item-3.2"] for unit in UNITS} == {500}  # 40 × 0.75, at most 5.00
    result = await season.verified(stack)
    assert result["agree"], result


async def test_the_relay(stack: Stack) -> None:
    await amid_traffic(stack, lambda s: s.processes["activity"].kill())
    await everything_is_there_once(stack)


async def test_scoring(stack: Stack) -> None:
    await amid_traffic(stack, lambda s: s.processes["scoring_worker"].kill())
    await everything_is_there_once(stack)


async def test_postgresql(stack: Stack, own_postgres: PostgreSQL) -> None:
    async def kill(_: Stack) -> None:
        await asyncio.to_thread(own_postgres.kill)
        await asyncio.to_thread(own_postgres.start)

    await amid_traffic(stack, kill)
    await everything_is_there_once(stack)


async def test_the_broker_and_all_that_it_held(stack: Stack, own_kafka: Kafka) -> None:
    async def kill(_: Stack) -> None:
        await asyncio.to_thread(own_kafka.kill)
        await asyncio.to_thread(own_kafka.start)

    await amid_traffic(stack, kill)
    await everything_is_there_once(stack)
    before = await season.board(stack)
    await asyncio.to_thread(own_kafka.kill)
    await asyncio.to_thread(own_kafka.wipe)
    await asyncio.to_thread(own_kafka.start)
    await season.activity(stack, "huangpu", "2.1")
    await stack.settled(120)
    await everything_is_there_once(stack, more=1)
    after = await season.board(stack)
    points = {row["unit"]: row["points"] for row in after["rows"]}
    assert points == {row["unit"]: row["points"] + 100 * (row["unit"] == "huangpu") for row in before["rows"]}

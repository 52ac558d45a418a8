"""Commands/s appended by 32 concurrent writers through the store, beside plain inserts of the same rows."""

import asyncio
import hashlib
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

import asyncpg

from bench.figures import Figure, paired
from bench.world import Engines
from shared.kernel.batch import Batcher
from shared.kernel.messages import SHANGHAI, event_id
from shared.kernel.service import connect
from shared.kernel.store import NewEvent, Proposal, Verdict, append, partition

WRITERS, EACH, RUNS = 32, 400, 5
NOW = datetime(2021, 6, 1, 9, tzinfo=SHANGHAI)
TYPE = "ligong.activity.activity_reported.v1"
DATA = (
    '{"season":2021,"unit":"huangpu","activity":"0123456789abcdef0123456789abcdef","item":"1.1","campaign":null,'
    '"name":"样例活动","place":"样例广场","occurred_at":"2021-05-01T09:00:00+08:00","headcount":12,"outcome":"样例成效"}'
)
Write = Callable[[int, int], Awaitable[None]]


async def rate(write: Write) -> float:
    """Commands/s of 32 writers, each with one command under way at a time."""

    async def writer(number: int) -> None:
        for n in range(EACH):
            await write(number, n)

    began = time.perf_counter()
    await asyncio.gather(*(writer(number) for number in range(WRITERS)))
    return WRITERS * EACH / (time.perf_counter() - began)


@asynccontextmanager
async def guarded(url: str) -> AsyncIterator[Write]:
    """Through the store: versions, repeats and claims checked, positions dense, digests chained."""
    pool = await connect(url)

    async def work(batch: Sequence[Proposal]) -> list[Verdict | Exception]:
        async with pool.acquire() as conn:
            return list(await append(conn, batch))

    batcher: Batcher[Proposal, Verdict] = Batcher(work)

    async def write(number: int, n: int) -> None:
        id, stream = uuid4(), f"activity-{number}-{n}"
        event = NewEvent(event_id(id, 0), stream, 1, "ligong.activity", TYPE, DATA)
        reads = [("participant-2021-huangpu", 0)]
        verdict = await batcher(Proposal(id, hashlib.sha256(id.bytes).digest(), "office", NOW, [event], reads))
        assert verdict.word == "ok"

    yield write
    pool.terminate()


PLAIN = """
    create table plain_event (like event including all);
    create table plain_command (like command including all);
"""
EVENT = (
    "insert into plain_event values ($1, $2, $3, 1, 'ligong.activity', $4, $1, $2, $5, $6, $7, 'office', $8, '', '')"
)
COMMAND = "insert into plain_command values ($1, $2, $3, 1)"
BOTH = f"with k as (insert into plain_command values ($2, $5, $1, 1)) {EVENT}"


def row(number: int, n: int, id: UUID) -> tuple[Any, ...]:
    stream = f"activity-{number}-{n}"
    return (number * EACH + n + 1, id, stream, partition(stream), hashlib.sha256(id.bytes).digest(), TYPE, DATA, NOW)


@asynccontextmanager
async def plain(url: str, statements: int) -> AsyncIterator[Write]:
    """Unguarded inserts of the same rows into the same indexes, each command a transaction of its own.

    With two `statements` as an application writes them, with one in the fewest round trips there can be.
    """
    conns = [await asyncpg.connect(url) for _ in range(WRITERS)]
    await conns[0].execute(PLAIN)

    async def write(number: int, n: int) -> None:
        conn, id = conns[number], uuid4()
        if statements == 1:
            await conn.execute(BOTH, *row(number, n, id))
            return
        async with conn.transaction():
            await conn.execute(EVENT, *row(number, n, id))
            await conn.execute(COMMAND, id, hashlib.sha256(id.bytes).digest(), number * EACH + n + 1)

    yield write
    for conn in conns:
        conn.terminate()


@asynccontextmanager
async def batched(url: str) -> AsyncIterator[Write]:
    """Unguarded inserts, coalesced as the store's are."""
    pool = await connect(url)
    await pool.execute(PLAIN)

    async def work(batch: Sequence[tuple[Any, ...]]) -> list[Exception | None]:
        async with pool.acquire() as conn:
            await conn.execute(
                """with r as (select * from unnest($1::bigint[], $2::uuid[], $3::text[], $4::int[], $5::bytea[],
                                                   $6::text[], $7::text[], $8::timestamptz[])
                              as r(pos, id, stream, part, digest, type, data, at)),
                        k as (insert into plain_command select id, digest, pos, 1 from r)
                   insert into plain_event select pos, id, stream, 1, 'ligong.activity', part, pos, id, digest, type,
                                                  data::json, 'office', at, '', '' from r""",
                *map(list, zip(*batch, strict=True)),
            )
        return [None] * len(batch)

    batcher: Batcher[tuple[Any, ...], None] = Batcher(work)

    async def write(number: int, n: int) -> None:
        await batcher(row(number, n, uuid4()))

    yield write
    pool.terminate()


async def measure(engines: Engines) -> list[Figure]:
    kinds: dict[str, Callable[[str], Any]] = {
        "store": guarded,
        "two": lambda url: plain(url, 2),
        "one": lambda url: plain(url, 1),
        "batched": batched,
    }
    rates: dict[str, list[float]] = {kind: [] for kind in kinds}
    for _ in range(RUNS):
        for kind, writer in kinds.items():
            async with writer(await engines.databases.new("feeds")) as write:
                rates[kind].append(await rate(write))

    def beside(kind: str, name: str, least: float | None) -> Figure:
        return paired("append", "commands/s", name, list(zip(rates["store"], rates[kind], strict=True)), least)

    return [
        beside("two", "plain inserts, a transaction of two statements each", 1.5),
        beside("one", "plain inserts, both in one statement", None),
        beside("batched", "batched unguarded inserts", None),
    ]

"""Read models of a service's own events: its log followed in order, the cursor moved with the effect."""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any

import asyncpg

from shared.kernel import store
from shared.kernel.bus import Received

BATCH = 1000
MOST_BYTES = 1_000_000  # of events' data in one batch: read, they take ten times as much memory
POLL = 1.0
LINGER = 0.02  # seconds between batches: under load a transaction for each few events would cost more than the events


@dataclass(frozen=True)
class Projection:
    """`apply` changes tables with the connection it is given; run again from an empty table it gives the same rows."""

    name: str
    apply: Callable[[Any, Sequence[Received]], Awaitable[None]]


class Projector:
    """Follows the log for one projection. Several instances may: the cursor's guard lets one win each batch."""

    def __init__(self, dsn: str, pool: Any, projection: Projection, read: Callable[[str, dict[str, Any]], Any]) -> None:
        self._dsn, self._pool, self._projection, self._read = dsn, pool, projection, read

    async def run(self) -> None:
        conn = await asyncpg.connect(self._dsn, server_settings=store.LAZY)
        wake = asyncio.Event()
        try:
            await conn.add_listener("log", lambda *_: wake.set())
            await conn.execute("insert into own_cursor values ($1) on conflict do nothing", self._projection.name)
            while True:
                wake.clear()
                if await self._step(conn):
                    continue
                await asyncio.sleep(LINGER)
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(wake.wait(), POLL)
        finally:
            conn.terminate()

    async def _step(self, conn: Any) -> bool:
        """Says whether more is waiting already."""
        async with conn.transaction():
            name = self._projection.name
            pos = await conn.fetchval("select pos from own_cursor where projection = $1 for update", name)
            found = await store.read_log(conn, pos, BATCH)
            rows = moderate(found)
            if not rows:
                return False
            events = [store.recorded(row) for row in rows]
            await self._projection.apply(conn, [Received(self._read(e.type, e.data), e) for e in events])
            await conn.execute("update own_cursor set pos = $2 where projection = $1", name, events[-1].pos)
            await conn.execute("select pg_notify('projected', $1)", f"{name}:{events[-1].pos}")
        return len(found) == BATCH or len(rows) < len(found)


def moderate(rows: Sequence[Any]) -> Sequence[Any]:
    """The first rows, at least one, of no more than MOST_BYTES together."""
    size = 0
    for n, row in enumerate(rows):
        size += len(row["data"])
        if size > MOST_BYTES and n:
            return rows[:n]
    return rows

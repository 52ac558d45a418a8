"""Agreements as the log has them, and feeds as rows: what was delivered stays, byte for byte (FED-2)."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import msgspec

from services.feeds import sharing
from services.feeds.model import SHAREABLE, Agreement, agreements, stream
from shared.contracts import catalogue
from shared.contracts.feeds import FeedsEvent
from shared.kernel import store
from shared.kernel.bus import Received
from shared.kernel.clock import Clock

CHANNEL = "feed"  # NOTIFY: entries were added


@dataclass(frozen=True)
class Entry:
    seq: int
    id: UUID
    body: bytes


async def all_agreements(conn: Any) -> dict[str, Agreement]:
    """Every agreement by its id. Read from the log itself: it never lags behind a conclusion or a revocation."""
    rows = await conn.fetch("select type, data from event where topic = $1 order by pos", FeedsEvent.topic)
    found: dict[str, Agreement] = {}
    for row in rows:
        event: Any = catalogue.read(row["type"], msgspec.json.decode(row["data"]))
        found[event.agreement] = agreements.decider.evolve(found.get(event.agreement, Agreement()), event)
    return found


async def one_agreement(conn: Any, agreement: str) -> Agreement:
    """An agreement as the log has it now; without terms where there is none."""
    recorded = (await store.read_streams(conn, [stream(agreement)]))[stream(agreement)]
    events: list[Any] = [catalogue.read(e.type, e.data) for e in recorded]
    return agreements.decider.fold(events)


class Filling:
    """Adds to each feed what its agreement shares of the events that arrive."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock

    async def apply(self, conn: Any, events: Sequence[Received]) -> None:
        """FED-2: entries are numbered without gaps in the order of arrival, in the transaction that moves the cursor.

        Agreements are read in that transaction: whoever learnt that an agreement is concluded misses nothing after it.
        """
        eligible = [received for received in events if received.recorded.type in SHAREABLE]
        if not eligible:
            return
        now = await self._clock.now()
        for feed, agreement in (await all_agreements(conn)).items():
            shared = [received for received in eligible if sharing.shares(agreement, received, now)]
            if shared:
                await _append(conn, feed, agreement, shared)
                await conn.execute("select pg_notify($1, $2)", CHANNEL, feed)


async def _append(conn: Any, feed: str, agreement: Agreement, events: Sequence[Received]) -> None:
    last = await conn.fetchval("select coalesce(max(seq), 0) from entry where feed = $1", feed)
    await conn.executemany(
        "insert into entry (feed, seq, id, body) values ($1, $2, $3, $4)",
        [
            (feed, seq, received.recorded.id, sharing.entry(agreement, received, seq))
            for seq, received in enumerate(events, last + 1)
        ],
    )


async def place(conn: Any, feed: str, id: UUID) -> int | None:
    """The number of an entry that the feed has delivered; None for any other id."""
    seq: int | None = await conn.fetchval("select seq from entry where feed = $1 and id = $2", feed, id)
    return seq


async def after(conn: Any, feed: str, seq: int, limit: int) -> list[Entry]:
    """FED-2: the entries that follow, in order."""
    rows = await conn.fetch(
        "select seq, id, body from entry where feed = $1 and seq > $2 order by seq limit $3", feed, seq, limit
    )
    return [Entry(row["seq"], row["id"], row["body"]) for row in rows]


async def counts(conn: Any) -> dict[str, int]:
    """How many entries each feed has."""
    rows = await conn.fetch("select feed, max(seq) as last from entry group by feed")
    return {row["feed"]: row["last"] for row in rows}

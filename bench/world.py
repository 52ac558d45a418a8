"""What several measurements start from: engines, and a log with many events."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID, uuid5

import asyncpg

from shared.contracts.activity import ActivityReported
from shared.kernel.messages import COMMANDS, SHANGHAI, event_id
from shared.kernel.store import NewEvent, Proposal, append
from tests.e2e.season import DOCUMENT
from tests.servers import Databases

FROM = datetime(2021, 6, 21, 9, tzinfo=SHANGHAI)
ITEMS = [item.id for item in DOCUMENT.items]


@dataclass(frozen=True)
class Engines:
    databases: Databases
    brokers: str


def reports(first: int, count: int) -> Iterator[Proposal]:
    """Activities as reported by the 20 units in turn, each a stream of its own."""
    for n in range(first, first + count):
        id: UUID = uuid5(COMMANDS, f"bench-{n}")
        event = ActivityReported(
            season=2021,
            unit=DOCUMENT.units[n % len(DOCUMENT.units)].id,
            activity=id.hex,
            item=ITEMS[n % len(ITEMS)],
            campaign=None,
            name=f"样例活动{n}",
            place="样例点位",
            occurred_at=FROM + timedelta(minutes=n % 200_000),
            headcount=1 + n % 60,
            outcome="样例：按方案完成",
        )
        new = NewEvent(event_id(id, 0), f"activity-{id.hex}", 1, event.topic, event.type(), event.model_dump_json())
        yield Proposal(id, id.bytes, "bench", FROM, [new])


async def fill(url: str, first: int, count: int) -> None:
    """Appends events to the activity service's log, as many commands would have."""
    conn = await asyncpg.connect(url)
    try:
        for start in range(first, first + count, 250):
            await append(conn, list(reports(start, min(250, first + count - start))))
    finally:
        await conn.close()

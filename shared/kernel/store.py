"""The log in PostgreSQL: guarded appends in batches (guarantee 1), and reading."""

import zlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

import asyncpg
import msgspec

from shared.kernel.messages import SHANGHAI, Claim, Recorded

# For transactions whose effect follows from a log by a cursor that moves with it: the server's crash takes both back
# together, and nothing waits for the disk.
LAZY = {"synchronous_commit": "off"}
PARTITIONS = 8  # of every event topic; fixed when a log is created

Word = Literal["ok", "again", "reused", "stale", "taken"]


@dataclass(frozen=True)
class NewEvent:
    id: UUID
    stream: str
    version: int
    topic: str
    type: str
    data: str  # JSON


@dataclass(frozen=True)
class Proposal:
    """One command with its events, guarded by the versions of all streams it was decided on."""

    command: UUID
    body: bytes
    actor: str
    recorded: datetime
    events: Sequence[NewEvent]
    reads: Sequence[tuple[str, int]] = ()
    claims: Sequence[tuple[Claim, str]] = ()  # with the stream that holds or releases
    correlation: str = ""
    causation: str = ""


@dataclass(frozen=True)
class Verdict:
    """`pos` is that of the command's last event (`ok`) or of its first (`again`); `holder` a stream (`taken`)."""

    word: Word
    pos: int
    holder: str | None = None


@dataclass
class _Index:
    """Gives each distinct value a number from 1 on, in order of appearance."""

    of: dict[Any, int] = field(default_factory=dict)

    def __call__(self, value: Any) -> int:
        return self.of.setdefault(value, len(self.of) + 1)


def partition(stream: str) -> int:
    """A stream's partition, the same in every topic: CRC-32 of its id modulo PARTITIONS."""
    return zlib.crc32(stream.encode()) % PARTITIONS


def _arguments(batch: Sequence[Proposal]) -> list[list[Any]]:
    streams, slots, claims = _Index(), _Index(), _Index()
    events = [event for proposal in batch for event in proposal.events]
    reads = [read for proposal in batch for read in proposal.reads]
    held = [claim for proposal in batch for claim in proposal.claims]
    columns: list[list[Any]] = [
        [p.command for p in batch],
        [p.body for p in batch],
        [len(p.events) for p in batch],
        [len(p.reads) for p in batch],
        [len(p.claims) for p in batch],
        [p.actor for p in batch],
        [p.recorded for p in batch],
        [p.correlation for p in batch],
        [p.causation for p in batch],
        [e.id for e in events],
        [streams(e.stream) for e in events],
        [e.version for e in events],
        [slots((e.topic, partition(e.stream))) for e in events],
        [e.type for e in events],
        [e.data for e in events],
        [streams(stream) for stream, _ in reads],
        [version for _, version in reads],
        [claims((c.scope, c.key)) for c, _ in held],
        [streams(stream) for _, stream in held],
        [c.release for c, _ in held],
    ]
    return [
        *columns,
        list(streams.of),
        [topic for topic, _ in slots.of],
        [number for _, number in slots.of],
        [scope for scope, _ in claims.of],
        [key for _, key in claims.of],
    ]


_APPEND = "select * from append(" + ", ".join(f"${n}" for n in range(1, 26)) + ")"
_COLUMNS = (
    "pos, id, stream, version, topic, partition, pseq, previd, digest, type, data, actor, recorded,"
    " correlation, causation"
)


async def append(conn: Any, batch: Sequence[Proposal]) -> list[Verdict]:
    """One verdict for each proposal, in order; what is `ok` is in the log once the transaction commits.

    Command ids are distinct within the batch. Raises asyncpg's errors; then nothing of the batch is in the log.
    """
    rows = await conn.fetch(_APPEND, *_arguments(batch))
    return [Verdict(row["verdict"], row["pos"], row["holder"]) for row in rows]


def recorded(row: asyncpg.Record) -> Recorded:
    return Recorded(
        pos=row["pos"],
        id=row["id"],
        stream=row["stream"],
        version=row["version"],
        topic=row["topic"],
        partition=row["partition"],
        pseq=row["pseq"],
        type=row["type"],
        data=msgspec.json.decode(row["data"]),
        actor=row["actor"],
        recorded=row["recorded"].astimezone(SHANGHAI),
        correlation=row["correlation"],
        causation=row["causation"],
    )


async def read_streams(conn: Any, streams: Sequence[str]) -> dict[str, list[Recorded]]:
    """Every event of the streams, in order of version."""
    found: dict[str, list[Recorded]] = {stream: [] for stream in streams}
    sql = f"select {_COLUMNS} from event where stream = any($1) order by stream, version"
    for row in await conn.fetch(sql, list(streams)):
        found[row["stream"]].append(recorded(row))
    return found


async def read_command(conn: Any, command: UUID) -> tuple[bytes, list[Recorded]] | None:
    """The body's hash and the events of a command that succeeded."""
    sql = f"""select k.body, {_COLUMNS.replace("pos,", "e.pos,", 1).replace(" id,", " e.id,", 1)}
              from command k join event e on e.pos >= k.pos and e.pos < k.pos + k.events
              where k.id = $1 order by e.pos"""
    rows = await conn.fetch(sql, command)
    return (rows[0]["body"], [recorded(row) for row in rows]) if rows else None


async def read_log(conn: Any, after: int, limit: int) -> list[asyncpg.Record]:
    """Rows of the log after a position, in order of position: which is the order of commit."""
    rows: list[asyncpg.Record] = await conn.fetch(
        f"select {_COLUMNS} from event where pos > $1 order by pos limit $2", after, limit
    )
    return rows


async def heads(conn: Any) -> dict[tuple[str, int], int]:
    """The log's position vector: last `pseq` by topic and partition."""
    rows = await conn.fetch("select topic, partition, pseq from log_partition")
    return {(row["topic"], row["partition"]): row["pseq"] for row in rows}

"""A consumer's cursors, dead letters and set-aside records: plain rows, moved in the transaction of the effect."""

from collections.abc import Iterable
from typing import Any

from shared.kernel.envelope import Place
from shared.kernel.lost import LOST
from shared.kernel.messages import NOBODY
from shared.kernel.sequence import Cursor


class Moved(Exception):
    """Another instance moved the cursor: the transaction must be rolled back and the cursors read again."""


AGAIN: tuple[type[Exception], ...] = (*LOST, Moved)  # no event's fault: what was being written is tried again


async def load(conn: Any, consumer: str) -> dict[tuple[str, int], Cursor]:
    rows = await conn.fetch(
        "select topic, partition, pseq, last, epoch, hint from cursor where consumer = $1", consumer
    )
    return {(r["topic"], r["partition"]): Cursor(r["pseq"], r["last"] or NOBODY, r["epoch"], r["hint"]) for r in rows}


async def move(conn: Any, consumer: str, topic: str, partition: int, old: Cursor, new: Cursor) -> None:
    """Raises Moved unless the cursor still stands where the transaction's decisions were taken."""
    if old.pseq == 0:
        await conn.execute(
            "insert into cursor (consumer, topic, partition) values ($1, $2, $3) on conflict do nothing",
            consumer,
            topic,
            partition,
        )
    moved = await conn.fetchval(
        """update cursor set pseq = $5, last = $6, epoch = $7, hint = $8
           where consumer = $1 and topic = $2 and partition = $3 and pseq = $4 returning 1""",
        consumer,
        topic,
        partition,
        old.pseq,
        new.pseq,
        new.last,
        new.epoch,
        new.hint,
    )
    if not moved:
        raise Moved(f"{consumer} {topic}/{partition} is no longer at {old.pseq}")


async def parked(conn: Any, consumer: str) -> set[str]:
    """Streams that have a dead letter; what follows in them queues behind it."""
    rows = await conn.fetch("select distinct stream from dead_letter where consumer = $1", consumer)
    return {row["stream"] for row in rows}


async def bury(conn: Any, consumer: str, topic: str, partition: int, here: Place, record: bytes, reason: str) -> None:
    await conn.execute(
        "insert into dead_letter values ($1, $2, $3, $4, $5, $6, $7) on conflict do nothing",
        consumer,
        topic,
        partition,
        here.pseq,
        here.stream,
        record,
        reason,
    )


async def set_aside(conn: Any, consumer: str, records: Iterable[tuple[Any, str]]) -> None:
    """Keeps Kafka records that are no messages of ours, with the reason."""
    await conn.executemany(
        """insert into set_aside values ($1, $2, $3, $4, to_timestamp($5 / 1000.0), $6, $7)
           on conflict do nothing""",
        [(consumer, r.topic, r.partition, r.offset, r.timestamp, r.value or b"", reason) for r, reason in records],
    )

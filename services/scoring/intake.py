"""Records of the owners' topics → facts and cursors in PostgreSQL, in one transaction (guarantees 3 and 4)."""

import asyncio
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, time
from typing import Any, NamedTuple

import asyncpg
import msgspec
import structlog
from prometheus_client import Counter

from services.scoring.facts import Fact, facts
from shared.contracts.registration import SeasonOpened
from shared.kernel import cursors, envelope
from shared.kernel.envelope import Place
from shared.kernel.messages import SHANGHAI, Event, Recorded
from shared.kernel.sequence import Cursor

log = structlog.get_logger()

CONSUMER = "scoring"
TOPICS = ("ligong.registration", "ligong.activity", "ligong.inspection")
WAITING = "an earlier event of its stream is pending"

RECORDS = Counter("ligong_scoring_records", "Records taken from Kafka, by what became of them", ["outcome"])

FACT_COLUMNS = """key, version, season, unit, kind, item, part, value, occurred_at, withdrawn, what,
    event, type, topic, partition, pseq, stream, recorded"""
FACT_RECORDS = """json_to_recordset($1::json) as f(
    key text, version int, season int, unit text, kind text, item text, part text, value bigint,
    occurred_at timestamptz, withdrawn boolean, what text, event uuid, type text, topic text, partition int,
    pseq bigint, stream text, recorded timestamptz)"""
RULES = "insert into season_rules values ($1, $2, $3, $4, $5, $6, $7, $8, $9)"
_FACTS = f"insert into fact ({FACT_COLUMNS}) select * from {FACT_RECORDS} on conflict do nothing"

Partition = tuple[str, int]
Read = Callable[[str, dict[str, Any]], Event]


class Record(NamedTuple):
    """A Kafka record as it came. `timestamp` is in milliseconds."""

    topic: str
    partition: int
    offset: int
    timestamp: int
    headers: Any
    value: bytes | None


@dataclass
class Outcome:
    """What a batch of records comes to, judged against the cursors but not yet written."""

    facts: list[Fact] = field(default_factory=list)
    seasons: list[tuple[SeasonOpened, Recorded]] = field(default_factory=list)
    buried: list[tuple[Record, Place, str]] = field(default_factory=list)
    aside: list[tuple[Record, str]] = field(default_factory=list)
    cursors: dict[Partition, Cursor] = field(default_factory=dict)
    forks: set[Partition] = field(default_factory=set)
    applied: int = 0


class Intake:
    """Judges records by their `pseq` and writes what they state.

    Several processes may take records of the same partition: the cursor's guard lets one of them win.
    """

    def __init__(self, pool: Any, read: Read) -> None:
        self._pool, self._read = pool, read
        self._busy = asyncio.Lock()
        self._parked: set[str] = set()
        self.cursors: dict[Partition, Cursor] = {}
        self.forks: set[Partition] = set()

    async def reload(self) -> None:
        """Goes back to what the database says."""
        async with self._busy, self._pool.acquire() as conn:
            self.cursors = await cursors.load(conn, CONSUMER)
            self._parked = await cursors.parked(conn, CONSUMER)

    async def take(self, records: Sequence[Record]) -> None:
        """Applies those records whose turn it is.

        Raises cursors.Moved, asyncpg's errors and OSError; after a reload the same records may be taken again.
        """
        async with self._busy:
            try:
                await self._take(records)
            except (asyncpg.DataError, asyncpg.IntegrityConstraintViolationError) as error:
                log.warning("applying one by one", records=len(records), error=repr(error))
                for record in records:
                    await self._singly(record)

    async def _take(self, records: Sequence[Record]) -> None:
        outcome = self.judge(records)
        await self._write(outcome)
        self._keep(outcome)

    async def _singly(self, record: Record) -> None:
        """One record's data cannot be stored: that one becomes a dead letter."""
        try:
            await self._take([record])
        except (asyncpg.DataError, asyncpg.IntegrityConstraintViolationError) as error:
            here, judged = envelope.place(record.headers), self.judge([record])
            reason = f"{type(error).__name__}: {error}"
            outcome = Outcome(buried=[(record, here, reason)], cursors=judged.cursors, applied=judged.applied)
            await self._write(outcome)
            self._keep(outcome)

    def judge(self, records: Iterable[Record]) -> Outcome:
        """Decides on each record; changes nothing."""
        outcome = Outcome()
        parked = set(self._parked)
        for record in records:
            try:
                here = envelope.place(record.headers)
            except envelope.NoMessage as error:
                outcome.aside.append((record, str(error)))
                continue
            part = (record.topic, record.partition)
            cursor = outcome.cursors.get(part) or self.cursors.get(part) or Cursor()
            match cursor.judge(here):
                case "apply":
                    self._apply(record, here, outcome, parked)
                    outcome.cursors[part] = cursor.after(here, record.offset + 1)
                    outcome.forks.discard(part)
                case "fork":
                    outcome.forks.add(part)
                case "duplicate" | "gap":  # what is missing is asked for by the watchdog
                    continue
        return outcome

    def _apply(self, record: Record, here: Place, outcome: Outcome, parked: set[str]) -> None:
        outcome.applied += 1
        if here.stream in parked:
            outcome.buried.append((record, here, WAITING))
            return
        try:
            at = envelope.decode(record.value, here, record.topic, record.partition)
            event = self._read(at.type, at.data)
            stated = list(facts(event, at))
        except Exception as error:  # whatever it is, it is this event's and must not hold up the others
            outcome.buried.append((record, here, f"{type(error).__name__}: {error}"))
            parked.add(here.stream)
            return
        outcome.facts.extend(stated)
        if isinstance(event, SeasonOpened):
            outcome.seasons.append((event, at))

    async def _write(self, outcome: Outcome) -> None:
        if not (outcome.cursors or outcome.aside):
            return
        async with self._pool.acquire() as conn, conn.transaction():
            for event, at in outcome.seasons:
                await conn.execute(f"{RULES} on conflict do nothing", *rules_row(event, at))
            if outcome.facts:
                await conn.execute(_FACTS, msgspec.json.encode(outcome.facts).decode())
            for record, here, reason in outcome.buried:
                await cursors.bury(
                    conn, CONSUMER, record.topic, record.partition, here, record.value or b"", reason.replace("\0", "")
                )
            if outcome.aside:
                await cursors.set_aside(conn, CONSUMER, outcome.aside)
            for part, new in outcome.cursors.items():
                await cursors.move(conn, CONSUMER, *part, self.cursors.get(part) or Cursor(), new)
            await conn.execute("set local synchronous_commit = off; notify facts")  # as store.LAZY

    def _keep(self, outcome: Outcome) -> None:
        self.cursors.update(outcome.cursors)
        self._parked.update(here.stream for _, here, _ in outcome.buried)
        for _, here, reason in outcome.buried:
            log.error("dead letter", stream=here.stream, pseq=here.pseq, reason=reason)
        for record, reason in outcome.aside:
            log.warning("set aside", topic=record.topic, partition=record.partition, reason=reason)
        for topic, partition in outcome.forks - self.forks:
            log.error("fork: the owner's log is not the one we consumed", topic=topic, partition=partition)
        self.forks = (self.forks - outcome.cursors.keys()) | outcome.forks
        RECORDS.labels("applied").inc(outcome.applied)
        RECORDS.labels("dead letter").inc(len(outcome.buried))
        RECORDS.labels("set aside").inc(len(outcome.aside))


def rules_row(event: SeasonOpened, at: Recorded) -> tuple[Any, ...]:
    """The arguments of RULES."""
    counts_from = datetime.combine(event.document.scheme.counts_from, time(), SHANGHAI)
    return (
        event.season,
        at.version,
        event.document.model_dump_json(),
        counts_from,
        at.id,
        at.topic,
        at.partition,
        at.pseq,
        at.recorded,
    )

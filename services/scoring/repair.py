"""Facts made anew from the owners' logs, beside the ones in use, and put in their place at once (guarantee 5)."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
import structlog

from services.scoring.facts import Fact, facts
from services.scoring.intake import FACT_COLUMNS, FACT_RECORDS, RULES, rules_row
from services.scoring.logs import Logs
from services.scoring.tallies import WITHIN, Vector
from shared.contracts import catalogue
from shared.contracts.registration import SeasonOpened
from shared.contracts.season import SeasonDocument
from shared.kernel.messages import SHANGHAI, Event, Recorded

log = structlog.get_logger()

# A transaction number that every snapshot sees: the builder is told to count anew and must not add these up as well.
ALWAYS = "3"
_FILL = f"insert into beside ({FACT_COLUMNS}) select * from {FACT_RECORDS} on conflict do nothing"
_OURS = f"select {FACT_COLUMNS} from fact where {WITHIN}"
_THEIRS = f"select {FACT_COLUMNS} from beside"
_DIFFERING = f"""select count(distinct (key, version)) from (
    (({_OURS}) except ({_THEIRS})) union all (({_THEIRS}) except ({_OURS}))) differing"""
_DROP = f"""delete from fact where (key, version) in (
    select key, version from (({_OURS}) except ({_THEIRS})) altered)"""
_PUT = f"""insert into fact ({FACT_COLUMNS}, txid)
    select {FACT_COLUMNS}, '{ALWAYS}'::xid8 from beside on conflict do nothing"""
_RULES = f"{RULES} on conflict (season, version) do update set document = excluded.document, counts_from = $4"

Place = tuple[str, int, int]  # topic, partition, pseq


class Derived:
    """Facts and rules as the logs state them up to a position vector, on a connection of their own."""

    def __init__(self, conn: Any, vector: Vector) -> None:
        self._conn, self._vector = conn, msgspec.json.encode(vector).decode()
        self._rules: list[tuple[SeasonOpened, Recorded]] = []

    async def take(self, heard: list[tuple[Event, Recorded]]) -> None:
        stated: list[Fact] = [fact for event, at in heard for fact in facts(event, at)]
        await self._conn.execute(_FILL, msgspec.json.encode(stated).decode())
        self._rules += [(event, at) for event, at in heard if isinstance(event, SeasonOpened)]

    async def differing(self) -> int:
        """How many facts and rules are not as their events say: altered, missing, or made up."""
        facts: int = await self._conn.fetchval(_DIFFERING, self._vector)
        rows = await self._conn.fetch(
            f"select season, version, document from season_rules where {WITHIN}", self._vector
        )
        ours = {(row["season"], row["version"]): row["document"] for row in rows}
        theirs = {(event.season, at.version): event.document for event, at in self._rules}
        return facts + sum(
            key not in ours or key not in theirs or SeasonDocument.model_validate_json(ours[key]) != theirs[key]
            for key in {*ours, *theirs}
        )

    async def put(self) -> None:
        """Replaces what differs, at once."""
        async with self._conn.transaction():
            dropped = await self._conn.execute(_DROP, self._vector)
            put = await self._conn.execute(_PUT)
            await self._conn.executemany(_RULES, [rules_row(event, at) for event, at in self._rules])
        log.warning("facts made anew", dropped=dropped, put=put)


@asynccontextmanager
async def derived(pool: Any, logs: Logs, vector: Vector, skipped: set[Place]) -> AsyncIterator[Derived]:
    """Reads the logs from their beginning; events at skipped places (dead letters) state nothing."""
    async with pool.acquire() as conn:
        await conn.execute("create temp table beside (like fact including all)")
        try:
            found = Derived(conn, vector)
            for place, upto in vector.items():
                topic, _, number = place.rpartition("/")
                partition = int(number)
                async for lines in logs.lines(topic, partition, 0, upto):
                    heard = [_heard(line, topic, partition) for line in lines]
                    await found.take([(e, at) for e, at in heard if e and (topic, partition, at.pseq) not in skipped])
            yield found
        finally:
            await conn.execute("drop table beside")


class _Line(msgspec.Struct):
    """A line of `GET /internal/log`."""

    pseq: int
    pos: int
    id: UUID
    stream: str
    version: int
    type: str
    data: str
    actor: str
    recorded: datetime


_line = msgspec.json.Decoder(_Line)


def _heard(line: bytes, topic: str, partition: int) -> tuple[Event | None, Recorded]:
    row = _line.decode(line)
    at = Recorded(
        pos=row.pos,
        id=row.id,
        stream=row.stream,
        version=row.version,
        topic=topic,
        partition=partition,
        pseq=row.pseq,
        type=row.type,
        data=msgspec.json.decode(row.data),
        actor=row.actor,
        recorded=row.recorded.astimezone(SHANGHAI),
    )
    try:
        return catalogue.read(at.type, at.data), at
    except catalogue.UnknownEvent:
        return None, at

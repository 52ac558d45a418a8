"""Consumes other services' events (guarantee 3): each applied once, in order, in the transaction of its effect."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any

import aiohttp
import asyncpg
import structlog
from aiokafka import AIOKafkaConsumer, TopicPartition
from prometheus_client import Gauge

from shared.kernel import cursors, envelope, store, topics
from shared.kernel.messages import Event, Recorded
from shared.kernel.sequence import Cursor
from shared.kernel.tokens import service_token

log = structlog.get_logger()

LOCK = 0x6C690002
BATCH = 500
GATHER = 65_536, 50  # bytes, or milliseconds, that the broker gathers before it answers: one fetch for many events
CHECK = 5.0  # seconds between comparing cursors with the owners' heads
STOPPED = Gauge("ligong_consumer_stopped", "1 before an event that cannot be applied nor be buried", ["consumer"])


@dataclass(frozen=True)
class Received:
    """An event as it arrived: the contract's newest version, and how its owner recorded it."""

    event: Event
    recorded: Recorded


Apply = Callable[[Any, Sequence[Received]], Awaitable[None]]
Read = Callable[[str, dict[str, Any]], Event]


@dataclass(frozen=True)
class Subscription:
    """A named consumer of topics. `apply` writes its effect with the connection it is given, or raises.

    What cannot be applied is buried, and its stream parked; without `bury` the consumer stops there and says so.
    """

    name: str
    topics: tuple[str, ...]
    apply: Apply
    read: Read
    bury: bool = True


class Owners:
    """The services whose logs are consumed, asked over HTTP for heads and for sending again."""

    def __init__(self, http: aiohttp.ClientSession, url: Callable[[str], str], key: str, me: str) -> None:
        self._http, self._url, self._key, self._me = http, url, key, me

    def _headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {service_token(self._key, self._me)}"}

    async def heads(self, topic: str) -> dict[int, int]:
        """Last `pseq` of each partition of the topic."""
        url = f"{self._url(topic)}/internal/heads"
        async with self._http.get(url, params={"topic": topic}, headers=self._headers()) as answer:
            answer.raise_for_status()
            return {int(p): pseq for p, pseq in (await answer.json())["heads"].items()}

    async def republish(self, topic: str, partition: int, pseq: int) -> None:
        """Asks for everything after `pseq` once more."""
        body = {"topic": topic, "partition": partition, "pseq": pseq}
        url = f"{self._url(topic)}/internal/republish"
        async with self._http.post(url, json=body, headers=self._headers()) as answer:
            answer.raise_for_status()


@dataclass
class _Ready:
    """What one partition's records of a fetch come to."""

    start: Cursor
    cursor: Cursor
    records: list[tuple[envelope.Place, Any]]
    rewind: bool = False


class Fork(Exception):
    """The owner's log is not the one we consumed: it was restored from a backup. A person must decide."""


class Bus:
    """Runs one subscription. Of several instances one leads, the others wait."""

    def __init__(self, dsn: str, pool: Any, brokers: str, subscription: Subscription, owners: Owners) -> None:
        self._dsn, self._pool, self._brokers = dsn, pool, brokers
        self._sub, self._owners = subscription, owners
        self._cursors: dict[tuple[str, int], Cursor] = {}
        self._rewound: set[tuple[str, int]] = set()
        self._parked: set[str] = set()

    async def run(self) -> None:
        """Waits for the lead, then consumes until something breaks; the caller starts it again."""
        lead = await asyncpg.connect(self._dsn)
        try:
            await lead.execute("select pg_advisory_lock($1, hashtext($2))", LOCK, self._sub.name)
            await topics.create(self._brokers, self._sub.topics)
            consumer = AIOKafkaConsumer(
                bootstrap_servers=self._brokers,
                enable_auto_commit=False,
                auto_offset_reset="earliest",
                fetch_min_bytes=GATHER[0],
                fetch_max_wait_ms=GATHER[1],
            )
            await consumer.start()
            try:
                await self._consume(lead, consumer)
            finally:
                await consumer.stop()
        finally:
            lead.terminate()

    async def _consume(self, lead: Any, consumer: Any) -> None:
        await self._reload(consumer)
        loop = asyncio.get_running_loop()
        checked, before = loop.time(), dict(self._cursors)
        while True:
            fetched = await consumer.getmany(timeout_ms=200, max_records=BATCH)
            if fetched:
                try:
                    await self._take(consumer, fetched)
                except cursors.Moved:
                    await self._reload(consumer)
            if loop.time() - checked > CHECK:
                await lead.execute("select 1")  # still ours: raises when the connection, and with it the lead, is gone
                await self._missing(before)
                checked, before = loop.time(), dict(self._cursors)

    async def _reload(self, consumer: Any) -> None:
        """Begins at the cursors' hints; a hint beyond the end means another Kafka: from the beginning."""
        self._cursors = await cursors.load(self._pool, self._sub.name)
        self._parked = await cursors.parked(self._pool, self._sub.name)
        self._rewound.clear()
        parts = [TopicPartition(t, p) for t in self._sub.topics for p in range(store.PARTITIONS)]
        consumer.assign(parts)
        ends = await consumer.end_offsets(parts)
        for part in parts:
            hint = self._cursors.get((part.topic, part.partition), Cursor()).hint
            consumer.seek(part, hint if hint <= ends[part] else 0)

    async def _take(self, consumer: Any, fetched: dict[Any, list[Any]]) -> None:
        poison: list[tuple[Any, str]] = []
        ready = {part: self._judge(part, records, poison) for part, records in fetched.items()}
        if poison:
            async with self._pool.acquire() as conn:
                await cursors.set_aside(conn, self._sub.name, poison)
        todo = {part: one for part, one in ready.items() if one.records}
        if todo:
            try:
                await self._together(todo)
            except cursors.AGAIN:
                raise
            except Exception as error:
                log.warning("applying one by one", consumer=self._sub.name, error=repr(error))
                await self._singly(todo)
        for part, one in ready.items():
            if one.rewind and (part.topic, part.partition) not in self._rewound:
                self._rewound.add((part.topic, part.partition))
                consumer.seek(part, 0)

    def _judge(self, part: Any, records: list[Any], poison: list[tuple[Any, str]]) -> _Ready:
        start = self._cursors.get((part.topic, part.partition), Cursor())
        one = _Ready(start, start, [])
        for record in records:
            try:
                here = envelope.place(record.headers)
            except envelope.NoMessage as error:
                poison.append((record, str(error)))
                continue
            match one.cursor.judge(here):
                case "apply":
                    one.records.append((here, record))
                    one.cursor = one.cursor.after(here, record.offset + 1)
                case "gap":
                    one.rewind = not one.records
                case "fork":
                    raise Fork(f"{part.topic}/{part.partition} at {here.pseq}")
                case "duplicate":
                    continue
        return one

    def _read(self, part: Any, here: envelope.Place, record: Any) -> Received:
        recorded = envelope.decode(record.value, here, part.topic, part.partition)
        return Received(self._sub.read(recorded.type, recorded.data), recorded)

    async def _together(self, todo: dict[Any, _Ready]) -> None:
        events = []
        for part, one in todo.items():
            for here, record in one.records:
                if here.stream in self._parked:
                    raise LookupError("a parked stream")
                events.append(self._read(part, here, record))
        async with self._pool.acquire() as conn, conn.transaction():
            await self._sub.apply(conn, events)
            for part, one in todo.items():
                await cursors.move(conn, self._sub.name, part.topic, part.partition, one.start, one.cursor)
        STOPPED.labels(self._sub.name).set(0)
        for part, one in todo.items():
            self._cursors[(part.topic, part.partition)] = one.cursor

    async def _singly(self, todo: dict[Any, _Ready]) -> None:
        for part, one in todo.items():
            cursor = one.start
            for here, record in one.records:
                after = cursor.after(here, record.offset + 1)
                await self._one(part, here, record, cursor, after)
                self._cursors[(part.topic, part.partition)] = cursor = after

    async def _one(self, part: Any, here: envelope.Place, record: Any, old: Cursor, new: Cursor) -> None:
        """Applies one event; if it cannot be applied, it is buried and its stream parked."""
        name = self._sub.name
        reason = "an earlier event of its stream is pending" if here.stream in self._parked else None
        if reason is None:
            try:
                received = self._read(part, here, record)
                async with self._pool.acquire() as conn, conn.transaction():
                    await self._sub.apply(conn, [received])
                    await cursors.move(conn, name, part.topic, part.partition, old, new)
                return
            except cursors.AGAIN:
                raise
            except Exception as error:
                reason = f"{type(error).__name__}: {error}"
                if not self._sub.bury:
                    STOPPED.labels(name).set(1)
                    log.error("stopped", consumer=name, stream=here.stream, pseq=here.pseq, reason=reason)
                    raise
                log.error("dead letter", consumer=name, stream=here.stream, pseq=here.pseq, reason=reason)
        async with self._pool.acquire() as conn, conn.transaction():
            await cursors.bury(conn, name, part.topic, part.partition, here, record.value or b"", reason)
            await cursors.move(conn, name, part.topic, part.partition, old, new)
        self._parked.add(here.stream)

    async def _missing(self, before: dict[tuple[str, int], Cursor]) -> None:
        """Asks the owner again for what is behind its head and has not moved since the last look."""
        for topic in self._sub.topics:
            try:
                heads = await self._owners.heads(topic)
                for partition, head in heads.items():
                    here = self._cursors.get((topic, partition), Cursor())
                    if here.pseq < head and here == before.get((topic, partition), Cursor()):
                        log.warning("events missing", consumer=self._sub.name, topic=topic, partition=partition)
                        self._rewound.discard((topic, partition))
                        await self._owners.republish(topic, partition, here.pseq)
            except (aiohttp.ClientError, TimeoutError, OSError) as error:
                log.info("owner not reachable", topic=topic, error=repr(error))

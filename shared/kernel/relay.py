"""Carries a log to Kafka (guarantee 2): one leader, in order of position, each event at least once."""

import asyncio
import contextlib
from collections.abc import Sequence
from typing import Any

import asyncpg
import structlog
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition

from shared.kernel import envelope, store, topics

log = structlog.get_logger()

LOCK = 0x6C690001  # advisory lock of the leader; each log has a database of its own
BATCH = 500
LINGER = 0.002  # seconds that a batch gathers, so that one is not sent for each few events
POLL = 1.0  # seconds: NOTIFY is a hint, this is the guarantee
LOOK = 5.0  # seconds between looks whether Kafka still has the topics
BACK = 64  # records looked back through for a partition's last valid one


class LostLead(Exception):
    """Another relay leads, or Kafka has lost its topics: begin again."""


class Relay:
    def __init__(self, dsn: str, brokers: str, service: str, topics: tuple[str, ...]) -> None:
        self._dsn, self._brokers, self._service, self._topics = dsn, brokers, service, topics

    async def run(self) -> None:
        """Waits for the lead, then relays until something breaks; the caller starts it again."""
        conn = await asyncpg.connect(self._dsn, server_settings=store.LAZY)
        try:
            await conn.execute("select pg_advisory_lock($1)", LOCK)
            await self._lead(conn)
        finally:
            conn.terminate()

    async def _lead(self, conn: Any) -> None:
        epoch = await conn.fetchval("update relay set epoch = epoch + 1 returning epoch")
        wake = asyncio.Event()
        await conn.add_listener("log", lambda *_: wake.set())
        await topics.create(self._brokers, self._topics)
        producer = AIOKafkaProducer(
            bootstrap_servers=self._brokers, acks="all", enable_idempotence=True, request_timeout_ms=10_000
        )
        await producer.start()
        try:
            await self._refill(conn, producer)
            log.info("relay leads", service=self._service, epoch=epoch)
            await self._follow(conn, producer, epoch, wake)
        finally:
            # a producer that met an error is thrown away; what it held is read again from the checkpoint
            await asyncio.wait_for(producer.stop(), 5)

    async def _follow(self, conn: Any, producer: Any, epoch: int, wake: asyncio.Event) -> None:
        pos = await conn.fetchval("select pos from relay")
        loop = asyncio.get_running_loop()
        asked = looked = loop.time()
        while True:
            wake.clear()
            rows = await store.read_log(conn, pos, BATCH)
            if rows:
                await self._send(conn, producer, rows)
                pos = rows[-1]["pos"]
                if not await conn.fetchval("update relay set pos = $1 where epoch = $2 returning 1", pos, epoch):
                    raise LostLead("a newer relay has moved the checkpoint")
            if len(rows) < BATCH:
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(wake.wait(), POLL)
            await asyncio.sleep(LINGER)
            if loop.time() - asked > POLL:
                await self._republish(conn, producer)
                asked = loop.time()
            if loop.time() - looked > LOOK:
                if await topics.create(self._brokers, self._topics):
                    raise LostLead("Kafka had lost topics")
                looked = loop.time()

    async def _send(self, conn: Any, producer: Any, rows: Sequence[Any]) -> None:
        epoch = await conn.fetchval("select epoch from log_head")
        acks = []
        for row in rows:
            value, headers = envelope.encode(row, self._service, epoch)
            key = row["stream"].encode()
            acks.append(await producer.send(row["topic"], value, key=key, partition=row["partition"], headers=headers))
        await asyncio.gather(*acks)

    async def _refill(self, conn: Any, producer: Any) -> None:
        """Sends what Kafka no longer has of what was sent: all of it, when Kafka was wiped."""
        for (topic, partition), pseq in (await self._ends()).items():
            await self._resend(conn, producer, topic, partition, pseq)

    async def _republish(self, conn: Any, producer: Any) -> None:
        """Sends again from where a consumer found events missing."""
        for row in await conn.fetch("delete from republish returning topic, partition, pseq"):
            log.warning("republishing", topic=row["topic"], partition=row["partition"], after=row["pseq"])
            await self._resend(conn, producer, row["topic"], row["partition"], row["pseq"])

    async def _resend(self, conn: Any, producer: Any, topic: str, partition: int, pseq: int) -> None:
        sql = """select event.*, relay.pos as sent from event, relay where topic = $1 and partition = $2
                 and pseq > $3 and event.pos <= relay.pos order by pseq limit $4"""
        while rows := await conn.fetch(sql, topic, partition, pseq, BATCH):
            await self._send(conn, producer, rows)
            pseq = rows[-1]["pseq"]

    async def _ends(self) -> dict[tuple[str, int], int]:
        """The last `pseq` that Kafka holds of each partition."""
        consumer = AIOKafkaConsumer(bootstrap_servers=self._brokers, enable_auto_commit=False)
        await consumer.start()
        try:
            parts = [TopicPartition(t, p) for t in self._topics for p in range(store.PARTITIONS)]
            consumer.assign(parts)
            ends = await consumer.end_offsets(parts)
            first = await consumer.beginning_offsets(parts)
            found = {}
            for part in parts:
                found[(part.topic, part.partition)] = await self._last(consumer, part, first[part], ends[part])
            return found
        finally:
            await consumer.stop()

    async def _last(self, consumer: Any, part: Any, first: int, end: int) -> int:
        if end <= first:
            return 0
        consumer.pause(*consumer.assignment())
        consumer.resume(part)
        consumer.seek(part, max(first, end - BACK))
        pseq = 0
        while await consumer.position(part) < end:
            for record in (await consumer.getmany(part, timeout_ms=5000)).get(part, []):
                try:
                    pseq = max(pseq, envelope.place(record.headers).pseq)
                except envelope.NoMessage:
                    continue
        return pseq

"""Reading without a group: a compacted topic for ever, or in bulk what topics hold now."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Mapping
from contextlib import aclosing
from typing import Any

import structlog
from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.errors import KafkaError

log = structlog.get_logger()

LONGEST_WAIT = 5.0  # seconds before trying again


class Missed(Exception):
    """Something was published that this reader has not seen: Kafka was wiped, or compacted ahead of it."""


class Numbers:
    """Notices from the headers of a Publisher's records whether one was missed."""

    def __init__(self) -> None:
        self._last: dict[bytes, int] = {}

    def check(self, headers: Any, present: bool) -> None:
        """`present`: the record was there before reading began, where compaction leaves gaps. Raises Missed."""
        found = dict(headers)
        generation, n = found.get("generation", b""), found.get("n", b"")
        if not n.isdigit():
            return
        if not present and int(n) > self._last.get(generation, -1) + 1:
            raise Missed(f"{generation.decode(errors='replace')} {int(n)}")
        self._last[generation] = int(n)


async def follow(brokers: str, topic: str) -> AsyncIterator[tuple[str, bytes]]:
    """Key and value of every record, oldest first, for ever.

    Begins again at the beginning when the broker was away and may have lost the topic, so values may come twice and
    older ones after newer ones: the value itself must say how new it is.
    """
    wait = 0.1
    while True:
        try:
            async with aclosing(_from_the_beginning(brokers, topic)) as records:
                async for record in records:
                    wait = 0.1
                    yield (record.key or b"").decode(errors="replace"), record.value or b""
        except (Missed, KafkaError, OSError, TimeoutError) as error:
            log.warning("following again", topic=topic, error=repr(error))
        await asyncio.sleep(wait)
        wait = min(2 * wait, LONGEST_WAIT)


async def _from_the_beginning(brokers: str, topic: str) -> AsyncGenerator[Any, None]:
    consumer = AIOKafkaConsumer(
        bootstrap_servers=brokers, enable_auto_commit=False, auto_offset_reset="earliest", request_timeout_ms=10_000
    )
    await consumer.start()
    try:
        part = TopicPartition(topic, 0)
        consumer.assign([part])
        end = (await consumer.end_offsets([part]))[part]
        await consumer.seek_to_beginning(part)
        numbers = Numbers()
        async for record in consumer:
            numbers.check(record.headers, record.offset < end)
            yield record
    finally:
        await consumer.stop()


async def bulk(brokers: str, starts: Mapping[tuple[str, int], int], most: int = 5000) -> AsyncIterator[list[Any]]:
    """Every record from these offsets (by topic and partition) to the present ends, up to `most` at a time.

    Within a partition in order. An offset beyond the end means another Kafka: that partition is read from its start.
    """
    consumer = AIOKafkaConsumer(
        bootstrap_servers=brokers,
        enable_auto_commit=False,
        auto_offset_reset="earliest",
        max_partition_fetch_bytes=4_000_000,
    )
    await consumer.start()
    try:
        parts = {TopicPartition(*place): offset for place, offset in starts.items()}
        consumer.assign(list(parts))
        ends = await consumer.end_offsets(list(parts))
        for part, offset in parts.items():
            consumer.seek(part, offset if offset <= ends[part] else 0)
        left = [part for part in parts if await consumer.position(part) < ends[part]]
        while left:
            fetched = await consumer.getmany(*left, timeout_ms=1000, max_records=most)
            if records := [record for of_one in fetched.values() for record in of_one]:
                yield records
            left = [part for part in left if await consumer.position(part) < ends[part]]
    finally:
        await consumer.stop()

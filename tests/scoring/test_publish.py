"""The newest value of every key on a real Kafka, whatever happens to it."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from uuid import uuid4

import pytest

from deploy.local.kafka import Kafka
from shared.kernel.follow import Missed, Numbers, bulk, follow
from shared.kernel.publish import Publisher
from shared.kernel.service import forever
from tests.servers import KafkaServer


class Reader:
    """Follows a topic and remembers the newest value of each key."""

    def __init__(self, brokers: str, topic: str) -> None:
        self._brokers, self._topic = brokers, topic
        self.values: dict[str, bytes] = {}

    async def run(self) -> None:
        async for key, value in follow(self._brokers, self._topic):
            self.values[key] = value

    async def has(self, values: dict[str, bytes], within: float = 40) -> None:
        async with asyncio.timeout(within):
            while self.values != values:
                await asyncio.sleep(0.01)


@contextlib.asynccontextmanager
async def going(*tasks: tuple[str, Publisher | Reader]) -> AsyncIterator[None]:
    running = [asyncio.create_task(forever(name, each.run)) for name, each in tasks]
    try:
        yield
    finally:
        for task in running:
            task.cancel()
        await asyncio.gather(*running, return_exceptions=True)


async def test_a_reader_sees_every_key_whenever_it_comes(kafka: KafkaServer) -> None:
    topic = f"test.{uuid4().hex}"
    publisher, early = Publisher(kafka.bootstrap, (topic,)), Reader(kafka.bootstrap, topic)
    publisher.put(topic, "a", b"1")
    async with going(("publisher", publisher), ("early", early)):
        await early.has({"a": b"1"})
        publisher.put(topic, "a", b"2")
        publisher.put(topic, "b", b"1")
        await early.has({"a": b"2", "b": b"1"})
        late = Reader(kafka.bootstrap, topic)
        async with going(("late", late)):
            await late.has({"a": b"2", "b": b"1"})


async def test_a_value_that_was_replaced_before_it_was_sent_never_is(kafka: KafkaServer) -> None:
    topic = f"test.{uuid4().hex}"
    publisher, reader = Publisher(kafka.bootstrap, (topic,)), Reader(kafka.bootstrap, topic)
    for n in range(50):
        publisher.put(topic, "a", f"{n}".encode())
    async with going(("publisher", publisher), ("reader", reader)):
        await reader.has({"a": b"49"})
        records = [record async for some in bulk(kafka.bootstrap, {(topic, 0): 0}) for record in some]
    assert len(records) == 1


async def test_who_has_forgotten_publishes_nothing_when_it_begins_again(kafka: KafkaServer) -> None:
    topic = f"test.{uuid4().hex}"
    old, new = Publisher(kafka.bootstrap, (topic,)), Publisher(kafka.bootstrap, (topic,))
    reader = Reader(kafka.bootstrap, topic)
    old.put(topic, "a", b"old")
    async with going(("reader", reader)):
        async with going(("old", old)):
            await reader.has({"a": b"old"})
        old.forget()
        new.put(topic, "a", b"new")
        async with going(("new", new)):
            await reader.has({"a": b"new"})
            async with going(("old", old)):
                new.put(topic, "b", b"new")
                await reader.has({"a": b"new", "b": b"new"})


async def test_a_broker_that_was_killed_or_wiped_gets_everything_again(own_kafka: Kafka) -> None:
    topic = "test.boards"
    publisher, reader = Publisher(own_kafka.bootstrap, (topic,)), Reader(own_kafka.bootstrap, topic)
    async with going(("publisher", publisher), ("reader", reader)):
        for n in range(5):
            publisher.put(topic, f"{n}", b"before")
        await reader.has({f"{n}": b"before" for n in range(5)})
        await asyncio.to_thread(own_kafka.kill)
        publisher.put(topic, "0", b"amid")
        await asyncio.to_thread(own_kafka.start)
        await reader.has({"0": b"amid", **{f"{n}": b"before" for n in range(1, 5)}}, 60)
        await asyncio.to_thread(own_kafka.kill)
        await asyncio.to_thread(own_kafka.wipe)
        await asyncio.to_thread(own_kafka.start)
        late = Reader(own_kafka.bootstrap, topic)
        async with going(("late", late)):
            await late.has({"0": b"amid", **{f"{n}": b"before" for n in range(1, 5)}}, 60)
        publisher.put(topic, "0", b"after")
        await reader.has({"0": b"after", **{f"{n}": b"before" for n in range(1, 5)}}, 60)


def numbered(generation: str, n: int) -> list[tuple[str, bytes]]:
    return [("generation", generation.encode()), ("n", str(n).encode())]


def test_numbers_notice_what_was_missed() -> None:
    numbers = Numbers()
    numbers.check(numbered("one", 41), present=True)
    numbers.check(numbered("one", 57), present=True)
    numbers.check(numbered("one", 58), present=False)
    numbers.check(numbered("two", 0), present=False)
    numbers.check(numbered("one", 59), present=False)
    numbers.check([], present=False)
    for generation, n in (("one", 61), ("two", 2), ("three", 1)):
        with pytest.raises(Missed):
            numbers.check(numbered(generation, n), present=False)

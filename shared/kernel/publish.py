"""The newest value of every key, kept on compacted topics: whoever reads from the beginning knows the present."""

import asyncio
from collections.abc import Sequence
from uuid import uuid4

from aiokafka import AIOKafkaProducer

from shared.kernel import topics

LOOK = 5.0  # seconds without a change after which something is sent once more, to see whether Kafka still has the topic
LARGEST = 4_000_000  # bytes of a value


class LostTopics(Exception):
    """Kafka was wiped: everything has to be published again."""


class Publisher:
    """Publishes to partition 0 of compacted topics. One process at a time should.

    Headers number the records of a run (`generation`, `n` from 0 for each topic), so that a follower notices what it
    has missed.
    """

    def __init__(self, brokers: str, names: tuple[str, ...]) -> None:
        self._brokers, self._topics = brokers, names
        self._values: dict[tuple[str, str], bytes] = {}
        self._changed: dict[tuple[str, str], None] = {}
        self._wake = asyncio.Event()

    def put(self, topic: str, key: str, value: bytes) -> None:
        """From now on the key stands for this. A value that is replaced before it could be sent never is."""
        self._values[topic, key] = value
        self._changed[topic, key] = None
        self._wake.set()

    def forget(self) -> None:
        """Somebody else publishes from now on."""
        self._values.clear()
        self._changed.clear()

    async def run(self) -> None:
        """Publishes everything, then every change, until something breaks; the caller starts it again."""
        await topics.create(self._brokers, (), self._topics)
        producer = AIOKafkaProducer(
            bootstrap_servers=self._brokers,
            acks="all",
            enable_idempotence=True,
            request_timeout_ms=10_000,
            max_request_size=LARGEST,
        )
        await producer.start()
        try:
            await self._publish(producer)
        finally:
            # a producer that met an error is thrown away; what it held is published again
            await asyncio.wait_for(producer.stop(), 5)

    async def _publish(self, producer: AIOKafkaProducer) -> None:
        run = _Run(producer, uuid4().hex.encode())
        self._changed = dict.fromkeys(self._values)
        self._wake.set()
        while True:
            try:
                await asyncio.wait_for(self._wake.wait(), LOOK)
            except TimeoutError:
                self._once_more()
            self._wake.clear()
            changed, self._changed = self._changed, {}
            await run.send([(topic, key, self._values[topic, key]) for topic, key in changed])

    def _once_more(self) -> None:
        """Of each topic the key whose turn it is."""
        turn = {topic: (topic, key) for topic, key in reversed(self._values)}
        for place in turn.values():
            self._values[place] = self._values.pop(place)
            self._changed[place] = None


class _Run:
    """What one producer has sent."""

    def __init__(self, producer: AIOKafkaProducer, generation: bytes) -> None:
        self._producer, self._generation = producer, generation
        self._n: dict[str, int] = {}
        self._end: dict[str, int] = {}  # offset of the last record by topic

    async def send(self, values: Sequence[tuple[str, str, bytes]]) -> None:
        """Raises KafkaError, or LostTopics when an offset shows that the topic has been created anew."""
        acks = []
        for topic, key, value in values:
            n = self._n[topic] = self._n.get(topic, -1) + 1
            headers = [("generation", self._generation), ("n", str(n).encode())]
            acks.append(await self._producer.send(topic, value, key=key.encode(), partition=0, headers=headers))
        for ack in await asyncio.gather(*acks):
            if ack.offset <= self._end.get(ack.topic, -1):
                raise LostTopics(ack.topic)
            self._end[ack.topic] = ack.offset

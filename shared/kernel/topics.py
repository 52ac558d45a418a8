"""Kafka topics, created explicitly: `python -m shared.kernel.topics` creates all of them."""

import asyncio
import os
from typing import Any

from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.errors import TopicAlreadyExistsError, for_code

from shared.kernel.store import PARTITIONS

BOARDS = ("ligong.board.office", "ligong.board.participants")
# Small segments: compaction leaves the newest one alone, and followers read from the beginning.
LATEST = {
    "cleanup.policy": "compact",
    "segment.bytes": "16777216",
    "min.cleanable.dirty.ratio": "0.1",
    "max.message.bytes": "4000000",
}


async def create(brokers: str, events: tuple[str, ...], compacted: tuple[str, ...] = ()) -> list[str]:
    """Creates what is missing and returns its names. Event topics keep everything for ever."""
    admin = AIOKafkaAdminClient(bootstrap_servers=brokers, request_timeout_ms=10_000)
    await admin.start()
    try:
        there = set(await admin.list_topics())
        wanted: list[Any] = [
            NewTopic(name, PARTITIONS, 1, topic_configs={"retention.ms": "-1", "retention.bytes": "-1"})
            for name in events
            if name not in there
        ] + [NewTopic(name, 1, 1, topic_configs=LATEST) for name in compacted if name not in there]
        if not wanted:
            return []
        answer = await admin.create_topics(wanted)
        made = []
        for name, code, *_ in answer.topic_errors:
            if code == 0:
                made.append(name)
            elif for_code(code) is not TopicAlreadyExistsError:
                raise for_code(code)(name)
        return made
    finally:
        await admin.close()


if __name__ == "__main__":
    from shared.contracts.catalogue import TOPICS

    asyncio.run(create(os.environ["KAFKA_BOOTSTRAP_SERVERS"], TOPICS, BOARDS))

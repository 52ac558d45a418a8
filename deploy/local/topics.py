"""The stack's Kafka topics, created before anything meets the broker."""

import asyncio

from aiokafka.errors import KafkaError

from deploy.local.trouble import Trouble
from shared.contracts.catalogue import TOPICS
from shared.kernel.topics import BOARDS, create


def create_topics(brokers: str) -> None:
    """Create what is missing. Raises Trouble when the broker cannot be reached."""
    try:
        asyncio.run(create(brokers, TOPICS, BOARDS))
    except KafkaError as error:
        raise Trouble(
            f"连不上 Kafka {brokers}（{type(error).__name__}）："
            "请核对 KAFKA_BOOTSTRAP_SERVERS 并确认 Kafka 已启动，然后重新运行。"
        ) from error

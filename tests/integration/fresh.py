"""A broker without topics for each test: its databases are new, so nothing of an older log may be left."""

from aiokafka.admin import AIOKafkaAdminClient


async def without_topics(bootstrap: str) -> str:
    """Deletes every topic and returns the address."""
    admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap)
    await admin.start()
    try:
        topics = [topic for topic in await admin.list_topics() if not topic.startswith("__")]
        if topics:
            await admin.delete_topics(topics)
    finally:
        await admin.close()
    return bootstrap

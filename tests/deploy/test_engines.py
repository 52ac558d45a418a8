"""The embedded engines: killed, restarted and wiped, they come back on the same port with what they should hold."""

import asyncio

import aiokafka
import asyncpg
from aiokafka.admin import AIOKafkaAdminClient, NewTopic

from deploy.local.kafka import Kafka
from deploy.local.postgres import PostgreSQL
from tests.servers import Databases, KafkaServer


async def _value(url: str, query: str) -> object:
    connection = await asyncpg.connect(url)
    try:
        return await connection.fetchval(query)
    finally:
        await connection.close()


async def test_killed_postgres_comes_back_with_what_was_committed(own_postgres: PostgreSQL) -> None:
    url = own_postgres.url()
    await _value(url, "CREATE TABLE kept AS SELECT 42 AS n")
    await asyncio.to_thread(own_postgres.kill)
    assert own_postgres.pid is None
    await asyncio.to_thread(own_postgres.start)
    assert own_postgres.url() == url
    assert await _value(url, "SELECT n FROM kept") == 42


async def test_postgres_is_safe_by_default(own_postgres: PostgreSQL) -> None:
    url = own_postgres.url()
    assert await _value(url, "SHOW fsync") == "on"
    assert await _value(url, "SHOW synchronous_commit") == "on"
    assert await _value(url, "SHOW data_checksums") == "on"
    assert await _value(url, "SHOW server_encoding") == "UTF8"
    wrong = url.replace(own_postgres.password, "wrong")
    try:
        await _value(wrong, "SELECT 1")
    except asyncpg.InvalidPasswordError:
        return
    raise AssertionError("a wrong password was accepted")


async def _end_offset(bootstrap: str, topic: str) -> int:
    consumer = aiokafka.AIOKafkaConsumer(bootstrap_servers=bootstrap)
    await consumer.start()
    try:
        partition = aiokafka.TopicPartition(topic, 0)
        return int((await consumer.end_offsets([partition]))[partition])
    finally:
        await consumer.stop()


async def _topics(bootstrap: str) -> set[str]:
    admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap)
    await admin.start()
    try:
        return set(await admin.list_topics())
    finally:
        await admin.close()


async def _create_and_send(bootstrap: str, topic: str) -> None:
    admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap)
    await admin.start()
    await admin.create_topics([NewTopic(topic, 1, 1)])
    await admin.close()
    producer = aiokafka.AIOKafkaProducer(bootstrap_servers=bootstrap, acks="all", enable_idempotence=True)
    await producer.start()
    await producer.send_and_wait(topic, b"one", partition=0)
    await producer.stop()


async def test_killed_kafka_comes_back_and_a_wiped_one_is_empty(own_kafka: Kafka) -> None:
    bootstrap = own_kafka.bootstrap
    await _create_and_send(bootstrap, "kept")
    await asyncio.to_thread(own_kafka.kill)
    assert own_kafka.pid is None
    await asyncio.to_thread(own_kafka.start)
    assert own_kafka.bootstrap == bootstrap
    assert await _end_offset(bootstrap, "kept") == 1

    cluster = (own_kafka.data / "meta.properties").read_text()
    await asyncio.to_thread(own_kafka.stop)
    own_kafka.wipe()
    await asyncio.to_thread(own_kafka.start)
    assert "kept" not in await _topics(bootstrap)
    line = next(line for line in cluster.splitlines() if line.startswith("cluster.id="))
    assert line in (own_kafka.data / "meta.properties").read_text().splitlines()


async def test_topics_are_only_made_on_purpose(clean_kafka: KafkaServer) -> None:
    await _create_and_send(clean_kafka.bootstrap, "made")
    assert "made" in await _topics(clean_kafka.bootstrap)
    producer = aiokafka.AIOKafkaProducer(bootstrap_servers=clean_kafka.bootstrap, request_timeout_ms=2000)
    await producer.start()
    try:
        await producer.partitions_for("never-made")
    except aiokafka.errors.KafkaError:
        pass
    finally:
        await producer.stop()
    assert "never-made" not in await _topics(clean_kafka.bootstrap)


async def test_every_database_is_new(databases: Databases) -> None:
    first, second = await databases.new(), await databases.new()
    await _value(first, "CREATE TABLE t (n int)")
    assert await _value(second, "SELECT to_regclass('t')") is None

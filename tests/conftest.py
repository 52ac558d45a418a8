"""A real PostgreSQL and a real Kafka for the tests: containers where a Docker engine answers, otherwise ours."""

import shutil
import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import suppress
from pathlib import Path

import psutil
import pytest
import pytest_asyncio
from aiokafka.admin import AIOKafkaAdminClient

from deploy.local.child import end_orphans
from deploy.local.kafka import Kafka
from deploy.local.postgres import PostgreSQL
from tests.servers import (
    Databases,
    EmbeddedServers,
    KafkaServer,
    PostgresServer,
    docker_answers,
    kafka_container,
    postgres_container,
)

PREFIX = "ligong-test-"


@pytest.fixture(scope="session")
def embedded() -> Iterator[EmbeddedServers]:
    """Starts embedded engines, in a folder that goes at the end; what a killed session left goes first."""
    for abandoned in Path(tempfile.gettempdir()).glob(f"{PREFIX}*"):
        _clear_if_abandoned(abandoned)
    folder = Path(tempfile.mkdtemp(prefix=PREFIX))
    (folder / "owner").write_text(f"{psutil.Process().pid} {psutil.Process().create_time()}")
    folder.chmod(0o711)  # as root the engines run as somebody else, who has to pass
    with EmbeddedServers(folder) as servers:
        yield servers
    shutil.rmtree(folder)


def _clear_if_abandoned(folder: Path) -> None:
    with suppress(OSError, ValueError):  # another user's, or one being made at this moment
        pid, created = (folder / "owner").read_text().split()
        with suppress(psutil.NoSuchProcess):
            if psutil.Process(int(pid)).create_time() == float(created):
                return
        end_orphans(folder, folder)
        shutil.rmtree(folder)


@pytest.fixture(scope="session")
def postgres(request: pytest.FixtureRequest) -> Iterator[PostgresServer]:
    """The session's server: `postgres.url(database)`. Never kill it: take `own_postgres` for that."""
    if docker_answers():
        with postgres_container() as server:
            yield server
    else:
        yield request.getfixturevalue("embedded").postgres("postgres-of-session")


@pytest.fixture(scope="session")
def kafka(request: pytest.FixtureRequest) -> Iterator[KafkaServer]:
    """The session's broker: `kafka.bootstrap`. Never kill it: take `own_kafka` for that."""
    if docker_answers():
        with kafka_container() as server:
            yield server
    else:
        yield request.getfixturevalue("embedded").kafka("kafka-of-session")


@pytest.fixture(scope="session")
def databases(postgres: PostgresServer) -> Databases:
    """`await databases.new()` is an empty database's URL, `await databases.new("registration")` a migrated one's."""
    return Databases(postgres)


@pytest_asyncio.fixture(scope="module")
async def database(databases: Databases) -> str:
    """URL of an empty database of the test module's own."""
    return await databases.new()


@pytest_asyncio.fixture(scope="module")
async def clean_kafka(kafka: KafkaServer) -> AsyncIterator[KafkaServer]:
    """The session's broker, without any topic that another module left."""
    admin = AIOKafkaAdminClient(bootstrap_servers=kafka.bootstrap)
    await admin.start()
    try:
        topics = [topic for topic in await admin.list_topics() if not topic.startswith("__")]
        if topics:
            await admin.delete_topics(topics)
    finally:
        await admin.close()
    yield kafka


@pytest.fixture
def own_postgres(embedded: EmbeddedServers, request: pytest.FixtureRequest) -> Iterator[PostgreSQL]:
    """A server for this test alone, with `stop`, `kill`, `start`, `restart` (blocking: `asyncio.to_thread`)."""
    server = embedded.postgres(f"postgres-{abs(hash(request.node.nodeid))}")
    yield server
    server.kill()


@pytest.fixture
def own_kafka(embedded: EmbeddedServers, request: pytest.FixtureRequest) -> Iterator[Kafka]:
    """A broker for this test alone, with `stop`, `kill`, `wipe`, `start`, `restart` (blocking)."""
    broker = embedded.kafka(f"kafka-{abs(hash(request.node.nodeid))}")
    yield broker
    broker.kill()

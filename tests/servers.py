"""The servers that tests run against, and how they are started."""

import os
import subprocess
import sys
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol, Self

import asyncpg
import docker
from docker.errors import DockerException
from testcontainers.community.postgres import PostgresContainer
from testcontainers.core.container import DockerContainer
from testcontainers.core.wait_strategies import LogMessageWaitStrategy

from deploy.local.account import engine_account
from deploy.local.jars import fetch
from deploy.local.kafka import Kafka
from deploy.local.ports import free_ports
from deploy.local.postgres import PostgreSQL
from deploy.local.trouble import Malfunction

POSTGRES_IMAGE = "postgres:18"
KAFKA_IMAGE = "apache/kafka:4.4.0"


class PostgresServer(Protocol):
    """A running PostgreSQL."""

    def url(self, database: str = "postgres") -> str:
        """Address of one of its databases, with a superuser's credentials."""


class KafkaServer(Protocol):
    """A running broker."""

    @property
    def bootstrap(self) -> str:
        """host:port."""


class EmbeddedServers:
    """Embedded engines below one folder; all are killed at the end, for nobody needs their data."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._account = engine_account()
        self._started: list[PostgreSQL | Kafka] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        for engine in self._started:
            engine.kill()

    def postgres(self, name: str) -> PostgreSQL:
        """A started server of its own."""
        home = self._home(name)
        server = PostgreSQL(home / "postgres", home, home, self._account, free_ports(1)[0], self._folder)
        self._started.append(server)
        server.start()
        return server

    def kafka(self, name: str) -> Kafka:
        """A started broker of its own; its jars are kept in the user's cache from one session to the next."""
        try:
            return self._broker(name)
        except Malfunction:  # on a crowded machine a broker now and then ends while it starts: once more, elsewhere
            log = self._folder / name / "kafka.log"
            print(log.read_text()[-3000:] if log.exists() else "no log", file=sys.stderr)
            return self._broker(f"{name}-again")

    def _broker(self, name: str) -> Kafka:
        home = self._home(name)
        cache = Path(os.environ.get("XDG_CACHE_HOME", "~/.cache")).expanduser() / "ligong"
        port, controller = free_ports(2)
        broker = Kafka(home / "kafka", home, home, self._account, (port, controller), fetch(cache), self._folder)
        self._started.append(broker)
        broker.start()
        return broker

    def _home(self, name: str) -> Path:
        home = self._folder / name
        home.mkdir()
        home.chmod(0o711)  # as root the engines run as somebody else, who has to pass
        return home


@dataclass(frozen=True)
class ContainerPostgres:
    base: str

    def url(self, database: str = "postgres") -> str:
        return f"{self.base}/{database}"


@dataclass(frozen=True)
class ContainerKafka:
    bootstrap: str


def docker_answers() -> bool:
    """Whether there is an engine, not only a client."""
    try:
        return bool(docker.from_env(timeout=5).ping())
    except DockerException:
        return False


@contextmanager
def postgres_container() -> Iterator[ContainerPostgres]:
    container = PostgresContainer(POSTGRES_IMAGE, username="ligong", password=uuid.uuid4().hex, driver=None)
    container.with_env("POSTGRES_INITDB_ARGS", "--data-checksums --locale-provider=builtin --builtin-locale=C.UTF-8")
    container.with_command("postgres -c max_connections=300")
    with container:
        yield ContainerPostgres(container.get_connection_url().rpartition("/")[0])


@contextmanager
def kafka_container() -> Iterator[ContainerKafka]:
    port = free_ports(1)[0]  # the broker must be told the address that clients know it by
    container = DockerContainer(KAFKA_IMAGE).with_bind_ports(9092, port)
    settings = {
        "node.id": "1",
        "process.roles": "broker,controller",
        "controller.quorum.voters": "1@localhost:9093",
        "listeners": "PLAINTEXT://:9092,CONTROLLER://:9093",
        "advertised.listeners": f"PLAINTEXT://127.0.0.1:{port}",
        "controller.listener.names": "CONTROLLER",
        "listener.security.protocol.map": "PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT",
        "auto.create.topics.enable": "false",
        "offsets.topic.replication.factor": "1",
        "transaction.state.log.replication.factor": "1",
        "transaction.state.log.min.isr": "1",
        "group.initial.rebalance.delay.ms": "0",
    }
    for name, value in settings.items():
        container.with_env("KAFKA_" + name.replace(".", "_").upper(), value)
    container.waiting_for(LogMessageWaitStrategy("Kafka Server started"))
    with container:
        yield ContainerKafka(f"127.0.0.1:{port}")


class Databases:
    """Fresh databases of one server. A service's migrations run once, into a template that is then copied."""

    def __init__(self, server: PostgresServer) -> None:
        self._server = server
        self._templates: set[str] = set()

    async def new(self, service: str | None = None, deployment: str = "real") -> str:
        """URL of a new database: empty, or migrated as `service` (a service's name, `keys` or `clock`) and
        declared to belong to a `real` or `demo` deployment."""
        template = "template0"
        if service is not None:
            template = f"template_{service}_{deployment}"
            if template not in self._templates:
                await self._create(template, "template0")
                migrate(service, self._server.url(template), deployment)
                self._templates.add(template)
        name = f"test_{uuid.uuid4().hex[:12]}"
        await self._create(name, template)
        return self._server.url(name)

    async def _create(self, name: str, template: str) -> None:
        connection = await asyncpg.connect(self._server.url())
        try:
            await connection.execute(f'CREATE DATABASE "{name}" TEMPLATE "{template}"')
        finally:
            await connection.close()


def migrate(service: str, url: str, deployment: str) -> None:
    """Run the migrations of `service` (or `keys`, `clock`) on the database at `url`."""
    names = ("DATABASE_URL", "LIGONG_VAULT_URL", "LIGONG_CLOCK_URL")
    environment = {**os.environ, **dict.fromkeys(names, url), "LIGONG_DEPLOYMENT": deployment}
    command = [sys.executable, "-m", "shared.kernel.migrate", service]
    done = subprocess.run(command, env=environment, capture_output=True)
    assert done.returncode == 0, done.stderr.decode()

"""The whole platform as processes on given engines, for end-to-end tests and measurements."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

import aiohttp
import asyncpg

from deploy.local.player import unsettled
from services.gateway.accounts import issue_token
from shared.contracts.catalogue import TOPICS
from shared.kernel import topics
from shared.kernel.messages import Role
from shared.kernel.tokens import service_token
from tests.processes import SECRET, VAULT, Process, free_port
from tests.servers import Databases

SERVICES = ("registration", "activity", "scoring", "notification", "feeds", "gateway")
MODULES = {name: f"services.{name}.app" for name in SERVICES} | {"scoring_worker": "services.scoring.worker"}


@dataclass
class Stack:
    """A running platform; its processes by name, each started again when it dies."""

    urls: Mapping[str, str]
    processes: Mapping[str, Process]
    http: aiohttp.ClientSession
    clock: Any
    clock_url: str
    tokens: dict[str, str] = field(default_factory=dict)

    @property
    def gateway(self) -> str:
        return self.processes["gateway"].url

    def services(self) -> dict[str, str]:
        """Base URLs of all that were started and have an `/internal/status`."""
        return {name: p.url for name, p in self.processes.items() if p.process is not None and name != "gateway"}

    async def token(self, role: Role, unit: str | None = None, partner: str | None = None) -> str:
        key = f"{role}:{unit}:{partner}"
        if key not in self.tokens:
            self.tokens[key] = await issue_token(self.urls["gateway"], role, unit, partner)
        return self.tokens[key]

    async def call(
        self, method: str, path: str, role: Role = "office", unit: str | None = None, **more: Any
    ) -> tuple[int, Any]:
        """Status and JSON of a request through the gateway; commands get a key of their own unless one is given."""
        key = more.pop("key", None) or str(uuid4())
        headers = {"Authorization": f"Bearer {await self.token(role, unit)}", "Idempotency-Key": key}
        async with self.http.request(method, f"{self.gateway}{path}", headers=headers, **more) as answer:
            return answer.status, await answer.json(content_type=None)

    async def do(self, command: str, body: Mapping[str, Any], role: Role = "office", unit: str | None = None) -> Any:
        """A command that must succeed, repeated with its key while the platform does not answer."""
        key = str(uuid4())
        async with asyncio.timeout(90):
            while True:
                with contextlib.suppress(aiohttp.ClientError, OSError, TimeoutError):
                    status, answer = await self.call("POST", f"/api/v1/{command}", role, unit, json=body, key=key)
                    if status not in (429, 502, 503):
                        assert status == 200, answer
                        return answer
                await asyncio.sleep(0.1)

    async def statuses(self) -> dict[str, Any]:
        headers = {"Authorization": f"Bearer {service_token(SECRET, 'test')}"}
        found = {}
        for name, url in self.services().items():
            async with self.http.get(f"{url}/internal/status", headers=headers) as answer:
                found[name] = await answer.json()
        return found

    async def settled(self, within: float = 90) -> None:
        """Waits until everything that was accepted has had all its consequences."""
        late: Any = "no answer"
        try:
            async with asyncio.timeout(within):
                while late:
                    with contextlib.suppress(aiohttp.ClientError, OSError):
                        late = unsettled(await self.statuses())
                    await asyncio.sleep(0.05)
        except TimeoutError:
            raise AssertionError(f"not settled: {late}") from None


@contextlib.asynccontextmanager
async def running(
    databases: Databases, brokers: str, deployment: str = "demo", only: tuple[str, ...] = tuple(MODULES), smtp: str = ""
) -> AsyncIterator[Stack]:
    """Databases, topics and processes, of which `only` some are started; all end with the context."""
    urls = {name: await databases.new(name, deployment) for name in SERVICES}
    keys, clock = await databases.new("keys"), await databases.new("clock")
    await topics.create(brokers, TOPICS, topics.BOARDS)
    ports = {name: free_port() for name in MODULES}
    shared = {
        "KAFKA_BOOTSTRAP_SERVERS": brokers,
        "LIGONG_DEPLOYMENT": deployment,
        "LIGONG_INTERNAL_KEY": SECRET,
        "LIGONG_VAULT_KEY": VAULT,
        "LIGONG_CLOCK_URL": clock if deployment == "demo" else "",
        "SMTP_URL": smtp,
        **{f"LIGONG_{name.upper()}_URL": f"http://127.0.0.1:{port}" for name, port in ports.items()},
    }
    processes = {
        name: Process(MODULES[name], shared | _own(name, urls, keys), ports[name], kept=True)
        for name in MODULES
        if name in only
    }
    conn = await asyncpg.connect(clock)
    try:
        await asyncio.gather(*(processes[name].start(60) for name in only))
        async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=60)) as http:
            yield Stack(urls, processes, http, conn, clock)
    finally:
        await asyncio.gather(*(p.stop() for p in processes.values() if p.process), return_exceptions=True)
        conn.terminate()


def _own(name: str, urls: Mapping[str, str], keys: str) -> dict[str, str]:
    service = name.removesuffix("_worker")
    own = {"DATABASE_URL": urls[service]}
    return own | {"LIGONG_VAULT_URL": keys} if service in ("registration", "activity") else own

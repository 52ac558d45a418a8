"""A service as its clients meet it: a process of its own, spoken to over HTTP with the gateway's tokens."""

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

import aiohttp
import asyncpg
from yarl import URL

from shared.contracts.season_file import parse
from shared.kernel.messages import SHANGHAI, Actor
from shared.kernel.tokens import mint
from tests.processes import SECRET, VAULT, Process, free_port
from tests.servers import Databases

SEASON_FILE = Path(__file__).parents[2] / "seasons/2021/season.yaml"
DOCUMENT: dict[str, Any] = parse(SEASON_FILE.read_text(encoding="utf-8")).model_dump(mode="json")

OFFICE = Actor("office-1", "office")
LEADER = Actor("leader-1", "leader")
HUANGPU = Actor("huangpu-1", "unit", unit="huangpu")
XUHUI = Actor("xuhui-1", "unit", unit="xuhui")
INSPECTOR = Actor("inspector-1", "inspector", unit="zongdui")
JUDGE = Actor("judge-1", "judge")
PARTNER = Actor("partner-1", "partner", partner="jiangsu")
SERVICE = Actor("service:notification", "service")


@dataclass(frozen=True)
class Reply:
    status: int
    type: str
    body: Any
    headers: Any

    def problem(self, status: int, *words: str) -> "Reply":
        """Asserts a problem of this status whose Chinese sentence has these words."""
        assert self.status == status, (self.status, self.body)
        assert self.type == "application/problem+json"
        assert self.body["status"] == status
        detail = self.body["detail"]
        assert any("一" <= letter <= "鿿" for letter in detail), detail
        assert all(word in detail for word in words), detail
        return self

    def done(self) -> Any:
        """Asserts success, and gives the body."""
        assert self.status == 200, (self.status, self.body)
        return self.body


@dataclass
class Client:
    """`name` is the service's; a command's body goes out as JSON, or as it is where it is bytes already."""

    http: aiohttp.ClientSession
    url: str
    name: str

    async def get(self, path: str, who: Actor | None = OFFICE, **params: Any) -> Reply:
        """`path` below the service's prefix, or from `/internal` on; sent exactly as it is written."""
        prefix = "" if path.startswith("internal/") else f"api/v1/{self.name}/"
        url = URL(f"{self.url}/{prefix}{path}", encoded=True)
        return await self._send("GET", url.update_query(params) if params else url, who, {}, None)

    async def give(
        self,
        command: str,
        body: Any,
        who: Actor | None = OFFICE,
        key: str = "",
        version: str | None = None,
    ) -> Reply:
        """Without a key of its own a command gets a new one."""
        headers = {"Idempotency-Key": key or str(uuid4())}
        if version is not None:
            headers["If-Match"] = version
        return await self.post(command, body, who, headers)

    async def post(self, command: str, body: Any, who: Actor | None, headers: dict[str, str]) -> Reply:
        headers = {"Content-Type": "application/json", **headers}
        data = body if isinstance(body, bytes | AsyncIterator) else json.dumps(body).encode()
        return await self._send("POST", URL(f"{self.url}/api/v1/{self.name}/{command}"), who, headers, data)

    async def put(self, path: str, body: Any, who: Actor | None = OFFICE) -> Reply:
        url, headers = URL(f"{self.url}/api/v1/{self.name}/{path}"), {"Content-Type": "application/json"}
        return await self._send("PUT", url, who, headers, json.dumps(body).encode())

    async def _send(self, method: str, url: URL, who: Actor | None, headers: dict[str, str], data: Any) -> Reply:
        if who is not None:
            headers["Authorization"] = f"Bearer {mint(SECRET, who)}"
        async with self.http.request(method, url, headers=headers, data=data) as answer:
            text = await answer.text()
            is_json = "json" in answer.content_type
            return Reply(answer.status, answer.content_type, json.loads(text) if is_json else text, answer.headers)


@dataclass
class Deployment:
    """A demo deployment of some services: its databases and its clock."""

    brokers: str
    keys: str
    clock: str
    urls: dict[str, str] = field(default_factory=dict)  # databases
    ports: dict[str, int] = field(default_factory=dict)

    def process(self, name: str) -> Process:
        environment = {
            "DATABASE_URL": self.urls[name],
            "KAFKA_BOOTSTRAP_SERVERS": self.brokers,
            "LIGONG_INTERNAL_KEY": SECRET,
            "LIGONG_VAULT_KEY": VAULT,
            "LIGONG_VAULT_URL": self.keys,
            "LIGONG_CLOCK_URL": self.clock,
            "LIGONG_DEPLOYMENT": "demo",
            **{f"LIGONG_{each.upper()}_URL": f"http://127.0.0.1:{port}" for each, port in self.ports.items()},
        }
        return Process(f"services.{name}.app", environment, self.ports[name])

    async def set_clock(self, text: str) -> None:
        """`"06-17 09:00"` is that moment of 2021 in Shanghai; it never goes back."""
        now = datetime.strptime(f"2021-{text}", "%Y-%m-%d %H:%M").replace(tzinfo=SHANGHAI)
        async with connected(self.clock) as conn:
            await conn.execute("update clock set now = $1", now)


async def deployment(databases: Databases, brokers: str, *names: str) -> Deployment:
    made = Deployment(brokers, await databases.new("keys"), await databases.new("clock"))
    for name in names:
        made.urls[name] = await databases.new(name, "demo")
        made.ports[name] = free_port()
    return made


@contextlib.asynccontextmanager
async def connected(url: str) -> AsyncIterator[Any]:
    conn = await asyncpg.connect(url)
    try:
        yield conn
    finally:
        await conn.close()


WRITTEN = "select (select count(*) from event), (select count(*) from command), (select count(*) from claim)"


async def written(url: str) -> tuple[int, ...]:
    """How many events, commands and claims a service's database holds."""
    async with connected(url) as conn:
        return tuple(await conn.fetchrow(WRITTEN))


async def until(url: str, question: str) -> None:
    """Waits until a question to a service's database is answered yes, looking again whenever it has moved on."""
    moved = asyncio.Event()
    async with connected(url) as conn, asyncio.timeout(30):
        await conn.add_listener("projected", lambda *_: moved.set())
        while not await conn.fetchval(question):
            moved.clear()
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(moved.wait(), 0.2)  # consumers of others' events do not tell

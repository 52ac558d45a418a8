"""The gateway as its users meet it: a process with its database, spoken to over HTTP."""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from http.cookies import SimpleCookie
from typing import Any

import aiohttp
from yarl import URL

from services.gateway.accounts import import_accounts, issue_token
from services.gateway.identity import COOKIE
from tests.integration.client import DOCUMENT, connected
from tests.servers import Databases
from tests.stack import Stack, running

PASSWORD = "visible-test-password"
UNITS: list[dict[str, Any]] = DOCUMENT["units"]
ACCOUNTS: list[dict[str, Any]] = [
    {"login": "office", "role": "office", "name": "竞赛办"},
    {"login": "leader", "role": "leader", "name": "领导小组"},
    {"login": "inspector", "role": "inspector", "name": "考评员", "unit": "zongdui"},
    {"login": "judge", "role": "judge", "name": "评委", "unit": "zongdui"},
    {"login": "jiangsu", "role": "partner", "name": "江苏", "partner": "jiangsu"},
    *({"login": unit["id"], "role": "unit", "name": unit["name"], "unit": unit["id"]} for unit in UNITS),
]


@dataclass(frozen=True)
class Answer:
    status: int
    headers: Any
    text: str
    cookie: str | None

    @property
    def body(self) -> Any:
        return json.loads(self.text)

    def problem(self, status: int, *words: str) -> None:
        """Asserts problem+json of this status with a Chinese sentence that has these words."""
        assert self.status == status, (self.status, self.text)
        assert self.headers["Content-Type"] == "application/problem+json"
        detail = self.body["detail"]
        assert any("一" <= letter <= "鿿" for letter in detail), detail
        assert all(word in detail for word in words), detail


@dataclass
class Visitor:
    """Somebody with a session (`cookie`), a token, or neither. `site` is what a browser says of where it comes from."""

    http: aiohttp.ClientSession
    url: str
    cookie: str | None = None
    token: str | None = None
    headers: dict[str, str] = field(default_factory=dict)

    async def ask(self, method: str, path: str, data: Any = None, **headers: str) -> Answer:
        """`path` goes out as it is written; a dict as a form where it is one, bytes as they are."""
        sent = {**self.headers, **{name.replace("_", "-"): value for name, value in headers.items()}}
        if self.cookie:
            sent["Cookie"] = f"{COOKIE}={self.cookie}"
        if self.token:
            sent["Authorization"] = f"Bearer {self.token}"
        url = URL(self.url + path, encoded=True)
        async with self.http.request(method, url, data=data, headers=sent, allow_redirects=False) as answer:
            cookie = SimpleCookie(answer.headers.get("Set-Cookie", "")).get(COOKIE)
            raw = await answer.read()
            return Answer(answer.status, answer.headers, raw.decode(errors="replace"), cookie.value if cookie else None)

    async def get(self, path: str, **headers: str) -> Answer:
        return await self.ask("GET", path, **headers)

    async def post(self, path: str, body: Any, **headers: str) -> Answer:
        """JSON."""
        return await self.ask("POST", path, json.dumps(body).encode(), Content_Type="application/json", **headers)

    async def page(self, path: str, form: dict[str, str] | None = None, **headers: str) -> Answer:
        """As a browser asks for a page, or sends a form."""
        return await self.ask("POST" if form is not None else "GET", path, form, Accept="text/html", **headers)

    async def sign_in(self, login: str, password: str = PASSWORD) -> Answer:
        """Keeps the session when there is one."""
        answer = await self.post("/api/v1/session", {"login": login, "password": password})
        self.cookie = answer.cookie or self.cookie
        return answer


@dataclass
class World:
    stack: Stack

    @property
    def database(self) -> str:
        return self.stack.urls["gateway"]

    def visitor(self) -> Visitor:
        return Visitor(self.stack.http, self.stack.gateway)

    async def signed_in(self, login: str) -> Visitor:
        visitor = self.visitor()
        assert (await visitor.sign_in(login)).status == 200
        return visitor

    async def script(self, role: Any, unit: str | None = None, partner: str | None = None) -> Visitor:
        visitor = self.visitor()
        visitor.token = await issue_token(self.database, role, unit, partner)
        return visitor

    async def execute(self, sql: str, *values: Any) -> Any:
        async with connected(self.database) as conn:
            return await conn.fetch(sql, *values)


@asynccontextmanager
async def world(databases: Databases, brokers: str, *only: str) -> AsyncIterator[World]:
    """The platform, of which `only` some processes run beside the gateway; all accounts with the same password."""
    async with running(databases, brokers, only=("gateway", *only)) as stack:
        lines = "\n".join(json.dumps({**account, "password": PASSWORD}) for account in ACCOUNTS)
        await import_accounts(stack.urls["gateway"], lines)
        yield World(stack)

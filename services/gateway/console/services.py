"""The services as the console sees them: their API over HTTP, in the name of whoever is signed in."""

import json
from collections.abc import AsyncIterator
from typing import Any
from urllib.parse import urlencode

import aiohttp

from services.gateway import audit
from services.gateway.identity import Identity
from services.gateway.upstream import Upstream
from shared.kernel.problems import Problem, unavailable

PAGE = 200  # rows that an export asks for at a time


class Services:
    """`get` and `post` answer with the service's JSON. Raise the service's own Problem, or a 503."""

    def __init__(self, upstream: Upstream, pool: Any, who: Identity, address: str) -> None:
        self._upstream, self._pool, self._who, self._address = upstream, pool, who, address

    async def get(self, service: str, path: str, **query: Any) -> dict[str, Any]:
        given = {name: value for name, value in query.items() if value not in (None, "")}
        target = path + ("?" + urlencode(given) if given else "")
        found = await self._ask(service, "GET", target, {})
        if audit.personal(path):
            await audit.record(self._pool, "read_personal_data", self._who.actor, path, self._address)
        return found

    async def every(self, service: str, path: str, **query: Any) -> AsyncIterator[dict[str, Any]]:
        """Every row of a list, page by page."""
        cursor: str | None = None
        while True:
            page = await self.get(service, path, **{**query, "limit": PAGE, "cursor": cursor})
            for row in page["items"]:
                yield row
            cursor = page["next"]
            if cursor is None:
                return

    async def post(
        self, service: str, path: str, body: dict[str, Any], key: str, version: str | None = None
    ) -> dict[str, Any]:
        """A command. `version` is the one that the page showed."""
        headers = {"Idempotency-Key": key, "Content-Type": "application/json"}
        if version:
            headers["If-Match"] = f'"{version}"'
        return await self._ask(service, "POST", path, headers, json.dumps(body).encode())

    async def _ask(
        self, service: str, method: str, target: str, headers: dict[str, str], body: bytes | None = None
    ) -> dict[str, Any]:
        try:
            async with self._upstream.open(service, method, target, self._who.actor, headers, body) as answer:
                text = await answer.read()
                status = answer.status
        except (aiohttp.ClientError, TimeoutError):
            raise unavailable() from None
        try:
            found: dict[str, Any] = json.loads(text) if text else {}
        except ValueError:
            raise unavailable() from None
        if status >= 400:
            raise problem_of(status, found)
        return found


def problem_of(status: int, found: dict[str, Any]) -> Problem:
    """The problem that a service answered with."""
    more = {name: value for name, value in found.items() if name not in ("type", "title", "status", "detail")}
    detail = found.get("detail")
    return Problem(status, detail if isinstance(detail, str) else unavailable().detail, **more)

"""The services as the console sees them: their API over HTTP, in the name of whoever is signed in."""

import json
from collections.abc import AsyncIterator
from typing import Any
from urllib.parse import urlencode

import aiohttp
from starlette.datastructures import UploadFile

from services.gateway import audit
from services.gateway.identity import Identity
from services.gateway.upstream import Upstream
from shared.kernel.problems import Problem, unavailable

PAGE = 200  # rows that an export asks for at a time
PIECE = 64 * 1024  # bytes of a file

Body = bytes | AsyncIterator[bytes] | None


class Services:
    """`get` and `post` answer with the service's JSON. Raise the service's own Problem, or a 503."""

    def __init__(self, upstream: Upstream, pool: Any, who: Identity, address: str) -> None:
        self._upstream, self._pool, self._who, self._address = upstream, pool, who, address

    async def get(self, service: str, path: str, **query: Any) -> dict[str, Any]:
        found = await self._ask(service, "GET", _target(path, query), {})
        await self._was_read(path)
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

    async def put(self, service: str, path: str, body: dict[str, Any]) -> dict[str, Any]:
        """Something that is not an event, stored under its address."""
        headers = {"Content-Type": "application/json"}
        return await self._ask(service, "PUT", path, headers, json.dumps(body).encode())

    async def file(self, service: str, path: str, **query: Any) -> bytes:
        """A document of a few pages that a service makes."""
        content = await self._send(service, "GET", _target(path, query), {})
        await self._was_read(path)
        return content

    async def _was_read(self, path: str) -> None:
        if audit.personal(path):
            await audit.record(self._pool, "read_personal_data", self._who.actor, path, self._address)

    async def upload(self, service: str, path: str, file: UploadFile, key: str = "", **query: Any) -> dict[str, Any]:
        """A file, passed on piece by piece under its own name. With a `key` it is taken once, however often sent."""

        async def pieces() -> AsyncIterator[bytes]:
            while piece := await file.read(PIECE):
                yield piece

        target = _target(path, {**query, "name": file.filename})
        headers = {"Content-Type": "application/octet-stream"}
        if key:
            headers["Idempotency-Key"] = key
        return await self._ask(service, "POST", target, headers, pieces())

    async def _ask(
        self, service: str, method: str, target: str, headers: dict[str, str], body: Body = None
    ) -> dict[str, Any]:
        return _json(await self._send(service, method, target, headers, body))

    async def _send(self, service: str, method: str, target: str, headers: dict[str, str], body: Body = None) -> bytes:
        try:
            async with self._upstream.open(service, method, target, self._who.actor, headers, body) as answer:
                content = await answer.read()
                status = answer.status
        except (aiohttp.ClientError, TimeoutError):
            raise unavailable() from None
        if status >= 400:
            raise problem_of(status, _json(content))
        return content


def _target(path: str, query: dict[str, Any]) -> str:
    given = {name: value for name, value in query.items() if value not in (None, "")}
    return path + ("?" + urlencode(given, doseq=True) if given else "")


def _json(content: bytes) -> dict[str, Any]:
    try:
        found: dict[str, Any] = json.loads(content) if content else {}
    except ValueError:
        raise unavailable() from None
    return found


def problem_of(status: int, found: dict[str, Any]) -> Problem:
    """The problem that a service answered with."""
    more = {name: value for name, value in found.items() if name not in ("type", "title", "status", "detail")}
    detail = found.get("detail")
    return Problem(status, detail if isinstance(detail, str) else unavailable().detail, **more)

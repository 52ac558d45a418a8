"""The way in: limits and headers for every request, and the straight road to the services.

What is proxied never enters the web framework: a lookup of the caller, one hop, and the answer.
"""

import asyncio
import contextlib
import math
import re
from collections.abc import AsyncIterator, Callable, Coroutine, Iterable
from urllib.parse import urlsplit

import aiohttp
import structlog
from fastapi import FastAPI, Response
from sse_starlette.sse import AppStatus
from starlette.types import Message, Receive, Scope, Send

from services.gateway import audit
from services.gateway.identity import Identity
from services.gateway.upstream import Upstream
from shared.kernel.limits import MOST_BODY, most_bytes
from shared.kernel.lost import LOST
from shared.kernel.problems import Problem, too_large, unavailable

log = structlog.get_logger()

AWAY: tuple[type[Exception], ...] = (*LOST, aiohttp.ClientError)  # a service behind, or our own database

SMALL = 64 * 1024  # of an answer that is passed on in one piece

_ROUTES = (
    (re.compile(r"/api/v1/(registration|activity|notification|feeds)/.+"), None),
    (re.compile(r"/api/v1/leaderboards/[^/]+(/[^/]+)?"), "scoring"),
    (re.compile(r"/api/v1/units/[^/]+/points"), "scoring"),
    (re.compile(r"/feeds/.+"), "feeds"),
)
_PASSED_ON = frozenset(("accept", "content-type", "idempotency-key", "if-match", "if-none-match", "last-event-id"))
_KEPT_BACK = frozenset(
    b"connection keep-alive proxy-authenticate proxy-authorization te trailer transfer-encoding upgrade"
    b" date server set-cookie".split()
)
_POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "font-src 'self'",
        "img-src 'self' data:",
        "connect-src 'self'",
        "form-action 'self'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
    )
)
_SECURITY: list[tuple[bytes, bytes]] = [
    (b"content-security-policy", _POLICY.encode()),
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"cross-origin-resource-policy", b"same-origin"),
    (b"permissions-policy", b"camera=(), geolocation=(), microphone=()"),
    (b"referrer-policy", b"same-origin"),
    (b"x-content-type-options", b"nosniff"),
    (b"x-frame-options", b"DENY"),
]
_NO_STORE = (b"cache-control", b"no-store")


def service_of(path: str) -> str | None:
    """The service that a path is passed on to; None for the gateway's own. `/internal` of nobody is."""
    for pattern, service in _ROUTES:
        if found := pattern.fullmatch(path):
            return service or str(found[1])
    return None


def same_origin(headers: dict[str, str]) -> bool:
    """Whether a request that brings a cookie comes from our own pages, as the browser says (no browser: yes)."""
    if site := headers.get("sec-fetch-site"):
        return site in ("same-origin", "none")
    origin = headers.get("origin")
    return origin is None or urlsplit(origin).netloc == headers.get("host")


def headers_of(scope: Scope) -> dict[str, str]:
    """By lower-case name. HTTP/2 may bring cookies one by one."""
    headers: dict[str, str] = {}
    for raw_name, value in scope["headers"]:
        name = raw_name.decode("latin-1")
        before = headers[name] + "; " if name == "cookie" and name in headers else ""
        headers[name] = before + value.decode("latin-1")
    return headers


def address_of(scope: Scope) -> str:
    client = scope.get("client")
    return client[0] if client else ""


class Front:
    """The gateway as an ASGI application around the framework's."""

    def __init__(self, app: FastAPI, explain: Callable[[Scope, Problem], Response]) -> None:
        self._app, self._state, self._explain = app, app.state, explain
        self._feeds: set[asyncio.Task[None]] = set()

    def stop(self) -> None:
        """Ends the answers that would never end by themselves; their readers come again."""
        AppStatus.should_exit = True
        for task in self._feeds:
            task.cancel()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
        elif scope["type"] == "http":
            answer = _Answer(send)
            try:
                await self._http(scope, receive, answer)
            except Problem as problem:
                await self._refuse(problem, scope, receive, answer)
            except AWAY as error:
                log.warning("not available", path=scope["path"], error=repr(error))
                await self._refuse(unavailable(), scope, receive, answer)

    async def _http(self, scope: Scope, receive: Receive, answer: "_Answer") -> None:
        raw, query = scope.get("raw_path") or scope["path"].encode(), scope["query_string"]
        if b"%00" in raw or b"%00" in query or b"\0" in raw:
            raise Problem(422, "地址中含有不可见的控制字符，请删除后重试。")
        path = scope["path"]
        service = service_of(path)
        headers = headers_of(scope)
        most = most_bytes(path)
        if _announced(headers) > most:
            raise too_large(most)
        if service is None:
            await self._app(scope, receive, answer)
            return
        if "//" in path or "/.." in path or "/." in path or "\\" in path or b"%2f" in raw.lower():
            raise Problem(404, "没有这个地址，请核对后重试。")
        who = await self._state.identities.of(headers)
        if who.kind == "session" and scope["method"] not in ("GET", "HEAD") and not same_origin(headers):
            raise Problem(403, "请求来自其他网站，未予办理；请在本系统的页面中操作。")
        target = raw.decode("latin-1") + ("?" + query.decode("latin-1") if query else "")
        hop = self._pass_on(service, target, who, headers, scope, receive, answer)
        await (self._while_wanted(hop, receive, answer) if path.startswith("/feeds/") else hop)

    async def _refuse(self, problem: Problem, scope: Scope, receive: Receive, answer: "_Answer") -> None:
        """Too late once an answer has begun: then the connection is cut, so that nobody takes it for whole."""
        if answer.begun:
            raise problem
        await self._explain(scope, problem)(scope, receive, answer)

    async def _pass_on(
        self,
        service: str,
        target: str,
        who: Identity,
        headers: dict[str, str],
        scope: Scope,
        receive: Receive,
        answer: "_Answer",
    ) -> None:
        method = scope["method"]
        body = _Body(receive, most_bytes(scope["path"]))
        passed = {name: value for name, value in headers.items() if name in _PASSED_ON}
        feed = scope["path"].startswith("/feeds/")
        upstream: Upstream = self._state.upstream
        sent = None if method in ("GET", "HEAD") else await body.sent()
        hop = upstream.open(service, method, target, who.actor, passed, sent, long_poll=feed)
        async with body.blamed(), hop as response:
            kind = response.content_type
            if response.status >= 500 and kind != "application/problem+json":
                raise unavailable()
            if response.status == 200 and method == "GET" and audit.personal(scope["path"]):
                await audit.record(self._state.pool, "read_personal_data", who.actor, scope["path"], address_of(scope))
            await answer.start(response.status, _kept(response.raw_headers))
            if response.content_length is not None and response.content_length <= SMALL:
                await answer.end(await response.read())
            else:
                await answer.stream(response)

    async def _while_wanted(self, hop: Coroutine[None, None, None], receive: Receive, answer: "_Answer") -> None:
        """A long wait that ends when its reader goes away, or we do."""
        task = asyncio.create_task(hop)
        reader = asyncio.create_task(_gone(receive))
        self._feeds.add(task)
        try:
            await asyncio.wait((task, reader), return_when=asyncio.FIRST_COMPLETED)
            if not task.cancelled() and task.done():
                task.result()
            elif not answer.begun:
                raise unavailable()
            else:
                await answer.end(b"")
        finally:
            self._feeds.discard(task)
            task.cancel()
            reader.cancel()


class _Answer:
    """`send` that adds the security headers, and knows whether an answer has begun."""

    def __init__(self, send: Send) -> None:
        self._send, self.begun = send, False

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            await self.start(message["status"], message.get("headers", ()))
        else:
            await self._send(message)

    async def start(self, status: int, headers: Iterable[tuple[bytes, bytes]]) -> None:
        self.begun = True
        all_headers = [*headers, *_SECURITY]
        if not any(name.lower() == b"cache-control" for name, _ in all_headers):
            all_headers.append(_NO_STORE)
        await self._send({"type": "http.response.start", "status": status, "headers": all_headers})

    async def end(self, body: bytes) -> None:
        await self._send({"type": "http.response.body", "body": body})

    async def stream(self, response: aiohttp.ClientResponse) -> None:
        async for chunk in response.content.iter_any():
            await self._send({"type": "http.response.body", "body": chunk, "more_body": True})
        await self.end(b"")


def _kept(headers: Iterable[tuple[bytes, bytes]]) -> list[tuple[bytes, bytes]]:
    return [(name, value) for name, value in headers if name.lower() not in _KEPT_BACK]


def _announced(headers: dict[str, str]) -> float:
    length = headers.get("content-length", "0")
    return int(length) if length.isascii() and length.isdigit() else math.inf


class _Body:
    """A request's body on its way to a service: in one piece where that is small, otherwise as it comes.

    `refused` is what was wrong with it, once a piece was not passed on.
    """

    def __init__(self, receive: Receive, most: int) -> None:
        self._receive, self._most = receive, most
        self.refused: Problem | None = None

    async def sent(self) -> bytes | AsyncIterator[bytes]:
        """Raises the problem itself where the body is in one piece."""
        return self._pieces() if self._most > MOST_BODY else b"".join([piece async for piece in self._pieces()])

    @contextlib.asynccontextmanager
    async def blamed(self) -> AsyncIterator[None]:
        """What the client library makes of a body that was refused under way is the refusal again."""
        try:
            yield
        except aiohttp.ClientError:
            raise self.refused or unavailable() from None

    async def _pieces(self) -> AsyncIterator[bytes]:
        size, more = 0, True
        while more:
            message = await self._receive()
            piece = message.get("body", b"")
            size += len(piece)
            if message["type"] == "http.disconnect":
                self.refused = Problem(400, "请求在传输中断开，请重试。")
            elif size > self._most:
                self.refused = too_large(self._most)
            if self.refused:
                raise self.refused
            if piece:
                yield piece
            more = message.get("more_body", False)


async def _gone(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass

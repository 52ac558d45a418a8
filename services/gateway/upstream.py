"""The services behind the gateway, reached over HTTP with the caller's identity vouched for."""

from collections.abc import AsyncIterator, Mapping
from contextlib import AbstractAsyncContextManager
from typing import Any

import aiohttp
from yarl import URL

from shared.kernel.messages import Actor
from shared.kernel.settings import Settings
from shared.kernel.tokens import mint

CONNECT_SECONDS = 3
READ_SECONDS = 20  # between bytes; nothing a person waits for takes longer
LONG_POLL_SECONDS = 75  # of a feed, whose answer may be a minute's wait
AT_ONCE = 512


def new_session() -> aiohttp.ClientSession:
    """The pool of connections to the services. Nothing is decoded, stored or followed on the way."""
    return aiohttp.ClientSession(
        connector=aiohttp.TCPConnector(limit=AT_ONCE, keepalive_timeout=30),
        cookie_jar=aiohttp.DummyCookieJar(),
        auto_decompress=False,
        skip_auto_headers=("User-Agent", "Accept-Encoding", "Accept", "Content-Type"),
        timeout=aiohttp.ClientTimeout(total=None, sock_connect=CONNECT_SECONDS, sock_read=READ_SECONDS),
    )


_LONG_POLL = aiohttp.ClientTimeout(total=None, sock_connect=CONNECT_SECONDS, sock_read=LONG_POLL_SECONDS)


class Upstream:
    """`open(...)` is one request to a service."""

    def __init__(self, http: aiohttp.ClientSession, settings: Settings) -> None:
        self._http, self._key = http, settings.internal_key
        self.urls = {
            "registration": settings.registration_url,
            "activity": settings.activity_url,
            "scoring": settings.scoring_url,
            "notification": settings.notification_url,
            "feeds": settings.feeds_url,
        }
        self._bases = {name: url.rstrip("/") for name, url in self.urls.items()}

    def open(
        self,
        service: str,
        method: str,
        target: str,
        actor: Actor,
        headers: Mapping[str, str],
        body: bytes | AsyncIterator[bytes] | None = None,
        *,
        long_poll: bool = False,
    ) -> AbstractAsyncContextManager[aiohttp.ClientResponse]:
        """`target` is path and query, encoded. Raises aiohttp.ClientError or TimeoutError when entered."""
        more: dict[str, Any] = {"timeout": _LONG_POLL} if long_poll else {}
        return self._http.request(
            method,
            URL(self._bases[service] + target, encoded=True),
            data=body,
            headers={**headers, "Authorization": f"Bearer {mint(self._key, actor)}"},
            allow_redirects=False,
            **more,
        )

"""The owners' logs, read over HTTP as they are stored."""

from collections.abc import AsyncIterator, Callable

import aiohttp

from shared.kernel.tokens import service_token

PAGE = 5000  # events


class ShortLog(Exception):
    """A log ends before a position that it had reached: it was restored from a backup."""


class Logs:
    def __init__(self, http: aiohttp.ClientSession, url: Callable[[str], str], key: str) -> None:
        self._http, self._url, self._key = http, url, key

    async def lines(self, topic: str, partition: int, after: int, upto: int) -> AsyncIterator[list[bytes]]:
        """Events of a partition with `after` < pseq ≤ `upto`, a page at a time, as JSON lines with their digests.

        Raises ShortLog, and aiohttp's errors when the owner does not answer.
        """
        while after < upto:
            where: dict[str, str | int] = {
                "topic": topic,
                "partition": partition,
                "after": after,
                "upto": upto,
                "limit": PAGE,
            }
            headers = {"Authorization": f"Bearer {service_token(self._key, 'scoring')}"}
            url = f"{self._url(topic)}/internal/log"
            async with self._http.get(url, params=where, headers=headers) as answer:
                answer.raise_for_status()
                body = await answer.read()
                lines = body.split(b"\n") if body else []
            if not lines:
                raise ShortLog(f"{topic}/{partition} after {after}")
            yield lines
            after += len(lines)

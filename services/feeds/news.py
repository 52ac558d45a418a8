"""Wakes whoever waits for a feed: something was added, or an agreement changed."""

import asyncio
from typing import Any

import asyncpg

from services.feeds.entries import CHANNEL

ALIVE = 10.0  # seconds between two checks that the connection still listens


class News:
    """`next` is set once, at the first news after it was taken; take it before looking, then wait for it."""

    def __init__(self, dsn: str) -> None:
        self._dsn = dsn
        self.next = asyncio.Event()
        self.over = False

    def end(self) -> None:
        """The process is about to stop: nobody waits any longer."""
        self.over = True
        self._tell()

    def _tell(self, *_: Any) -> None:
        self.next.set()
        self.next = asyncio.Event()

    async def run(self) -> None:
        """Listens until the connection breaks; the caller starts it again, and everybody looks anew."""
        conn = await asyncpg.connect(self._dsn)
        try:
            await conn.add_listener(CHANNEL, self._tell)
            await conn.add_listener("log", self._tell)
            self._tell()
            while True:
                await asyncio.sleep(ALIVE)
                await conn.execute("select 1")
        finally:
            conn.terminate()

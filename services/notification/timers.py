"""Gives reminders when they are due by the rules' clock."""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

import asyncpg

from services.notification import queue
from shared.kernel import cursors
from shared.kernel.bus import Owners
from shared.kernel.clock import Clock

LOOK = 60.0  # seconds at most between two looks at the real clock, which somebody may set
TICK = 0.2  # seconds between two looks at a demo's clock, which moves in leaps and tells nobody
WAIT = 1.0  # seconds at most between two looks at the cursors while events are on their way


class UpToDate:
    """Whether everything that registration had recorded has arrived here."""

    def __init__(self, pool: Any, owners: Owners, consumer: str, topic: str) -> None:
        self._pool, self._owners, self._consumer, self._topic = pool, owners, consumer, topic

    async def __call__(self, news: asyncio.Event) -> None:
        """Returns once what is done by now is known, so that nobody is reminded of it (NOT-1).

        `news` is set when events have been applied. Raises aiohttp's errors when registration does not answer:
        the reminder waits then, and is not lost.
        """
        heads = await self._owners.heads(self._topic)
        news.clear()
        while not await self._reached(heads):
            await _wait(news, WAIT)
            news.clear()

    async def _reached(self, heads: Mapping[int, int]) -> bool:
        here = await cursors.load(self._pool, self._consumer)
        return all(
            (self._topic, partition) in here and here[(self._topic, partition)].pseq >= head
            for partition, head in heads.items()
            if head
        )


class Timers:
    """Several instances may run: each unit's reminders are given by whichever locks it first."""

    def __init__(
        self, dsn: str, clock: Clock, up_to_date: Callable[[asyncio.Event], Awaitable[None]], demo: bool
    ) -> None:
        self._dsn, self._clock, self._up_to_date, self._demo = dsn, clock, up_to_date, demo

    async def run(self) -> None:
        conn = await asyncpg.connect(self._dsn)
        wake = asyncio.Event()
        try:
            await conn.add_listener(queue.CHANNEL, lambda *_: wake.set())
            while True:
                wake.clear()
                await self._give(conn, wake)
                await _wait(wake, await self._pause(conn))
        finally:
            conn.terminate()

    async def _give(self, conn: Any, news: asyncio.Event) -> None:
        """Gives all that is due by now."""
        if not await queue.due(conn, await self._clock.now()):
            return
        await self._up_to_date(news)
        now = await self._clock.now()
        while await queue.give(conn, now):
            continue

    async def _pause(self, conn: Any) -> float:
        if self._demo:
            return TICK
        now = await self._clock.now()
        at = await queue.next_due(conn, now)
        return LOOK if at is None else min((at - now).total_seconds(), LOOK)


async def _wait(event: asyncio.Event, seconds: float) -> None:
    """Waits for an event, so many seconds at most."""
    with contextlib.suppress(TimeoutError):
        await asyncio.wait_for(event.wait(), seconds)

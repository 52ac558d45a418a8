"""What time it is for the rules. Sessions, tokens and retries use the machine's time instead."""

from datetime import datetime
from typing import Any, Protocol

from shared.kernel.messages import SHANGHAI


class Clock(Protocol):
    async def now(self) -> datetime: ...


class RealClock:
    async def now(self) -> datetime:
        return datetime.now(SHANGHAI)


class ScenarioClock:
    """A demo's one clock, kept in a database of its own that every process reads; only the player moves it."""

    def __init__(self, pool: Any) -> None:
        self._pool = pool

    async def now(self) -> datetime:
        now: datetime = await self._pool.fetchval("select now from clock")
        return now.astimezone(SHANGHAI)

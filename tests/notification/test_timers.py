"""When reminders are given: woken by time and by news, and not before what is done by now is known."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import asyncpg
import pytest

from services.notification.timers import Timers, UpToDate
from shared.kernel import cursors
from shared.kernel.bus import Owners
from shared.kernel.sequence import Cursor
from tests.notification.given import COMPLETED, OPENED, OPENED_SEASON
from tests.notification.test_queue import happen
from tests.servers import Databases
from tests.spec import at

CONSUMER, TOPIC = "notification", "ligong.registration"


@dataclass
class Running:
    """A clock that starts at a moment and runs."""

    start: datetime
    began: float = field(default_factory=lambda: asyncio.get_running_loop().time())

    async def now(self) -> datetime:
        return self.start + timedelta(seconds=asyncio.get_running_loop().time() - self.began)


class Heads(Owners):
    """Stands for registration: how far its log has come."""

    def __init__(self, heads: Mapping[int, int]) -> None:
        self._heads = dict(heads)

    async def heads(self, topic: str) -> dict[int, int]:
        return self._heads


@dataclass
class World:
    dsn: str
    pool: Any

    @asynccontextmanager
    async def timers(self, clock: Running, heads: Mapping[int, int] | None = None) -> AsyncIterator[None]:
        up_to_date = UpToDate(self.pool, Heads(heads or {}), CONSUMER, TOPIC)
        task = asyncio.create_task(Timers(self.dsn, clock, up_to_date, demo=False).run())
        try:
            yield
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

    async def messages(self) -> int:
        count: int = await self.pool.fetchval("select count(*) from message")
        return count

    async def told(self) -> None:
        async with asyncio.timeout(10):
            while not await self.messages():
                await asyncio.sleep(0.02)


@pytest.fixture
async def world(databases: Databases) -> AsyncIterator[World]:
    dsn = await databases.new("notification")
    pool = await asyncpg.create_pool(dsn, min_size=1, max_size=4)
    yield World(dsn, pool)
    pool.terminate()


async def test_a_reminder_is_given_when_its_time_comes(world: World) -> None:
    """NOT-1: by the clock, without anybody asking."""
    await happen(world.pool, OPENED_SEASON, OPENED)
    async with world.timers(Running(at("06-07 09:00") - timedelta(seconds=1))):
        await asyncio.sleep(0.3)
        assert await world.messages() == 0
        await world.told()


async def test_one_that_is_planned_late_is_given_at_once(world: World) -> None:
    async with world.timers(Running(at("06-07 10:00"))):
        await asyncio.sleep(0.3)
        await happen(world.pool, OPENED_SEASON, OPENED)
        await world.told()


async def test_none_is_given_while_events_are_on_their_way(world: World) -> None:
    """NOT-1: none once the thing is done, also where that is known only when the reminder is due."""
    await happen(world.pool, OPENED_SEASON, OPENED)
    async with world.timers(Running(at("06-07 09:00")), heads={3: 1}):
        await asyncio.sleep(0.3)
        assert await world.messages() == 0
        await happen(world.pool, COMPLETED)
        async with world.pool.acquire() as conn:
            await cursors.move(conn, CONSUMER, TOPIC, 3, Cursor(), Cursor(1, UUID(int=1)))
        await asyncio.sleep(1.5)
        assert await world.messages() == 0


async def test_once_they_have_arrived_it_is_given(world: World) -> None:
    await happen(world.pool, OPENED_SEASON, OPENED)
    async with world.timers(Running(at("06-07 09:00")), heads={3: 1}):
        await asyncio.sleep(0.3)
        assert await world.messages() == 0
        async with world.pool.acquire() as conn:
            await cursors.move(conn, CONSUMER, TOPIC, 3, Cursor(), Cursor(1, UUID(int=1)))
        await world.told()

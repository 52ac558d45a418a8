"""The owners and scoring on real engines, for tests: events are recorded in the owners' logs without asking rules."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

import asyncpg

from shared.kernel import store
from shared.kernel.messages import Actor
from shared.kernel.tokens import mint
from tests.processes import SECRET
from tests.scoring import year
from tests.servers import Databases
from tests.stack import Stack, running

OFFICE = Actor("office", "office")
PARTS = ("registration", "activity", "scoring", "scoring_worker")
TOPICS = ["ligong.registration", "ligong.activity", "ligong.inspection"]


@dataclass
class World:
    """Owners and scoring as processes, and pools on their databases."""

    stack: Stack
    brokers: str
    registration: Any
    activity: Any
    scoring: Any
    versions: dict[str, int] = field(default_factory=dict)

    async def record(self, *entries: year.Entry) -> None:
        for n in range(0, len(entries), 100):
            for pool, own in self._by_owner(entries[n : n + 100]):
                async with pool.acquire() as conn:
                    verdicts = await store.append(conn, own)
                assert {verdict.word for verdict in verdicts} == {"ok"}

    def _by_owner(self, entries: Sequence[year.Entry]) -> list[tuple[Any, list[store.Proposal]]]:
        owners: dict[Any, list[store.Proposal]] = {}
        for stream, event in entries:
            version = self.versions[stream] = self.versions.get(stream, 0) + 1
            new = store.NewEvent(uuid4(), stream, version, event.topic, event.type(), event.model_dump_json())
            pool = self.registration if event.topic == "ligong.registration" else self.activity
            proposal = store.Proposal(uuid4(), b"", "office", year.SPRING, [new])
            owners.setdefault(pool, []).append(proposal)
        return list(owners.items())

    async def get(self, path: str, who: Actor = OFFICE) -> tuple[int, Any]:
        headers = {"Authorization": f"Bearer {mint(SECRET, who)}"}
        async with self.stack.http.get(f"{self.stack.processes['scoring'].url}{path}", headers=headers) as answer:
            return answer.status, await answer.json(content_type=None)

    async def board(self, board: str = "overall") -> Any:
        status, found = await self.get(f"/api/v1/leaderboards/2021/{board}")
        assert status == 200, found
        return found

    async def points(self, unit: str) -> int:
        rows = (await self.board())["rows"]
        return next(int(row["points"]) for row in rows if row["unit"] == unit)

    async def verify(self) -> Any:
        headers = {"Authorization": f"Bearer {mint(SECRET, Actor('test', 'service'))}"}
        async with self.stack.http.post(
            f"{self.stack.processes['scoring'].url}/internal/verify", headers=headers
        ) as answer:
            assert answer.status == 200, await answer.text()
            return await answer.json()

    async def agrees(self) -> bool:
        """Whether all three agree before long: what was altered is made anew in the background."""
        with suppress(TimeoutError):
            async with asyncio.timeout(20):
                while not (await self.verify())["agree"]:
                    await asyncio.sleep(0.2)
                return True
        return False

    async def behind(self) -> int:
        """Events that the owners have recorded and scoring has not."""
        heads = 0
        for pool in (self.registration, self.activity):
            heads += await pool.fetchval(
                "select coalesce(sum(pseq), 0) from log_partition where topic = any($1)", TOPICS
            )
        cursors = await self.scoring.fetchval("select coalesce(sum(pseq), 0) from cursor where consumer = 'scoring'")
        return int(heads - cursors)


@asynccontextmanager
async def world_on(databases: Databases, brokers: str) -> AsyncIterator[World]:
    async with running(databases, brokers, only=PARTS) as stack:
        await stack.clock.execute("update clock set now = '2021-03-20T09:00:00+08:00'")
        pools = [
            await asyncpg.create_pool(stack.urls[name], min_size=1, max_size=4)
            for name in ("registration", "activity", "scoring")
        ]
        try:
            world = World(stack, brokers, *pools)
            await world.record(year.OPENED)
            await stack.settled()
            yield world
        finally:
            for pool in pools:
                pool.terminate()

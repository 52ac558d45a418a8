"""Compares the cursors with the owners' heads: a lost last message is seen by nobody else (guarantee 3)."""

import asyncio
from collections.abc import Callable, Mapping
from typing import Any, NoReturn

import aiohttp
import structlog
from prometheus_client import Gauge

from services.scoring.intake import TOPICS, Intake, Partition
from shared.kernel.bus import Owners
from shared.kernel.sequence import Cursor

log = structlog.get_logger()

CHECK = 2.0  # seconds between looks
AGAIN = 10.0  # seconds between two requests to send something again
PATIENCE = 30.0  # seconds that a partition may stand still behind its owner's head

LAG = Gauge("ligong_scoring_lag", "Events that the owners have recorded and that are not yet facts")
FORKED = Gauge("ligong_scoring_forked", "Partitions whose owner's log is not the one that was consumed")

GiveUp = Callable[[str], NoReturn]


class Watchdog:
    """`position` gives, of a partition that is ours, the offset reached and the end that Kafka last told of."""

    def __init__(
        self,
        intake: Intake,
        owners: Owners,
        position: Callable[[], Mapping[Partition, tuple[int, int | None]]],
        give_up: GiveUp,
    ) -> None:
        self._intake, self._owners, self._position, self._give_up = intake, owners, position, give_up
        self._seen: dict[Partition, tuple[Cursor, float]] = {}  # since when a cursor stands where it stands
        self._asked: dict[Partition, float] = {}

    async def run(self) -> None:
        while True:
            await asyncio.sleep(CHECK)
            ours = self._position()
            for part, (reached, end) in ours.items():
                if end is not None and end < reached:
                    self._give_up(f"Kafka has lost records of {part[0]}/{part[1]}")
            behind = 0
            for topic in TOPICS:
                behind += await self._look(topic, ours)
            LAG.set(behind)
            FORKED.set(len(self._intake.forks))

    async def _look(self, topic: str, ours: Mapping[Partition, tuple[int, int | None]]) -> int:
        """How many events of the topic are missing in our partitions, having done something about it."""
        try:
            heads = await self._owners.heads(topic)
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            log.info("owner not reachable", topic=topic, error=repr(error))
            return 0
        behind = 0
        for partition, head in heads.items():
            part = (topic, partition)
            cursor = self._intake.cursors.get(part, Cursor())
            if part not in ours or cursor.pseq >= head:
                self._seen.pop(part, None)
                continue
            behind += head - cursor.pseq
            await self._missing(part, cursor, ours[part])
        return behind

    async def _missing(self, part: Partition, cursor: Cursor, position: tuple[int, Any]) -> None:
        """Asks the owner to send again what Kafka does not have; gives up when that does not help.

        What another log has to say about a forked partition is of no use: a person must decide.
        """
        if part in self._intake.forks:
            return
        now = asyncio.get_running_loop().time()
        before, since = self._seen.get(part, (None, now))
        if before != cursor:
            self._seen[part] = (cursor, now)
            return
        if now - since > PATIENCE:
            self._give_up(f"{part[0]}/{part[1]} stands still at {cursor.pseq}")
        reached, end = position
        if end is not None and reached >= end and now - self._asked.get(part, -AGAIN) >= AGAIN:
            self._asked[part] = now
            log.warning("events missing", topic=part[0], partition=part[1], after=cursor.pseq)
            await self._owners.republish(*part, cursor.pseq)

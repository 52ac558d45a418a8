"""What the watchdog does about a partition that stands still behind its owner's head."""

import asyncio
from typing import Any, NoReturn

import pytest

from services.scoring import watchdog
from services.scoring.intake import TOPICS, Intake
from services.scoring.watchdog import Watchdog
from shared.contracts import catalogue
from shared.kernel.sequence import Cursor

PART = (TOPICS[1], 3)


class Owner:
    """An owner ten events ahead of us, that counts how it is asked."""

    def __init__(self) -> None:
        self.looks, self.asked = asyncio.Semaphore(0), list[tuple[str, int, int]]()

    async def heads(self, topic: str) -> dict[int, int]:
        if topic != PART[0]:
            return {}
        self.looks.release()
        return {PART[1]: 17}

    async def republish(self, topic: str, partition: int, pseq: int) -> None:
        self.asked.append((topic, partition, pseq))


def gives_up(reason: str) -> NoReturn:
    raise AssertionError(reason)


async def looked(monkeypatch: pytest.MonkeyPatch, intake: Intake) -> list[tuple[str, int, int]]:
    """What was asked for after a few looks at a partition of which Kafka has no more to give."""
    monkeypatch.setattr(watchdog, "CHECK", 0.001)
    owner: Any = Owner()
    intake.cursors[PART] = Cursor(pseq=7)
    running = asyncio.create_task(Watchdog(intake, owner, lambda: {PART: (7, 7)}, gives_up).run())
    for _ in range(5):
        await owner.looks.acquire()
    running.cancel()
    found: list[tuple[str, int, int]] = owner.asked
    return found


async def test_what_kafka_does_not_have_is_asked_for_once(monkeypatch: pytest.MonkeyPatch) -> None:
    assert await looked(monkeypatch, Intake(None, catalogue.read)) == [(*PART, 7)]


async def test_of_a_fork_nothing_more_is_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    intake = Intake(None, catalogue.read)
    intake.forks.add(PART)
    assert await looked(monkeypatch, intake) == []

"""The boards as Kafka carries them: followed once for each topic, handed to every viewer."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal, Self

import msgspec
import structlog

from shared.kernel.messages import Actor, Role

log = structlog.get_logger()

Audience = Literal["office", "participants"]
TOPICS: dict[Audience, str] = {"office": "ligong.board.office", "participants": "ligong.board.participants"}
_AUDIENCES: dict[Role, Audience] = {
    "office": "office",
    "leader": "office",
    "unit": "participants",
    "inspector": "participants",
    "judge": "participants",
}


def audience_of(actor: Actor) -> Audience | None:
    """Which view of the boards a role has (SCO-6); ranks are for participants, so a partner has none (AWD-7)."""
    return _AUDIENCES.get(actor.role)


@dataclass(frozen=True)
class Board:
    """One state of a board. `baseline` are the ranks that movement is counted from."""

    revision: int
    raw: bytes
    day: str  # of its data, in Shanghai: `2021-06-12`
    ranks: Mapping[str, int]
    baseline: Mapping[str, int]

    @classmethod
    def of(cls, raw: bytes, before: Self | None = None) -> Self:
        """The state that follows `before`: movement is counted from the last ranks of an earlier day.

        Of the first state that is seen nothing earlier is known, so movement is counted from its own ranks.
        """
        head = msgspec.json.decode(raw, type=_Head)
        day, ranks = head.updated[:10], {row.unit: row.rank for row in head.rows}
        if before is None:
            baseline: Mapping[str, int] = ranks
        else:
            baseline = before.ranks if before.day < day else before.baseline
        return cls(head.revision, raw, day, ranks, baseline)

    @cached_property
    def data(self) -> dict[str, Any]:
        data: dict[str, Any] = msgspec.json.decode(self.raw)
        return data

    @property
    def moved(self) -> dict[str, int]:
        """By how many places each unit has risen (negative: fallen)."""
        return {unit: self.baseline.get(unit, rank) - rank for unit, rank in self.ranks.items()}


class _Row(msgspec.Struct):
    unit: str
    rank: int


class _Head(msgspec.Struct):
    revision: int
    updated: str
    rows: list[_Row]


class Hub:
    """The newest state of every board of one topic. A viewer that cannot keep up misses states, never the newest."""

    def __init__(self, follow: Callable[[], AsyncIterator[tuple[str, bytes]]]) -> None:
        self._follow = follow
        self._boards: dict[str, Board] = {}
        self._waiting: dict[str, asyncio.Future[None]] = {}

    async def run(self) -> None:
        """Follows the topic until it breaks; the caller starts it again."""
        async for key, value in self._follow():
            try:
                self._take(key, value)
            except msgspec.DecodeError as error:  # a ValidationError is one
                log.warning("unreadable board", key=key, error=repr(error))

    def _take(self, key: str, value: bytes) -> None:
        before = self._boards.get(key)
        board = Board.of(value, before)
        if before is None or board.revision > before.revision:  # following again begins at the beginning
            self._boards[key] = board
            if waiting := self._waiting.pop(key, None):
                waiting.set_result(None)

    def newest(self, key: str) -> Board | None:
        return self._boards.get(key)

    async def changed(self, key: str, seen: int | None, patience: float) -> Board | None:
        """The newest state once its revision is another than `seen`; None when patience (seconds) ends first."""
        board = self._boards.get(key)
        if board is not None and board.revision != seen:
            return board
        waiting = self._waiting.get(key)
        if waiting is None:
            waiting = self._waiting[key] = asyncio.get_running_loop().create_future()
        await asyncio.wait((waiting,), timeout=patience)
        return self._boards[key] if waiting.done() else None


async def states(
    hub: Hub, key: str, seen: int | None, welcome: Callable[[], Awaitable[bool]], patience: float
) -> AsyncIterator[Board]:
    """Every state that the viewer can keep up with, from the newest one on; ends when no longer welcome.

    The credential is looked up before each state is handed out and at least every `patience` seconds.
    """
    while True:
        board = await hub.changed(key, seen, patience)
        if not await welcome():
            return
        if board is not None and (newest := hub.newest(key)):
            seen = newest.revision
            yield newest

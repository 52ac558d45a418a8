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
    """One state of a board. `moved` is by how many places each unit rose at the last change of ranks."""

    revision: int
    raw: bytes
    moved: Mapping[str, int]

    @cached_property
    def data(self) -> dict[str, Any]:
        data: dict[str, Any] = msgspec.json.decode(self.raw)
        return data

    @classmethod
    def of(cls, data: dict[str, Any]) -> Self:
        """A board by itself, of whose past nothing is known."""
        return cls(data["revision"], msgspec.json.encode(data), {})

    @cached_property
    def ranks(self) -> dict[str, int]:
        return {row["unit"]: row["rank"] for row in self.data["rows"]}


class _Head(msgspec.Struct):
    revision: int


def after(before: Board | None, raw: bytes) -> Board:
    """The state that follows `before`. While ranks stay as they are, so does what is shown of their last change."""
    board = Board(msgspec.json.decode(raw, type=_Head).revision, raw, before.moved if before else {})
    if before is None or before.ranks == board.ranks:
        return board
    moved = {unit: before.ranks[unit] - rank for unit, rank in board.ranks.items() if unit in before.ranks}
    return Board(board.revision, raw, moved)


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
            except (msgspec.DecodeError, KeyError, TypeError) as error:
                log.warning("unreadable board", key=key, error=repr(error))

    def _take(self, key: str, value: bytes) -> None:
        before = self._boards.get(key)
        board = after(before, value)
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

"""What viewers of a board are given, whatever order and pace it comes in."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import msgspec
import pytest

from services.gateway.boards import Board, Hub, audience_of, states
from shared.kernel.messages import Actor, Role

KEY = "2021/overall"


def raw(revision: int, *units: str, day: int = 1) -> bytes:
    """A board of a day of June on which these units have ranks 1, 2, 3 …"""
    rows = [{"rank": rank, "unit": unit, "points": 100} for rank, unit in enumerate(units, start=1)]
    return msgspec.json.encode({"revision": revision, "updated": f"2021-06-{day:02d}T10:00:00+08:00", "rows": rows})


class Topic:
    """Records as a follower gets them; `None` breaks the following."""

    def __init__(self) -> None:
        self._records: asyncio.Queue[bytes] = asyncio.Queue()

    def publish(self, *values: bytes) -> None:
        for value in values:
            self._records.put_nowait(value)

    async def follow(self) -> AsyncIterator[tuple[str, bytes]]:
        while True:
            yield KEY, await self._records.get()


async def always() -> bool:
    return True


class Watching:
    """A hub that follows a topic, and one viewer of it."""

    def __init__(self) -> None:
        self.topic = Topic()
        self.hub = Hub(self.topic.follow)

    async def __aenter__(self) -> "Watching":
        self._task = asyncio.create_task(self.hub.run())
        return self

    async def __aexit__(self, *_: Any) -> None:
        self._task.cancel()

    async def until(self, revision: int) -> Board:
        async with asyncio.timeout(5):
            while (board := self.hub.newest(KEY)) is None or board.revision < revision:
                await asyncio.sleep(0)
        return board


async def test_a_viewer_gets_the_newest_state_and_then_each_change() -> None:
    async with Watching() as here:
        here.topic.publish(raw(1, "a", "b"))
        viewer = states(here.hub, KEY, None, always, 1)
        assert (await anext(viewer)).revision == 1
        waiting = asyncio.ensure_future(anext(viewer))
        await asyncio.sleep(0)
        here.topic.publish(raw(2, "b", "a"))
        assert (await waiting).revision == 2


async def test_a_slow_viewer_misses_states_but_never_the_newest() -> None:
    async with Watching() as here:
        viewer = states(here.hub, KEY, None, always, 1)
        here.topic.publish(*(raw(revision, "a") for revision in range(1, 1001)))
        await here.until(1000)
        assert (await anext(viewer)).revision == 1000


async def test_a_viewer_that_comes_back_gets_only_what_is_newer() -> None:
    async with Watching() as here:
        here.topic.publish(raw(7, "a"))
        await here.until(7)
        assert (await anext(states(here.hub, KEY, 6, always, 1))).revision == 7
        nothing_new = asyncio.ensure_future(anext(states(here.hub, KEY, 7, always, 1)))
        await asyncio.sleep(0)
        here.topic.publish(raw(8, "a"))
        assert (await nothing_new).revision == 8


async def test_older_states_that_come_again_are_not_shown() -> None:
    async with Watching() as here:
        here.topic.publish(raw(5, "a", "b"), raw(3, "b", "a"), raw(4, "b", "a"), b"nonsense", raw(6, "a", "b"))
        assert (await here.until(6)).moved == {"a": 0, "b": 0}


async def test_nothing_is_shown_to_somebody_who_is_no_longer_welcome() -> None:
    welcome = True

    async def asked() -> bool:
        return welcome

    async with Watching() as here:
        here.topic.publish(raw(1, "a"))
        viewer = states(here.hub, KEY, None, asked, 0.05)
        await anext(viewer)
        welcome = False
        here.topic.publish(raw(2, "a"))
        with pytest.raises(StopAsyncIteration):
            await anext(viewer)
        silent = states(here.hub, KEY, 2, asked, 0.05)
        with pytest.raises(StopAsyncIteration):  # also when nothing happens
            await anext(silent)


async def test_movement_is_by_places_since_the_last_ranks_of_an_earlier_day() -> None:
    async with Watching() as here:
        here.topic.publish(raw(1, "a", "b", "c", day=1), raw(2, "b", "a", "c", day=1))
        assert (await here.until(2)).moved == {"b": 1, "a": -1, "c": 0}  # all that is known of that day
        here.topic.publish(raw(3, "c", "b", "a", day=2))
        assert (await here.until(3)).moved == {"c": 2, "b": -1, "a": -1}
        here.topic.publish(raw(4, "c", "a", "b", "new", day=2))  # the same day: from the same ranks
        assert (await here.until(4)).moved == {"c": 2, "a": 0, "b": -2, "new": 0}
        here.topic.publish(raw(5, "c", "a", "b", "new", day=4))
        assert (await here.until(5)).moved == {"c": 0, "a": 0, "b": 0, "new": 0}


@pytest.mark.parametrize(
    ("role", "audience"),
    [
        ("office", "office"),
        ("leader", "office"),
        ("unit", "participants"),
        ("inspector", "participants"),
        ("judge", "participants"),
        ("partner", None),
        ("service", None),
    ],
)
def test_each_role_sees_its_own_view_of_the_boards(role: Role, audience: str | None) -> None:
    assert audience_of(Actor("somebody", role)) == audience

"""FED-2, FED-3 in the database: a feed never skips, never reorders, and resumes from any event it delivered."""

import asyncio
import itertools
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from services.feeds import entries
from services.feeds.entries import Entry, Filling
from services.feeds.model import agreements
from services.feeds.news import News
from services.feeds.reading import Feed
from shared.kernel.handle import Handler
from shared.kernel.messages import Actor
from shared.kernel.problems import Problem
from shared.kernel.service import forever
from tests.feeds.given import CONCLUDE, REVOKE, operation, received
from tests.servers import Databases
from tests.spec import OFFICE, at

PARTNER = Actor("partner-1", "partner", partner="jiangsu")
IDS = itertools.count(1)  # events have ids of their own, in every example of a property
OTHER = Actor("partner-2", "partner", partner="zhejiang")


@dataclass
class Clock:
    time: datetime = field(default_factory=lambda: at("07-10 12:00"))

    async def now(self) -> datetime:
        return self.time


@dataclass
class World:
    pool: Any
    clock: Clock
    handler: Handler
    news: News

    def feed(self, who: Actor = PARTNER, id: str = "js-2021", demo: bool = False) -> Feed:
        return Feed(id, who, self.pool, self.clock, self.news, demo)

    async def arrive(self, *numbers: int, **changes: Any) -> None:
        """Operations arrive, in one batch; the event's id is its number."""
        events = [received(operation(cases_found=n, **changes), id=n) for n in numbers]
        async with self.pool.acquire() as conn, conn.transaction():
            await Filling(self.clock).apply(conn, events)

    async def revoke(self) -> None:
        await self.handler(REVOKE, OFFICE, uuid4())


@pytest.fixture
async def world(databases: Databases) -> AsyncIterator[World]:
    dsn = await databases.new("feeds")
    pool = await asyncpg.create_pool(dsn, min_size=1, max_size=8)
    clock, news = Clock(), News(dsn)
    handler = Handler(pool, [agreements], clock, None, "visible-test-key-visible-test-key-visible")
    listening, first = asyncio.create_task(forever("news", news.run)), news.next
    await asyncio.wait_for(first.wait(), 10)
    await handler(CONCLUDE, OFFICE, uuid4())
    yield World(pool, clock, handler, news)
    listening.cancel()
    await asyncio.gather(listening, return_exceptions=True)
    pool.terminate()


def numbers(found: Sequence[Entry]) -> list[int]:
    return [entry.id.int for entry in found]


async def read(feed: Feed, last: int | None = None, limit: int = 1000) -> list[int]:
    seq = await feed.start(None if last is None else str(UUID(int=last)))
    return numbers(await feed.poll(seq, limit, 0))


class TestFilling:
    async def test_entries_are_numbered_in_the_order_of_arrival(self, world: World) -> None:
        """FED-2."""
        await world.arrive(5, 3)
        await world.arrive(9)
        found = await entries.after(world.pool, "js-2021", 0, 10)
        assert [(entry.seq, entry.id.int) for entry in found] == [(1, 5), (2, 3), (3, 9)]
        assert [msgspec.json.decode(entry.body)["sequence"] for entry in found] == [f"{n:016d}" for n in (1, 2, 3)]

    async def test_each_agreement_has_a_feed_of_its_own(self, world: World) -> None:
        zhejiang = CONCLUDE.model_copy(update={"agreement": "zj-2021", "partner": "zhejiang", "province": "zhejiang"})
        await world.handler(zhejiang, OFFICE, uuid4())
        await world.arrive(1)
        await world.arrive(2, province="zhejiang")
        assert await read(world.feed()) == [1]
        assert await read(world.feed(OTHER, "zj-2021")) == [2]

    async def test_whoever_knows_that_it_is_concluded_misses_nothing_after(self, world: World) -> None:
        """FED-2."""
        for n in range(20):
            agreement = CONCLUDE.model_copy(update={"agreement": f"js-{n}x"})
            await world.handler(agreement, OFFICE, uuid4())
            await world.arrive(100 + n)
            assert 100 + n in await read(world.feed(id=f"js-{n}x"))

    async def test_nothing_is_added_once_it_is_revoked(self, world: World) -> None:
        await world.revoke()
        await world.arrive(1)
        assert await entries.counts(world.pool) == {}

    async def test_what_was_delivered_cannot_be_altered(self, world: World) -> None:
        """FED-2."""
        await world.arrive(1)
        for change in ("update entry set body = ''", "delete from entry", "truncate entry"):
            with pytest.raises(asyncpg.RaiseError):
                await world.pool.execute(change)


class TestReading:
    async def test_from_the_beginning_after_an_event_and_at_the_end(self, world: World) -> None:
        await world.arrive(1, 2, 3)
        assert await read(world.feed()) == [1, 2, 3]
        assert await read(world.feed(), last=1) == [2, 3]
        assert await read(world.feed(), last=3) == []
        assert await read(world.feed(), limit=2) == [1, 2]

    @settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
    @given(data=st.data())
    async def test_a_reader_that_breaks_off_anywhere_has_everything_once_and_in_order(
        self, world: World, data: Any
    ) -> None:
        """FED-2: events arrive in batches while the reader takes pages, and now and then loses what it had last."""
        id = f"js-{uuid4().hex}"
        await world.handler(CONCLUDE.model_copy(update={"agreement": id}), OFFICE, uuid4())
        feed, held = world.feed(id=id), list[int]()
        first = sent = next(IDS) * 1000
        for size in data.draw(st.lists(st.integers(1, 4), min_size=1, max_size=6)):
            await world.arrive(*range(sent + 1, sent + size + 1))
            sent += size
            if held and data.draw(st.integers(0, 1), "loses something"):
                held = held[: data.draw(st.integers(0, len(held)))]
            held += await read(feed, held[-1] if held else None, data.draw(st.integers(1, 5), "page"))
        while page := await read(feed, held[-1] if held else None, 2):
            held += page
        assert held == list(range(first + 1, sent + 1))

    @pytest.mark.parametrize("last", ["", "1", "x" * 100, "00000000-0000-0000-0000-0000000000ff", "样例"])
    async def test_an_event_that_it_never_delivered_is_no_place_to_resume_from(self, world: World, last: str) -> None:
        """FED-2."""
        await world.arrive(1)
        with pytest.raises(Problem) as problem:
            await world.feed().start(last)
        assert problem.value.status == 400

    async def test_nor_is_one_of_another_feed(self, world: World) -> None:
        zhejiang = CONCLUDE.model_copy(update={"agreement": "zj-2021", "partner": "zhejiang", "province": "zhejiang"})
        await world.handler(zhejiang, OFFICE, uuid4())
        await world.arrive(2, province="zhejiang")
        with pytest.raises(Problem):
            await read(world.feed(), last=2)


class TestDenying:
    async def test_another_partner_cannot_tell_it_from_one_that_is_not_there(self, world: World) -> None:
        """FED-1."""
        await world.arrive(1)
        answers = []
        for feed in (world.feed(OTHER), world.feed(id="js-1999"), world.feed(id="\0"), world.feed(id="JS 2021'")):
            with pytest.raises(Problem) as problem:
                await read(feed)
            answers.append(problem.value.body())
        assert answers == [answers[0]] * 4
        assert answers[0]["status"] == 404

    async def test_a_partner_of_no_partner_reads_nothing(self, world: World) -> None:
        with pytest.raises(Problem):
            await read(world.feed(Actor("partner-3", "partner")))

    @pytest.mark.parametrize(("now", "word"), [("06-30 23:59", "尚未生效"), ("12-31 00:00", "已到期")])
    async def test_outside_its_time_it_is_refused_with_a_sentence(self, world: World, now: str, word: str) -> None:
        await world.arrive(1)
        world.clock.time = at(now)
        with pytest.raises(Problem, match=word) as problem:
            await read(world.feed())
        assert problem.value.status == 403

    async def test_revoked_the_next_read_is_refused(self, world: World) -> None:
        """FED-3."""
        await world.arrive(1)
        assert await read(world.feed()) == [1]
        await world.revoke()
        with pytest.raises(Problem, match="已撤销"):
            await read(world.feed(), last=1)


class TestWaiting:
    async def test_a_long_poll_is_woken_by_what_arrives(self, world: World) -> None:
        waiting = asyncio.create_task(world.feed().poll(0, 1000, 25))
        await asyncio.sleep(0.1)
        assert not waiting.done()
        await world.arrive(1)
        assert numbers(await asyncio.wait_for(waiting, 2)) == [1]

    async def test_it_comes_back_empty_after_its_time(self, world: World) -> None:
        assert await asyncio.wait_for(world.feed().poll(0, 1000, 0.05), 2) == []

    async def test_it_ends_at_once_when_the_agreement_is_revoked(self, world: World) -> None:
        """FED-3."""
        waiting = asyncio.create_task(world.feed().poll(0, 1000, 25))
        await asyncio.sleep(0.1)
        await world.revoke()
        with pytest.raises(Problem, match="已撤销"):
            await asyncio.wait_for(waiting, 2)

    async def test_it_ends_when_the_agreement_does(self, world: World) -> None:
        world.clock.time = at("12-30 23:59")
        waiting = asyncio.create_task(world.feed(demo=True).poll(0, 1000, 25))
        await asyncio.sleep(0.1)
        world.clock.time = at("12-31 00:00")
        with pytest.raises(Problem, match="已到期"):
            await asyncio.wait_for(waiting, 2)

    async def test_it_ends_by_itself_where_the_clock_runs(self, world: World) -> None:
        class Running(Clock):
            async def now(self) -> datetime:
                return self.time + timedelta(seconds=asyncio.get_running_loop().time() - began)

        began = asyncio.get_running_loop().time()
        feed = replace(world.feed(), clock=Running(at("12-31 00:00") - timedelta(seconds=0.5)))
        with pytest.raises(Problem, match="已到期"):
            await asyncio.wait_for(feed.poll(0, 1000, 25), 5)


class TestFollowing:
    async def test_it_sends_what_was_and_what_comes_until_it_is_revoked(self, world: World) -> None:
        """FED-3."""
        await world.arrive(1, 2)
        stream = world.feed().follow(1)
        sent = [await anext(stream), await anext(stream)]
        assert sent[0] == b": open\n\n"
        (entry,) = await entries.after(world.pool, "js-2021", 1, 1)
        assert sent[1] == b"id: 00000000-0000-0000-0000-000000000002\ndata: " + entry.body + b"\n\n"
        coming = asyncio.ensure_future(anext(stream))
        await asyncio.sleep(0.1)
        await world.arrive(3)
        assert b"000000000003\n" in await asyncio.wait_for(coming, 2)
        ending = asyncio.ensure_future(anext(stream))
        await asyncio.sleep(0.1)
        await world.revoke()
        last = await asyncio.wait_for(ending, 2)
        assert last.startswith(b"event: closed\ndata: ")
        assert "已撤销" in last.decode()
        with pytest.raises(StopAsyncIteration):
            await anext(stream)

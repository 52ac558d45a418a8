"""NOT-1 and NOT-2 in the database: planned, given once, cancelled."""

import asyncio
import random
from collections.abc import AsyncIterator, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import asyncpg
import pytest

from services.notification import queue
from services.notification.reminders import AFTER
from shared.contracts.registration import SeasonOpened
from shared.kernel.bus import Received
from shared.kernel.messages import Event, Recorded
from tests.notification.given import (
    ACCEPTED,
    COMPLETED,
    OPENED,
    OPENED_SEASON,
    SUBMITTED,
    extended,
    paper,
    returned,
)
from tests.servers import Databases
from tests.spec import at

EARLY = at("05-24 09:00")


@pytest.fixture
async def pool(databases: Databases) -> AsyncIterator[Any]:
    pool = await asyncpg.create_pool(await databases.new("notification"), min_size=1, max_size=8)
    yield pool
    await pool.close()


def received(event: Event, recorded: datetime = EARLY) -> Received:
    known = Recorded(1, UUID(int=1), "s", 1, event.topic, 0, 1, event.type(), {}, "office-1", recorded)
    return Received(event, known)


async def happen(pool: Any, *events: Event, on: str = "05-24 09:00") -> None:
    async with pool.acquire() as conn, conn.transaction():
        await queue.apply(conn, [received(event, at(on)) for event in events])


async def given_all(pool: Any, now: str) -> int:
    """How many units were given a reminder."""
    async with pool.acquire() as conn:
        given = 0
        while await queue.give(conn, at(now)):
            given += 1
        return given


async def steps(pool: Any, state: str, kind: str = "reminder") -> list[int]:
    rows = await pool.fetch("select step from job where state = $1 and kind = $2 order by due", state, kind)
    return [row["step"] for row in rows]


async def messages(pool: Any) -> Sequence[Any]:
    rows: Sequence[Any] = await pool.fetch("select audience, title, at from message order by n")
    return rows


class TestPlanning:
    @pytest.mark.parametrize("events", [(OPENED_SEASON, OPENED), (OPENED, OPENED_SEASON)])
    async def test_whichever_of_season_and_unit_arrives_first(self, pool: Any, events: tuple[Event, ...]) -> None:
        await happen(pool, *events)
        assert await steps(pool, "waiting") == [7, 3, 1, 0, AFTER]

    async def test_planned_again_they_are_the_same(self, pool: Any) -> None:
        await happen(pool, OPENED, OPENED_SEASON, OPENED_SEASON)
        assert await steps(pool, "waiting") == [7, 3, 1, 0, AFTER]

    async def test_an_extension_cancels_and_plans_anew(self, pool: Any) -> None:
        """NOT-1."""
        await happen(pool, OPENED_SEASON, OPENED)
        await happen(pool, extended("06-26 00:00"), on="06-08 10:00")
        assert len(await steps(pool, "cancelled")) == 5
        due = await pool.fetch("select step, due from job where state = 'waiting' order by due")
        assert (due[0]["step"], due[0]["due"]) == (7, at("06-16 09:00"))
        assert len(due) == 5

    async def test_a_return_plans_for_its_own_date_and_the_resubmission_brings_the_first_back(self, pool: Any) -> None:
        await happen(pool, OPENED_SEASON, OPENED, SUBMITTED)
        await happen(pool, returned("06-09 00:00"), on="06-02 10:00")
        kinds = await pool.fetch("select distinct deadline from job where state = 'waiting'")
        assert [row["deadline"] for row in kinds] == ["resubmission"]
        assert await steps(pool, "waiting") == [3, 1, 0, AFTER]
        await happen(pool, SUBMITTED, on="06-07 10:00")
        kinds = await pool.fetch("select distinct deadline from job where state = 'waiting'")
        assert [row["deadline"] for row in kinds] == ["registration"]
        assert await steps(pool, "waiting") == [3, 1, 0, AFTER], "the 7th working day before is over"

    async def test_nothing_waits_once_it_is_complete(self, pool: Any) -> None:
        """NOT-1."""
        await happen(pool, OPENED_SEASON, OPENED, SUBMITTED, ACCEPTED, *(paper(n) for n in (1, 2, 3, 4)), COMPLETED)
        assert await steps(pool, "waiting") == []
        assert await given_all(pool, "06-18 09:00") == 0
        assert await messages(pool) == []


class TestGiving:
    async def test_each_when_it_is_due_and_once(self, pool: Any) -> None:
        """NOT-1."""
        await happen(pool, OPENED_SEASON, OPENED)
        days = ["06-07 09:00", "06-11 09:00", "06-16 09:00", "06-17 09:00", "06-18 09:00"]
        for day in days:
            assert await given_all(pool, day.replace("09:00", "08:59")) == 0
            assert await given_all(pool, day) == 1
            await happen(pool, OPENED_SEASON)  # planning again gives nothing twice
            assert await given_all(pool, day) == 0
        told = await messages(pool)
        assert [row["at"] for row in told] == [at(day) for day in [*days, days[-1]]]
        assert [row["audience"] for row in told] == ["unit"] * 5 + ["office"]
        assert await queue.due(pool, at("12-31 00:00")) == 0

    async def test_a_unit_without_a_contact_has_an_e_mail_to_nobody(self, pool: Any) -> None:
        await happen(pool, OPENED_SEASON, OPENED)
        await given_all(pool, "06-07 09:00")
        assert await steps(pool, "nobody", "email") == [7]
        await happen(pool, SUBMITTED)
        await given_all(pool, "06-11 09:00")
        assert await steps(pool, "waiting", "email") == [3]

    async def test_what_was_held_up_is_given_once_as_it_is_true_by_then(self, pool: Any) -> None:
        """NOT-1."""
        await happen(pool, OPENED_SEASON, OPENED)
        assert await queue.due(pool, at("06-16 10:00")) == 3
        assert await given_all(pool, "06-16 10:00") == 1
        assert await steps(pool, "superseded") == [7, 3]
        assert [row["title"] for row in await messages(pool)] == ["登记截止提醒：剩余1个工作日"]

    async def test_between_the_deadline_and_nine_o_clock_nothing_is_said(self, pool: Any) -> None:
        await happen(pool, OPENED_SEASON, OPENED)
        await given_all(pool, "06-18 03:00")
        assert await messages(pool) == []
        assert await steps(pool, "superseded") == [7, 3, 1, 0]
        assert await given_all(pool, "06-18 09:00") == 1
        assert len(await messages(pool)) == 2

    async def test_several_instances_give_each_once(self, pool: Any) -> None:
        """NOT-1."""
        units = [unit.id for unit in OPENED_SEASON.document.units]
        await happen(pool, OPENED_SEASON, *(OPENED.model_copy(update={"unit": unit}) for unit in units))
        await asyncio.gather(*(given_all(pool, "06-07 09:00") for _ in range(4)))
        told = await pool.fetch("select unit from message")
        assert sorted(row["unit"] for row in told) == sorted(units)


class TestRaces:
    async def test_an_event_being_applied_is_waited_for(self, pool: Any) -> None:
        await happen(pool, OPENED_SEASON, OPENED)
        async with pool.acquire() as conn, conn.transaction():
            await queue.apply(conn, [received(COMPLETED)])
            assert await given_all(pool, "06-07 09:00") == 0, "its row is locked"
        assert await given_all(pool, "06-07 09:00") == 0, "it is complete"
        assert await messages(pool) == []

    async def test_in_any_interleaving_nobody_is_reminded_of_what_is_done_or_told_twice(self, pool: Any) -> None:
        """NOT-1."""
        await happen(pool, OPENED_SEASON)
        chance = random.Random(17)
        units = [unit.id for unit in OPENED_SEASON.document.units]

        async def lives(unit: str) -> None:
            story = [OPENED, SUBMITTED, returned("06-12 00:00"), SUBMITTED, extended("06-26 00:00"), COMPLETED]
            for event in story:
                await asyncio.sleep(chance.random() / 50)
                await happen(pool, event.model_copy(update={"unit": unit}))

        async def reminds() -> None:
            for day in range(1, 30):
                await given_all(pool, f"06-{day:02d} 09:00")

        await asyncio.gather(*(lives(unit) for unit in units), reminds(), reminds())
        twice = "select reminder, audience from message group by 1, 2 having count(*) > 1"
        assert await pool.fetch(twice) == []
        assert await steps(pool, "waiting") == []
        done, told = len(await steps(pool, "done")), await pool.fetchval("select count(distinct reminder) from message")
        assert done == told > 0


def test_the_specs_speak_of_the_season_that_is_played() -> None:
    assert isinstance(OPENED_SEASON, SeasonOpened)
    assert OPENED_SEASON.document.registration.reminder_working_days == (7, 3, 1, 0)

"""Commands under repetition, races and broken input, on a real log."""

import asyncio
from collections.abc import AsyncIterator
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import pytest

from shared.kernel.clock import RealClock
from shared.kernel.handle import Handler
from shared.kernel.messages import Actor, Refused
from shared.kernel.problems import Problem
from tests.kernel.counting import LIMIT, Count, TakeName, counter
from tests.servers import Databases

OFFICE = Actor("office", "office")
SECRET = "not-a-secret-but-long-enough-for-tests"


@pytest.fixture
async def pool(databases: Databases) -> AsyncIterator[Any]:
    pool = await asyncpg.create_pool(await databases.new("feeds"), min_size=2, max_size=8)
    yield pool
    await pool.close()


def handler(pool: Any) -> Handler:
    return Handler(pool, [counter], RealClock(), None, SECRET)


async def total(pool: Any, name: str = "x") -> int:
    found: int = await pool.fetchval(
        "select coalesce(sum((data->>'by')::int), 0) from event where stream = $1", f"counter-{name}"
    )
    return found


async def test_a_repeat_gets_the_first_answer_and_happens_once(pool: Any) -> None:
    id = uuid4()
    first = await handler(pool)(Count(name="x"), OFFICE, id)
    later = handler(pool)
    assert await later(Count(name="x"), OFFICE, id) == first
    assert await later(Count(name="x"), OFFICE, id) == first
    assert await total(pool) == 1


async def test_a_repeat_after_the_rule_would_refuse_still_gets_the_first_answer(pool: Any) -> None:
    handle, id = handler(pool), uuid4()
    first = await handle(Count(name="x", by=LIMIT), OFFICE, id)
    with pytest.raises(Refused):
        await handle(Count(name="x"), OFFICE, uuid4())
    assert await handle(Count(name="x", by=LIMIT), OFFICE, id) == first


async def test_the_same_key_for_other_content_is_a_conflict(pool: Any) -> None:
    handle, id = handler(pool), uuid4()
    await handle(Count(name="x"), OFFICE, id)
    with pytest.raises(Problem) as problem:
        await handle(Count(name="x", by=2), OFFICE, id)
    assert problem.value.status == 409
    assert await total(pool) == 1


async def test_the_same_command_at_once_happens_once(pool: Any) -> None:
    handle, other, id = handler(pool), handler(pool), uuid4()
    answers = await asyncio.gather(*(h(Count(name="x"), OFFICE, id) for h in [handle, other] * 20))
    assert len(set(answers)) == 1
    assert await total(pool) == 1


async def test_a_hot_stream_under_two_instances_loses_nothing_and_keeps_its_rule(pool: Any) -> None:
    instances = [handler(pool), handler(pool)]

    async def one(n: int) -> bool:
        try:
            await instances[n % 2](Count(name="x", by=4), OFFICE, UUID(int=n))
        except Refused as refusal:
            assert refusal.rule == "CNT-1"
            return False
        return True

    accepted = sum(await asyncio.gather(*(one(n) for n in range(LIMIT // 4 + 50))))
    assert accepted == LIMIT // 4
    assert await total(pool) == LIMIT


async def test_of_many_that_claim_a_name_one_wins_and_the_others_learn_who(pool: Any) -> None:
    instances = [handler(pool), handler(pool)]

    async def one(n: int) -> str:
        try:
            await instances[n % 2](TakeName(name=f"n{n}", label="金杯"), OFFICE, uuid4())
        except Refused as refusal:
            assert refusal.rule == "CNT-4"
            return refusal.sentence
        return f"n{n}"

    told = await asyncio.gather(*(one(n) for n in range(200)))
    winners = [answer for answer in told if answer.startswith("n")]
    assert len(winners) == 1
    assert set(told) - set(winners) == {f"名称已被{winners[0]}使用，请换一个。"}


async def test_another_version_than_expected_is_refused(pool: Any) -> None:
    handle = handler(pool)
    await handle(Count(name="x"), OFFICE, uuid4(), expected=0)
    with pytest.raises(Problem) as problem:
        await handle(Count(name="x"), OFFICE, uuid4(), expected=0)
    assert problem.value.status == 412
    assert await total(pool) == 1


async def test_a_state_that_another_instance_moved_is_read_again(pool: Any) -> None:
    mine, theirs = handler(pool), handler(pool)
    await mine(Count(name="x", by=1), OFFICE, uuid4())
    await theirs(Count(name="x", by=LIMIT - 1), OFFICE, uuid4())
    with pytest.raises(Refused):
        await mine(Count(name="x"), OFFICE, uuid4())


async def test_one_command_with_unusable_data_does_not_spoil_the_others(pool: Any) -> None:
    handle = handler(pool)
    commands = [TakeName(name=f"n{n}", label=f"l{n}") for n in range(5)]
    broken = TakeName(name="bad", label="l\0")
    results: list[Any] = await asyncio.gather(
        *(handle(c, OFFICE, uuid4()) for c in [*commands, broken]), return_exceptions=True
    )
    assert isinstance(results[-1], Problem)
    assert results[-1].status == 422
    assert [r.version for r in results[:-1]] == [1] * 5


@pytest.mark.parametrize(
    ("actor", "status"),
    [
        (Actor("unit-huangpu", "unit", "huangpu"), None),
        (Actor("unit-xuhui", "unit", "xuhui"), 403),
        (Actor("judge-1", "judge"), 403),
    ],
)
async def test_roles_and_units_are_held_apart(pool: Any, actor: Actor, status: int | None) -> None:
    if status is None:
        await handler(pool)(Count(name="x"), actor, uuid4())
    else:
        with pytest.raises(Problem) as problem:
            await handler(pool)(Count(name="x"), actor, uuid4())
        assert problem.value.status == status


async def test_the_recorded_time_is_the_clock_s(pool: Any) -> None:
    class Fixed:
        async def now(self) -> datetime:
            return datetime.fromisoformat("2021-06-17T23:59:59+08:00")

    handle = Handler(pool, [counter], Fixed(), None, SECRET)
    await handle(Count(name="x"), OFFICE, uuid4())
    assert await pool.fetchval("select recorded from event") == await Fixed().now()

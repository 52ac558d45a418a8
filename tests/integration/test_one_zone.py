"""REG-1 under race: through the real handler, on a real log, one of a thousand wins and the others are told where."""

import asyncio
from collections.abc import AsyncIterator
from datetime import datetime
from typing import Any
from uuid import uuid4

import asyncpg
import pytest

from services.registration.model import AGGREGATES
from services.registration.model.commands import OpenRegistration, SubmitRegistration
from services.registration.model.season import OpenSeason
from shared.kernel.handle import Handler
from shared.kernel.messages import Actor, Refused
from shared.kernel.people import Vault
from shared.kernel.problems import Problem
from tests.processes import SECRET, VAULT
from tests.registration.given import DOCUMENT, code, form
from tests.servers import Databases
from tests.spec import at

ATTEMPTS = 1000
OFFICE = Actor("office-1", "office")
SERVICE = Actor("service:registration", "service")
PEOPLE = ("leader", "deputy", "contact")


class June:
    """A moment at which registration is open."""

    async def now(self) -> datetime:
        return at("06-10 09:00")


@pytest.fixture
async def instances(databases: Databases) -> AsyncIterator[tuple[Handler, Handler]]:
    """Two instances of the service on one log: the season is open, and its units may register."""
    url, keys = await databases.new("registration"), await databases.new("keys")
    pools = [await asyncpg.create_pool(url, min_size=1, max_size=4) for _ in range(2)]
    key_pool = await asyncpg.create_pool(keys, min_size=1, max_size=4)
    first, second = (Handler(pool, AGGREGATES, June(), Vault(pool, key_pool, VAULT), SECRET) for pool in pools)
    await first(OpenSeason(document=DOCUMENT), OFFICE, uuid4())
    for unit in DOCUMENT.units:
        await first(OpenRegistration(season=2021, unit=unit.id), SERVICE, uuid4())
    yield first, second
    for pool in (*pools, key_pool):
        await pool.close()


def attempt(unit: str, elsewhere: bool, body: str) -> SubmitRegistration:
    outcome: dict[str, Any] = {"outcome": "administrative", "zone": "样例分赛区"} if elsewhere else {"outcome": "here"}
    return form(unit=unit, credit_code=code(body=body), **outcome)


async def race(instances: tuple[Handler, Handler], attempts: list[SubmitRegistration]) -> list[str | None]:
    """All at once, half of them at each instance: None for who won, what the others were told."""

    async def give(n: int, command: SubmitRegistration) -> str | None:
        id = uuid4()
        while True:
            try:
                await instances[n % 2](command, Actor(f"{command.unit}-{n}", "unit", command.unit), id)
                return None
            except Refused as refusal:
                assert refusal.rule == "REG-1", refusal
                return refusal.sentence
            except Problem as problem:
                if problem.status != 503:  # too much at once: said to be unknown, and asked again with the same key
                    raise

    return await asyncio.gather(*(give(n, command) for n, command in enumerate(attempts)))


async def test_of_a_thousand_attempts_of_one_unit_with_either_outcome_one_wins(
    instances: tuple[Handler, Handler],
) -> None:
    attempts = [attempt("huangpu", elsewhere=n % 3 == 0, body="YANGPAN00") for n in range(ATTEMPTS)]
    told = await race(instances, attempts)
    assert told.count(None) == 1
    _, state = await instances[0].state("registration-2021-huangpu")
    won = attempts[told.index(None)]
    assert (state.status, state.outcome) == ("待审核", won.outcome)
    where = "登记在本分赛区" if won.outcome == "here" else "登记在“样例分赛区”，本处备案"
    assert {sentence for sentence in told if sentence} == {
        f"登记表已提交（{where}），正在审核，请勿重复提交；如需修改，请先撤回。"
    }


async def test_of_a_thousand_attempts_of_all_units_with_one_credit_code_one_wins(
    instances: tuple[Handler, Handler],
) -> None:
    units = DOCUMENT.units
    attempts = [attempt(units[n % len(units)].id, elsewhere=n % 3 == 0, body="YANGPAN01") for n in range(ATTEMPTS)]
    told = await race(instances, attempts)
    assert told.count(None) == 1
    won = attempts[told.index(None)].unit
    name = next(unit.name for unit in units if unit.id == won)
    for command, sentence in zip(attempts, told, strict=True):
        if sentence is not None:
            assert ("登记表已提交" if command.unit == won else f"已由“{name}”登记") in sentence
    states = [await instances[1].state(f"registration-2021-{unit.id}") for unit in units]
    assert [state.status for _, state in states].count("待审核") == 1

"""The office urges units over HTTP: message and e-mail, once a day, once for each Idempotency-Key."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest

from tests.integration import spoiled
from tests.integration.client import HUANGPU, INSPECTOR, JUDGE, LEADER, OFFICE, PARTNER, XUHUI, Reply
from tests.integration.test_notification import World, world

__all__ = ["world"]  # the fixture

COMMAND = "urge-units"


async def urged(world: World, *units: str, **more: Any) -> Reply:
    return await world.notification.give(COMMAND, {"season": 2021, "units": list(units)}, **more)


@pytest.fixture
async def early(world: World) -> AsyncIterator[World]:
    """A day on which no reminder is due."""
    await world.clock("05-25 10:00")
    yield world


async def test_a_unit_is_told_in_the_platform_and_by_mail_at_once(early: World) -> None:
    """NOT-4."""
    assert (await urged(early, "huangpu", "xuhui")).done() == {"urged": ["huangpu", "xuhui"], "refused": []}
    await early.settled()
    assert await early.titles(HUANGPU) == ["竞赛办催办：登记截止提醒：剩余16个工作日"]
    assert await early.titles(XUHUI) == ["竞赛办催办：登记截止提醒：剩余16个工作日"]
    (mail,) = early.mail.taken
    assert mail["To"] == "contact@example.invalid"
    assert await early.titles(OFFICE) == []
    found = (await early.notification.get("urges", season=2021)).done()["items"]
    assert [(row["unit"], row["at"], row["today"], row["mail_text"]) for row in found] == [
        ("huangpu", "2021-05-25T10:00:00+08:00", True, "已发送"),
        ("xuhui", "2021-05-25T10:00:00+08:00", True, "无收件人"),
    ]
    listed = (await early.notification.get("reminders", unit="huangpu")).done()["items"]
    assert {row["kind"] for row in listed if row["when"] == "竞赛办催办"} == {"reminder", "email"}


async def test_the_same_request_again_is_the_same_answer_and_nothing_more(early: World) -> None:
    """NOT-4."""
    answers = await asyncio.gather(*(urged(early, "huangpu", key="once") for _ in range(8)))
    assert {str(answer.done()) for answer in answers} == {"{'urged': ['huangpu'], 'refused': []}"}
    await early.settled()
    assert len(await early.titles(HUANGPU)) == 1
    assert len(early.mail.taken) == 1
    (await urged(early, "xuhui", key="once")).problem(409, "请求标识")


async def test_of_many_at_once_one_urges(early: World) -> None:
    """NOT-4."""
    answers = await asyncio.gather(*(urged(early, "huangpu") for _ in range(8)))
    assert sorted(answer.status for answer in answers) == [200] + [409] * 7
    assert len(await early.titles(HUANGPU)) == 1


async def test_once_a_day_and_not_when_it_is_done(early: World) -> None:
    """NOT-4."""
    (await urged(early, "huangpu")).done()
    again = (await urged(early, "huangpu")).problem(409, "今天已催办过")
    assert again.body["rule"] == "NOT-4"
    some = (await urged(early, "huangpu", "jingan")).done()
    assert some["urged"] == ["jingan"]
    assert [each["unit"] for each in some["refused"]] == ["huangpu"]

    await early.clock("05-26 10:00")
    (await urged(early, "huangpu")).done()
    await early.complete("huangpu")
    await early.clock("05-27 10:00")
    (await urged(early, "huangpu")).problem(409, "已完成登记")
    assert len(await early.titles(HUANGPU)) == 2


async def test_only_the_office_urges(early: World) -> None:
    for who in (LEADER, HUANGPU, INSPECTOR, JUDGE, PARTNER):
        (await urged(early, "huangpu", who=who)).problem(403)
    (await urged(early, "huangpu", who=None)).problem(401)
    for who in (HUANGPU, INSPECTOR, PARTNER):
        (await early.notification.get("urges", who, season=2021)).problem(403)
    (await early.notification.get("urges", LEADER, season=2021)).done()
    assert await early.titles(HUANGPU) == []


async def test_the_working_days_left_are_statutory(early: World) -> None:
    await early.clock("06-11 08:00")
    days = "day=2021-06-17&day=2021-06-11&day=2021-06-10"
    found = (await early.notification.get(f"working-days?{days}", HUANGPU)).done()["items"]
    assert [(row["left"], row["words"], row["over"]) for row in found] == [
        (3, "剩余3个工作日", False),
        (0, "今日截止", False),
        (0, "已截止", True),
    ]
    (await early.notification.get("working-days?day=2021-06-17", PARTNER)).problem(403)


async def test_no_bad_request_passes(early: World) -> None:
    for body in ({}, {"season": 2021}, {"season": 2021, "units": []}, {"season": 2021, "units": ["%"]}, [1], b"{"):
        (await early.notification.give(COMMAND, body)).problem(422)
    (await urged(early, "nowhere")).problem(404, "名录里没有")
    (await early.notification.post(COMMAND, {"season": 2021, "units": ["huangpu"]}, OFFICE, {})).problem(422)
    for query in ("", "day=", "day=x", "day=1900-01-01", "day=9999-12-31", "day=2021-06-17&x=1"):
        (await early.notification.get(f"working-days?{query}")).problem(422)
    for year in spoiled.YEARS:
        (await early.notification.get(f"urges?season={year}")).problem(422)

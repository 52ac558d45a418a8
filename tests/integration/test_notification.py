"""Reminders end to end: registration's events over a real Kafka, timers in PostgreSQL, mail to a real server."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

import aiohttp
import pytest

from shared.kernel.messages import Actor
from tests.integration import spoiled
from tests.integration.client import (
    DOCUMENT,
    HUANGPU,
    INSPECTOR,
    LEADER,
    OFFICE,
    PARTNER,
    SERVICE,
    XUHUI,
    Client,
    Deployment,
    connected,
    deployment,
)
from tests.integration.fresh import without_topics
from tests.integration.fuzzed import fuzz
from tests.integration.test_registration import form
from tests.notification.smtp import MailServer, mail_server
from tests.processes import Process, free_port, started
from tests.servers import Databases, KafkaServer

TOPIC = "ligong.registration"


@dataclass
class World:
    at: Deployment
    registration: Client
    notification: Client
    process: Process
    mail: MailServer

    def another(self) -> Process:
        """A second instance of notification, on the same database."""
        return Process(self.process.module, self.process.environment, free_port())

    async def give(self, command: str, **body: Any) -> None:
        (await self.registration.give(command, {"season": 2021, **body})).done()

    async def submit(self, unit: str, region: str) -> None:
        await self.give("submit-registration", **form(unit, region))

    async def complete(self, unit: str) -> None:
        await self.give("accept-registration", unit=unit)
        await self.give("receive-paper", unit=unit, copies=4)

    async def settled(self) -> None:
        """Everything recorded has arrived, every reminder that is due is given, no e-mail is on its way."""
        heads = (await self.registration.get("internal/status", SERVICE)).done()["heads"]
        async with asyncio.timeout(30):
            while await self._unsettled(heads):
                await asyncio.sleep(0.05)

    async def _unsettled(self, heads: dict[str, int]) -> bool:
        status = (await self.notification.get("internal/status", SERVICE)).done()
        here = {cursor["at"]: cursor["pseq"] for cursor in status["cursors"]}
        behind = any(here.get(at, 0) < head for at, head in heads.items() if at.startswith(TOPIC))
        waiting = (await self.notification.get("reminders", kind="email", state="waiting")).done()["total"]
        return behind or bool(status["due"]) or bool(waiting)

    async def clock(self, text: str) -> None:
        await self.at.set_clock(text)
        await self.settled()

    async def titles(self, who: Actor) -> list[str]:
        """Oldest first."""
        found = (await self.notification.get("messages", who)).done()
        return [message["title"] for message in reversed(found["items"])]


@pytest.fixture
async def world(databases: Databases, kafka: KafkaServer) -> AsyncIterator[World]:
    """Registration and notification running, the season of 2021 open since 24 May, Huangpu's form handed in."""
    at = await deployment(databases, await without_topics(kafka.bootstrap), "registration", "notification")
    await at.set_clock("05-24 09:00")
    owner, plain = at.process("registration"), at.process("notification")
    async with mail_server() as mail, aiohttp.ClientSession() as http:
        process = Process(plain.module, {**plain.environment, "SMTP_URL": mail.url}, plain.port)
        async with started(owner, process):
            registration = Client(http, owner.url, "registration")
            world = World(at, registration, Client(http, process.url, "notification"), process, mail)
            opened = (await registration.give("open-season", {"document": DOCUMENT})).done()
            async with asyncio.timeout(30):
                listed = {"season": 2021, "min_position": opened["position"] + 20}
                while (await registration.get("registrations", **listed)).done()["total"] < 20:
                    continue
            await world.submit("huangpu", "310101")
            await world.settled()
            yield world


async def test_a_registration_year_of_reminders(world: World) -> None:
    """NOT-1."""
    await world.clock("06-07 08:59")
    assert await world.titles(HUANGPU) == []
    await world.clock("06-07 09:00")
    assert await world.titles(HUANGPU) == ["登记截止提醒：剩余7个工作日"]
    (mail,) = world.mail.taken
    assert mail["To"] == "contact@example.invalid"
    assert "2021年6月17日（周四）24时" in mail.get_content()
    (message,) = (await world.notification.get("messages", XUHUI)).done()["items"]
    assert "未发送邮件" in message["text"]
    assert message["at"] == "2021-06-07T09:00:00+08:00"

    await world.complete("huangpu")
    await world.give("extend-deadline", unit="xuhui", closes_at="2021-06-26T00:00:00+08:00", reason="系统合并")
    await world.clock("06-11 09:00")
    assert len(await world.titles(HUANGPU)) == 1, "complete: no more reminders"
    assert len(await world.titles(XUHUI)) == 1, "the extended deadline has reminders of its own"
    assert await world.titles(Actor("jingan-1", "unit", unit="jingan")) == [
        "登记截止提醒：剩余7个工作日",
        "登记截止提醒：剩余3个工作日",
    ]
    await world.clock("06-16 09:00")
    assert (await world.titles(XUHUI))[1:] == ["登记截止提醒：剩余7个工作日"]
    assert await world.titles(OFFICE) == []

    await world.clock("06-18 09:00")
    late = await world.titles(OFFICE)
    assert len(late) == 18, "all but the one that is complete and the one that has more time"
    assert "上海市静安区城市管理行政执法局逾期未完成登记" in late
    assert len(world.mail.taken) == 1


async def test_a_returned_form_is_due_by_its_own_date(world: World) -> None:
    reasons = {"竞赛主题": "请写明主题"}
    await world.clock("05-26 10:00")
    before = "2021-06-02T00:00:00+08:00"
    await world.give("return-registration", unit="huangpu", reasons=reasons, resubmit_before=before)
    await world.clock("05-31 09:00")
    assert await world.titles(HUANGPU) == ["重新提交截止提醒：剩余1个工作日"]
    await world.submit("huangpu", "310101")
    await world.clock("06-01 09:00")
    assert len(await world.titles(HUANGPU)) == 1, "handed in again"
    await world.clock("06-07 09:00")
    assert (await world.titles(HUANGPU))[1:] == ["登记截止提醒：剩余7个工作日"]


async def test_killed_amid_its_reminders_it_gives_each_once(world: World) -> None:
    """NOT-1."""
    count = "select count(*) from message"
    async with connected(world.at.urls["notification"]) as conn, asyncio.timeout(60):
        async with conn.transaction():
            await conn.execute("select from registration where unit = 'lingang' for update")  # it cannot finish
            await world.at.set_clock("06-07 09:00")
            while not await conn.fetchval(count):
                await asyncio.sleep(0)
            await world.process.kill()
            assert 0 < await conn.fetchval(count) < 20
        await world.process.start()
        await world.settled()
        assert await conn.fetchval(count) == 20
        assert await conn.fetchval("select count(distinct unit) from message") == 20


async def test_what_was_done_while_it_was_down_is_not_reminded_of(world: World) -> None:
    """NOT-1."""
    await world.process.kill()
    await world.complete("huangpu")
    await world.at.set_clock("06-16 09:00")
    await world.process.start()
    await world.settled()
    assert await world.titles(HUANGPU) == []
    assert await world.titles(XUHUI) == ["登记截止提醒：剩余1个工作日"], "one for all that were missed"


async def test_two_instances_remind_once(world: World) -> None:
    """NOT-1."""
    other = world.another()
    async with started(other):
        await world.clock("06-07 09:00")
        await world.clock("06-11 09:00")
    assert len(await world.titles(XUHUI)) == 2
    assert len(world.mail.taken) == 2
    async with connected(world.at.urls["notification"]) as conn:
        assert await conn.fetchval("select count(*) from message") == 40


async def test_an_e_mail_of_unknown_fate_is_repeated_only_by_the_office(world: World) -> None:
    """NOT-2."""
    world.mail.mood = "dies after the content"
    await world.clock("06-07 09:00")
    (email,) = (await world.notification.get("reminders", kind="email", unit="huangpu")).done()["items"]
    assert (email["state"], email["state_text"], email["repeatable"]) == ("unknown", "可能已发送", True)
    world.mail.mood = "takes"
    repeat = f"reminders/{email['id']}/repeat"
    (await world.notification.give(repeat, {}, HUANGPU)).problem(403)
    assert (await world.notification.give(repeat, {})).status == 202
    await world.settled()
    assert len(world.mail.taken) == 1
    (await world.notification.give(repeat, {})).problem(409, "无需重发")
    (await world.notification.give(f"reminders/{uuid4()}/repeat", {})).problem(404)


async def test_everybody_sees_their_own(world: World) -> None:
    await world.clock("06-07 09:00")
    await world.clock("06-11 09:00")
    first = (await world.notification.get("messages", HUANGPU, limit=1)).done()
    assert (first["total"], first["unread"]) == (2, 2)
    second = (await world.notification.get("messages", HUANGPU, limit=1, cursor=first["next"])).done()
    assert second["next"] is None
    ids = [page["items"][0]["id"] for page in (first, second)]
    assert len(set(ids)) == 2

    (await world.notification.give(f"messages/{ids[0]}/read", {}, XUHUI)).problem(404)
    (await world.notification.give(f"messages/{ids[0]}/read", {}, OFFICE)).problem(404)
    read = (await world.notification.give(f"messages/{ids[0]}/read", {}, HUANGPU)).done()
    assert read["read_at"] == "2021-06-11T09:00:00+08:00"
    await world.at.set_clock("06-11 10:00")
    assert (await world.notification.give(f"messages/{ids[0]}/read", {}, HUANGPU)).done() == read
    unread = (await world.notification.get("messages", HUANGPU, unread="true")).done()
    assert [message["id"] for message in unread["items"]] == [ids[1]]

    for who in (LEADER, INSPECTOR):
        assert (await world.notification.get("messages", who)).done()["items"] == []
        (await world.notification.get("reminders", who)).problem(403)
    (await world.notification.get("messages", PARTNER)).problem(403)
    (await world.notification.get("messages", None)).problem(401)
    (await world.notification.get("reminders", HUANGPU)).problem(403)
    (await world.notification.get("internal/status", OFFICE)).problem(403)


async def test_the_office_sees_every_reminder(world: World) -> None:
    await world.clock("06-07 09:00")
    found = (await world.notification.get("reminders", season=2021, unit="huangpu", sort="-due")).done()
    assert {(row["kind"], row["when"], row["state_text"]) for row in found["items"]} == {
        ("reminder", "前7个工作日", "已提醒"),
        ("email", "前7个工作日", "已发送"),
        ("reminder", "前3个工作日", "未到时间"),
        ("reminder", "前1个工作日", "未到时间"),
        ("reminder", "当日", "未到时间"),
        ("reminder", "逾期", "未到时间"),
    }
    pages: list[Any] = []
    cursor = ""
    while cursor is not None:
        page = (await world.notification.get("reminders", kind="reminder", limit=30, cursor=cursor)).done()
        pages, cursor = pages + page["items"], page["next"]
    assert len({row["id"] for row in pages}) == len(pages) == page["total"] == 100
    assert [row["due"] for row in pages] == sorted(row["due"] for row in pages)


async def test_no_bad_request_passes(world: World) -> None:
    for path in ("messages", "reminders"):
        for query in spoiled.LISTS:
            (await world.notification.get(f"{path}?{query}")).problem(422)
    for query in (*(f"unit={unit}" for unit in spoiled.UNITS), *(f"season={year}" for year in spoiled.YEARS)):
        (await world.notification.get(f"reminders?{query}")).problem(422)
    for query in ("unread=maybe", "q=%00", "q=" + "x" * 101):
        (await world.notification.get(f"messages?{query}")).problem(422)
    for id in ("x", "%00", "1" * 500):
        (await world.notification.give(f"messages/{id}/read", {})).problem(422)
    await asyncio.to_thread(fuzz, world.process.url, OFFICE)

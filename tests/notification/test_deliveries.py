"""NOT-2 on a real mail server: what becomes of an e-mail when things go wrong."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any

import asyncpg
import pytest

from services.notification import queue
from services.notification.deliveries import WAITS, Contact, Deliveries, Unreachable
from services.notification.mail import Server
from tests.notification.given import COMPLETED, OPENED, OPENED_SEASON, SUBMITTED, extended
from tests.notification.smtp import MailServer, Mood, mail_server
from tests.notification.test_queue import given_all, happen
from tests.servers import Databases


@dataclass
class People:
    """Stands for registration: whom it names as the contact, or that it does not answer."""

    contact: Contact | None = field(default_factory=lambda: Contact("样例丙", "contact@example.invalid"))
    answers: bool = True

    async def of(self, season: int, unit: str) -> Contact | None:
        if not self.answers:
            raise Unreachable
        return self.contact


@dataclass
class World:
    dsn: str
    pool: Any
    server: MailServer
    people: People
    conn: Any

    def deliveries(self) -> Deliveries:
        return Deliveries(self.dsn, self.pool, self.people, Server.of(self.server.url))

    async def step(self) -> bool:
        """One e-mail is dealt with, its wait being over."""
        await self.pool.execute("update job set due = now() where kind = 'email' and state = 'waiting'")
        return await self.deliveries().step(self.conn)

    async def email(self) -> tuple[str, str | None, int]:
        row = await self.pool.fetchrow("select state, reason, tries from job where kind = 'email'")
        return row["state"], row["reason"], row["tries"]

    async def outcomes(self) -> list[str | None]:
        return [row["outcome"] for row in await self.pool.fetch("select outcome from attempt order by n")]


@pytest.fixture
async def world(databases: Databases) -> AsyncIterator[World]:
    """A reminder that is due has been given; its e-mail waits."""
    dsn = await databases.new("notification")
    pool, conn = await asyncpg.create_pool(dsn, min_size=1, max_size=4), await asyncpg.connect(dsn)
    await happen(pool, OPENED_SEASON, OPENED, SUBMITTED)
    await given_all(pool, "06-16 09:00")
    async with mail_server() as server:
        yield World(dsn, pool, server, People(), conn)
    conn.terminate()
    pool.terminate()


async def test_it_goes_to_the_contact_and_once(world: World) -> None:
    assert await world.step()
    assert not await world.step()
    (message,) = world.server.taken
    assert message["To"] == "contact@example.invalid"
    assert message["From"] == "ligong@example.invalid"
    assert message["Subject"] == "登记截止提醒：剩余1个工作日"
    assert message.get_content().startswith("样例丙同志：")
    assert "2021年6月17日（周四）24时" in message.get_content()
    assert await world.email() == ("done", None, 1)
    assert await world.outcomes() == ["sent"]


async def test_the_address_is_kept_nowhere(world: World) -> None:
    world.server.mood = "refuses the recipient"
    await world.step()
    for table in ("job", "attempt", "message", "registration"):
        assert "example.invalid" not in str([tuple(r) for r in await world.pool.fetch(f"select * from {table}")])


async def test_with_the_server_down_it_is_tried_again_after_growing_waits_then_shown_as_failed(world: World) -> None:
    """NOT-2."""
    await world.server.stop()
    for tries, wait in enumerate(WAITS, 1):
        assert await world.step()
        assert await world.email() == ("waiting", "邮件服务器无法连接", tries)
        until = await world.pool.fetchval("select due - now() from job where kind = 'email'")
        assert wait * 0.8 < until <= wait
        assert not await world.deliveries().step(world.conn), "it waits"
    assert await world.step()
    assert await world.email() == ("failed", "邮件服务器无法连接", len(WAITS) + 1)
    assert not await world.step()
    assert await world.outcomes() == [], "nothing was ever handed over"


async def test_it_arrives_once_the_server_is_back(world: World) -> None:
    await world.server.stop()
    await world.step()
    await world.server.start()
    await world.step()
    assert len(world.server.taken) == 1
    assert (await world.email())[0] == "done"


@pytest.mark.parametrize(
    ("mood", "state", "reason"),
    [
        ("refuses the recipient", "failed", "邮件服务器拒收（550）"),
        ("refuses the content", "failed", "邮件服务器拒收（554）"),
        ("is busy", "waiting", "邮件服务器拒收（451）"),
    ],
)
async def test_what_the_server_says_decides(world: World, mood: Mood, state: str, reason: str) -> None:
    world.server.mood = mood
    await world.step()
    assert await world.email() == (state, reason, 1)
    assert await world.outcomes() == ["not sent"]


async def test_a_server_that_dies_after_the_content_may_have_sent_it_and_gets_it_no_second_time(world: World) -> None:
    """NOT-2."""
    world.server.mood = "dies after the content"
    await world.step()
    state, reason, _ = await world.email()
    assert (state, reason) == ("unknown", "邮件已交给服务器，但未收到答复，可能已发送")
    world.server.mood = "takes"
    assert not await world.step()
    assert world.server.seen == 1
    assert await world.outcomes() == ["unknown"]


async def test_a_worker_that_dies_amid_sending_leaves_a_possibly_sent_one(world: World) -> None:
    """NOT-2."""
    world.server.mood = "hangs"
    conn = await asyncpg.connect(world.dsn)
    dying = asyncio.create_task(world.deliveries().step(conn))
    await asyncio.wait_for(world.server.reached.wait(), 10)
    assert not await world.deliveries().step(world.conn), "another instance leaves alone what is being sent"
    assert await world.outcomes() == [None], "the intent is on record meanwhile"
    conn.terminate()
    dying.cancel()
    await asyncio.gather(dying, return_exceptions=True)
    world.server.mood = "takes"
    async with asyncio.timeout(10):
        while not await world.deliveries().step(world.conn):  # until PostgreSQL notices that the connection is gone
            await asyncio.sleep(0.05)
    assert (await world.email())[:2] == ("unknown", "发送过程中断，可能已发送")
    assert world.server.seen == 1


async def test_a_worker_that_dies_before_sending_costs_nothing(world: World) -> None:
    asked = asyncio.Event()

    class Silent(People):
        async def of(self, season: int, unit: str) -> Contact | None:
            asked.set()
            return await asyncio.Event().wait() and None

    world.people = Silent()
    conn = await asyncpg.connect(world.dsn)
    dying = asyncio.create_task(world.deliveries().step(conn))
    await asyncio.wait_for(asked.wait(), 10)
    dying.cancel()
    await asyncio.gather(dying, return_exceptions=True)
    conn.terminate()
    world.people = People()
    async with asyncio.timeout(10):
        while not await world.deliveries().step(world.conn):
            await asyncio.sleep(0.05)
    assert len(world.server.taken) == 1


async def test_two_instances_send_each_once(world: World) -> None:
    """NOT-2."""
    units = [unit.id for unit in OPENED_SEASON.document.units]
    for event in (OPENED, SUBMITTED):
        await happen(world.pool, *(event.model_copy(update={"unit": unit}) for unit in units if unit != "putuo"))
    await given_all(world.pool, "06-16 09:00")
    tasks = [asyncio.create_task(world.deliveries().run()) for _ in range(2)]
    try:
        async with asyncio.timeout(20):
            while await world.pool.fetchval("select count(*) from job where kind = 'email' and state = 'waiting'"):
                await asyncio.sleep(0.05)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
    assert len(world.server.taken) == len({m["Message-ID"] for m in world.server.taken}) == len(units)


async def test_without_an_address_it_goes_to_nobody(world: World) -> None:
    world.people.contact = None
    await world.step()
    assert await world.email() == ("nobody", "该单位没有可用的联系人邮箱", 1)


@pytest.mark.parametrize("address", ["a,b@example.invalid", "样例@example.invalid", "<x>@example.invalid"])
async def test_an_address_that_is_none_is_refused(world: World, address: str) -> None:
    world.people.contact = Contact("样例丙", address)
    await world.step()
    assert await world.email() == ("failed", "联系人的邮箱地址格式不正确", 1)


async def test_while_registration_does_not_answer_it_waits(world: World) -> None:
    world.people.answers = False
    await world.step()
    assert (await world.email())[:2] == ("waiting", "登记服务暂时无法查询联系人邮箱")


@pytest.mark.parametrize("event", [COMPLETED, extended("06-26 00:00")])
async def test_none_is_sent_of_what_is_done_or_moved_meanwhile(world: World, event: Any) -> None:
    await happen(world.pool, event)
    await world.step()
    assert (await world.email())[0] == "cancelled"
    assert world.server.seen == 0


async def test_the_in_app_message_is_there_whatever_becomes_of_the_mail(world: World) -> None:
    """NOT-2."""
    await world.server.stop()
    await world.step()
    assert await world.pool.fetchval("select count(*) from message") == 1
    assert await queue.due(world.pool, (await world.pool.fetchval("select max(at) from message"))) == 0


class TestServer:
    def test_the_url_names_everything(self) -> None:
        server = Server.of("smtps://office:p%40ss@mail.example.invalid?from=jsb@example.invalid")
        assert server == Server("mail.example.invalid", 465, True, "office", "p@ss", "jsb@example.invalid")

    def test_without_one_there_is_none(self) -> None:
        assert Server.of("") is None

    @pytest.mark.parametrize("url", ["http://mail", "smtp://", "mail:25"])
    def test_another_url_is_no_server(self, url: str) -> None:
        with pytest.raises(ValueError, match="SMTP_URL"):
            Server.of(url)

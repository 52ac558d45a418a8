"""Guarantees 2 and 3 on a real Kafka: nothing lost, nothing doubled, whatever is killed."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

import aiohttp
import asyncpg
import pytest
from aiokafka import AIOKafkaProducer

from deploy.local.kafka import Kafka
from shared.kernel.bus import Bus, Owners, Received, Subscription
from shared.kernel.messages import Actor, Event
from shared.kernel.service import forever
from shared.kernel.store import partition
from shared.kernel.tokens import mint
from tests.kernel.counting import Counted
from tests.processes import SECRET, Process
from tests.servers import Databases

OFFICE = Actor("office", "office")
TOPIC = "ligong.registration"


def read(type: str, data: dict[str, Any]) -> Event:
    if type != Counted.type():
        raise LookupError(f"unknown event type {type}")
    return Counted.model_validate(data)


async def apply(conn: Any, events: Sequence[Received]) -> None:
    await conn.executemany(
        "insert into applied (id, stream, version, by) values ($1, $2, $3, $4)",
        [(e.recorded.id, e.recorded.stream, e.recorded.version, e.event.model_dump()["by"]) for e in events],
    )


@dataclass
class World:
    service: Process
    owner: Any
    consumer: Any
    consumer_url: str
    kafka: Kafka
    http: aiohttp.ClientSession
    sent: int = 0

    async def count(self, name: str, key: str | None = None) -> None:
        headers = {"Authorization": f"Bearer {mint(SECRET, OFFICE)}", "Idempotency-Key": key or str(uuid4())}
        url = f"{self.service.url}/api/v1/registration/count"
        async with self.http.post(url, json={"name": name}, headers=headers) as answer:
            assert answer.status == 200, await answer.text()

    async def surely(self, name: str, key: str) -> None:
        """As a client does that repeats with the same key until it has an answer."""
        async with asyncio.timeout(60):
            while True:
                with contextlib.suppress(aiohttp.ClientError, AssertionError, OSError):
                    await self.count(name, key)
                    return
                await asyncio.sleep(0.05)

    async def behind(self) -> int:
        events: int = await self.owner.fetchval("select count(*) from event")
        applied: int = await self.consumer.fetchval("select count(*) from applied")
        return events - applied

    async def arrived(self) -> None:
        """The consumer has applied exactly what the log holds, each stream in order."""
        async with asyncio.timeout(60):
            while await self.behind():
                await asyncio.sleep(0.05)
        log = await self.owner.fetch("select id, stream, version from event order by stream, version")
        applied = await self.consumer.fetch("select id, stream, version from applied order by stream, version")
        assert [tuple(r) for r in applied] == [tuple(r) for r in log]
        order = await self.consumer.fetch(
            "select stream, array_agg(version order by seq) v from applied group by stream"
        )
        assert all(row["v"] == sorted(row["v"]) for row in order)


@pytest.fixture
async def world(databases: Databases, own_kafka: Kafka) -> AsyncIterator[World]:
    owner_url, consumer_url = await databases.new("registration"), await databases.new("notification")
    owner, consumer = await asyncpg.create_pool(owner_url), await asyncpg.create_pool(consumer_url)
    await owner.execute("insert into deployment (kind) values ('real') on conflict do nothing")
    await consumer.execute(
        "create table applied (seq bigserial, id uuid primary key, stream text, version int, by int)"
    )
    service = Process(
        "tests.kernel.counting_app",
        {
            "DATABASE_URL": owner_url,
            "KAFKA_BOOTSTRAP_SERVERS": own_kafka.bootstrap,
            "LIGONG_DEPLOYMENT": "real",
            "LIGONG_INTERNAL_KEY": SECRET,
        },
    )
    await service.start()
    async with aiohttp.ClientSession() as http:
        yield World(service, owner, consumer, consumer_url, own_kafka, http)
    await service.stop()
    owner.terminate()
    consumer.terminate()


@contextlib.asynccontextmanager
async def consuming(world: World) -> AsyncIterator[None]:
    owners = Owners(world.http, lambda _: world.service.url, SECRET, "test")
    bus = Bus(
        world.consumer_url, world.consumer, world.kafka.bootstrap, Subscription("test", (TOPIC,), apply, read), owners
    )
    task = asyncio.create_task(forever("bus", bus.run))
    try:
        yield
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def traffic(world: World, commands: int, label: str) -> None:
    await asyncio.gather(*(world.surely(f"n{n % 7}", f"{label}-{n}") for n in range(commands)))


async def test_killing_the_relay_amid_traffic_loses_and_doubles_nothing(world: World) -> None:
    async with consuming(world):
        await traffic(world, 50, "before")
        going = asyncio.create_task(traffic(world, 600, "amid"))
        while await world.behind() < 20:
            await asyncio.sleep(0)
        await world.service.kill()
        assert await world.behind() > 0
        assert not going.done()
        await world.service.start()
        await going
        await world.arrived()
    assert await world.owner.fetchval("select count(*) from event") == 650


async def test_a_wiped_kafka_comes_back_from_the_log(world: World) -> None:
    async with consuming(world):
        await traffic(world, 100, "before")
        await world.arrived()
        await asyncio.to_thread(world.kafka.kill)
        going = asyncio.create_task(traffic(world, 100, "amid"))
        await going
        assert await world.behind() > 0
        await asyncio.to_thread(world.kafka.wipe)
        await asyncio.to_thread(world.kafka.start)
        await world.arrived()
        await traffic(world, 20, "after")
        await world.arrived()
    # a consumer that begins anew finds all of it there again
    await world.consumer.execute("truncate applied; delete from cursor")
    async with consuming(world):
        await world.arrived()


async def test_what_kafka_lost_unseen_is_asked_for_again(world: World) -> None:
    async with consuming(world):
        await traffic(world, 10, "before")
        await world.arrived()
    # the relay believes that it sent what never reached Kafka: also the last message of all
    await world.service.stop()
    row = await world.owner.fetchrow("select max(pos) pos from event")
    await world.owner.execute("update relay set pos = $1 + 3", row["pos"])
    await world.service.start()
    await traffic(world, 3, "lost")
    async with consuming(world):
        await world.arrived()


async def test_poison_is_set_aside_and_the_rest_goes_on(world: World) -> None:
    async with consuming(world):
        await traffic(world, 5, "before")
        await world.arrived()
        producer = AIOKafkaProducer(bootstrap_servers=world.kafka.bootstrap)
        await producer.start()
        await producer.send_and_wait(TOPIC, b"not json", partition=0)
        await producer.send_and_wait(TOPIC, b"{}", partition=1, headers=[("pseq", b"x")])
        await producer.stop()
        await traffic(world, 20, "after")
        await world.arrived()
        async with asyncio.timeout(10):
            while await world.consumer.fetchval("select count(*) from set_aside") < 2:
                await asyncio.sleep(0.05)


async def test_an_unknown_event_parks_its_stream_and_no_other(world: World) -> None:
    async with consuming(world):
        await world.count("fine")
        headers = {"Authorization": f"Bearer {mint(SECRET, OFFICE)}", "Idempotency-Key": "name"}
        url = f"{world.service.url}/api/v1/registration/take-name"
        async with world.http.post(url, json={"name": "parked", "label": "金杯"}, headers=headers) as answer:
            assert answer.status == 200
        await world.count("parked")
        other = next(f"o{n}" for n in range(99) if partition(f"counter-o{n}") == partition("counter-parked"))
        await world.count(other)
        async with asyncio.timeout(20):
            while await world.consumer.fetchval("select count(*) from applied") < 2:
                await asyncio.sleep(0.05)
            while await world.consumer.fetchval("select count(*) from dead_letter") < 2:
                await asyncio.sleep(0.05)
    rows = await world.consumer.fetch("select stream, reason from dead_letter order by pseq")
    assert [r["stream"] for r in rows] == ["counter-parked"] * 2
    assert "unknown event type" in rows[0]["reason"]
    assert "pending" in rows[1]["reason"]

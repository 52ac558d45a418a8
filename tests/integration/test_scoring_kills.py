"""Scoring when processes die, Kafka forgets and somebody rewrites history; each test on engines of its own."""

import asyncio
import json
from contextlib import suppress

import pytest
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.coordinator.protocol import ConsumerProtocol
from aiokafka.errors import KafkaError

from deploy.local.kafka import Kafka
from shared.kernel.follow import follow
from tests.integration.scoring import World, world_on
from tests.processes import Process
from tests.scoring import year
from tests.servers import Databases


async def test_an_altered_event_is_found(databases: Databases, own_kafka: Kafka) -> None:
    """Any field of its data, and nothing is made anew from a log that is itself at fault."""
    async with world_on(databases, own_kafka.bootstrap) as world:
        await world.record(*(year.reported("putuo", f"{n}") for n in range(5)))
        await world.stack.settled()
        assert await world.agrees()
        alter = "update event set data = replace(data::text, $1, $2)::json where stream = 'activity-3'"
        for was, becomes in (("样例点位", "别处"), ('"headcount":12', '"headcount":13')):
            await world.activity.execute(alter, was, becomes)
            found = await world.verify()
            assert not found["agree"]
            assert "ligong.activity" in found["reasons"][0]
            assert (await world.board())["verified"]["state"] == "unverified"
            await world.activity.execute(alter, becomes, was)
            assert await world.agrees()


async def some_traffic(world: World, label: str, n: int) -> None:
    for k in range(n):
        unit = year.UNITS[k % 3]
        await world.record(
            year.reported(unit, f"{label}{k}", ("1.1", "2.1", "3.1")[k % 3]),
            year.visited(unit, f"{label}{k}", 6000 + k, "routine"),
        )


@pytest.mark.parametrize("times", [3])
async def test_killing_the_worker_amid_traffic_loses_and_doubles_nothing(
    databases: Databases, own_kafka: Kafka, times: int
) -> None:
    """SCO-1: the same checksum as a fold of the log, after every kill."""
    async with world_on(databases, own_kafka.bootstrap) as world:
        for n in range(times):
            going = asyncio.create_task(some_traffic(world, f"k{n}-", 300))
            async with asyncio.timeout(60):
                while not await world.behind():
                    await asyncio.sleep(0)
            assert not going.done()
            await world.stack.processes["scoring_worker"].kill()
            assert await world.behind() > 0
            await going
            await world.stack.settled()
            assert await world.scoring.fetchval("select count(*) from fact") == 600 * (n + 1)
            assert (await world.verify())["agree"]


async def test_a_kafka_wiped_while_the_worker_runs_comes_back_from_the_logs(
    databases: Databases, own_kafka: Kafka
) -> None:
    async with world_on(databases, own_kafka.bootstrap) as world:
        await some_traffic(world, "before", 50)
        await world.stack.settled()
        await asyncio.to_thread(own_kafka.kill)
        await asyncio.to_thread(own_kafka.wipe)
        going = asyncio.create_task(some_traffic(world, "amid", 50))
        await asyncio.to_thread(own_kafka.start)
        await going
        await world.stack.settled(150)
        assert await world.scoring.fetchval("select count(*) from fact") == 200
        assert (await world.verify())["agree"]
        published = {}
        with suppress(TimeoutError):
            async with asyncio.timeout(20):
                async for key, value in follow(world.brokers, "ligong.board.office"):
                    published[key] = json.loads(value)
                    if len(published) == 6 and published["2021/overall"]["hash"] == (await world.board())["hash"]:
                        break
        assert published.keys() == {
            f"2021/{b}" for b in ("overall", "district", "municipal", "area-1", "area-2", "area-3")
        }


async def test_topics_that_come_back_after_the_worker_are_followed(databases: Databases, own_kafka: Kafka) -> None:
    """Kafka is wiped, and an owner that is away creates its topics only once the worker has its partitions."""
    async with world_on(databases, own_kafka.bootstrap) as world:
        owner = world.stack.processes["activity"]
        await some_traffic(world, "before", 20)
        await world.stack.settled()
        await owner.stop()
        await asyncio.to_thread(own_kafka.kill)
        await asyncio.to_thread(own_kafka.wipe)
        await asyncio.to_thread(own_kafka.start)
        async with asyncio.timeout(60):
            while "ligong.registration" not in await _assigned(world):
                await asyncio.sleep(0.2)
        await owner.start()
        await some_traffic(world, "after", 20)
        await world.stack.settled()
        assert await world.scoring.fetchval("select count(*) from fact") == 80
        assert (await world.verify())["agree"]


async def _assigned(world: World) -> set[str]:
    """The topics that the group of workers has partitions of."""
    admin = AIOKafkaAdminClient(bootstrap_servers=world.brokers)
    try:
        await admin.start()
        [answer] = await admin.describe_consumer_groups(["ligong-scoring"])
        members = answer.to_object()["groups"][0]["members"]
        found = [ConsumerProtocol.ASSIGNMENT.decode(member["member_assignment"]) for member in members]
        return {topic for assignment in found for topic, _ in assignment.assignment}
    except (KafkaError, ValueError):
        return set()
    finally:
        await admin.close()


async def test_two_workers_share_the_partitions_and_one_takes_over(databases: Databases, own_kafka: Kafka) -> None:
    async with world_on(databases, own_kafka.bootstrap) as world:
        first = world.stack.processes["scoring_worker"]
        second = Process(first.module, {**first.environment, "LIGONG_WORKER": "worker-1"})
        try:
            await second.start()
            await some_traffic(world, "both", 100)
            await world.stack.settled()
            going = asyncio.create_task(some_traffic(world, "one", 200))
            async with asyncio.timeout(60):
                while not await world.behind():
                    await asyncio.sleep(0)
            await second.kill()
            await going
            await world.stack.settled()
        finally:
            await second.stop()
        assert await world.scoring.fetchval("select count(*) from fact") == 600
        assert (await world.verify())["agree"]

"""The boards as they are pushed: through a real Kafka, to clients of each role."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import aiohttp
import pytest_asyncio
from aiokafka import AIOKafkaProducer

from services.gateway.boards import TOPICS
from services.gateway.identity import COOKIE
from tests.gateway.visitor import Visitor, World, world
from tests.servers import Databases, KafkaServer

STREAM = "/api/v1/leaderboards/2021/overall/stream"


@pytest_asyncio.fixture(scope="module")
async def gate(databases: Databases, clean_kafka: KafkaServer) -> AsyncIterator[World]:
    async with world(databases, clean_kafka.bootstrap) as made:
        yield made


@pytest_asyncio.fixture(scope="module")
async def producer(clean_kafka: KafkaServer) -> AsyncIterator[AIOKafkaProducer]:
    made = AIOKafkaProducer(bootstrap_servers=clean_kafka.bootstrap)
    await made.start()
    yield made
    await made.stop()


def board(revision: int, title: str) -> dict[str, Any]:
    row = {"rank": 1, "unit": "putuo", "name": "普陀", "short": "普陀", "group": "district", "points": 1, "lines": {}}
    return {
        "season": 2021,
        "board": "overall",
        "title": title,
        "season_name": "2021年度",
        "revision": revision,
        "updated": "2021-06-12T10:24:07+08:00",
        "scheme": 1,
        "vector": {},
        "verified": {"state": "verified", "at": None},
        "pending": 0,
        "hash": "0",
        "rows": [row],
    }


async def publish(producer: AIOKafkaProducer, revision: int) -> None:
    for audience, topic in TOPICS.items():
        value = json.dumps(board(revision, audience)).encode()
        await producer.send_and_wait(topic, value, key=b"2021/overall", partition=0)


class Events:
    """An event stream as it is read."""

    def __init__(self, answer: aiohttp.ClientResponse) -> None:
        self._lines = answer.content

    async def next(self) -> tuple[int, dict[str, Any]]:
        """Id and data of the next event. Raises StopAsyncIteration at the end."""
        found: dict[str, str] = {}
        async with asyncio.timeout(15):
            async for raw in self._lines:
                line = raw.decode().rstrip("\r\n")
                if not line and "data" in found:
                    return int(found["id"]), json.loads(found["data"])
                name, _, value = line.partition(": ")
                found[name] = value
        raise StopAsyncIteration


@asynccontextmanager
async def watching(visitor: Visitor, last: str | None = None) -> AsyncIterator[Events]:
    headers = {"Last-Event-ID": last} if last else {}
    if visitor.cookie:
        headers["Cookie"] = f"{COOKIE}={visitor.cookie}"
    if visitor.token:
        headers["Authorization"] = f"Bearer {visitor.token}"
    async with visitor.http.get(visitor.url + STREAM, headers=headers) as answer:
        assert answer.status == 200, await answer.text()
        assert answer.content_type == "text/event-stream"
        yield Events(answer)


async def published(gate: World, producer: AIOKafkaProducer, revision: int) -> None:
    """Publishes a state and waits until the gateway has it."""
    await publish(producer, revision)
    async with watching(await gate.script("office"), str(revision - 1)) as events:
        while (await events.next())[0] < revision:
            pass


async def test_each_role_gets_its_view_at_once_and_every_change(gate: World, producer: AIOKafkaProducer) -> None:
    await published(gate, producer, 10)
    office, unit = await gate.script("office"), await gate.signed_in("putuo")
    async with watching(office) as wide, watching(unit) as narrow:
        assert (await wide.next())[1]["title"] == "office"
        assert (await narrow.next())[1]["title"] == "participants"
        await publish(producer, 11)
        for events in (wide, narrow):
            revision, state = await events.next()
            assert (revision, state["revision"]) == (11, 11)


async def test_a_client_that_comes_back_is_told_only_what_is_newer(gate: World, producer: AIOKafkaProducer) -> None:
    await published(gate, producer, 20)
    script = await gate.script("unit", "putuo")
    async with watching(script, "19") as events:
        assert (await events.next())[0] == 20
    async with watching(script, "20") as events:
        await publish(producer, 21)
        assert (await events.next())[0] == 21
    async with watching(script, "nonsense") as events:
        assert (await events.next())[0] == 21


async def test_a_stream_ends_with_its_session_and_shows_nothing_after_it(
    gate: World, producer: AIOKafkaProducer
) -> None:
    await published(gate, producer, 30)
    visitor = await gate.signed_in("xuhui")
    async with watching(visitor) as events:
        assert (await events.next())[0] == 30
        await gate.execute("update account set disabled = true where login = 'xuhui'")
        await publish(producer, 31)
        try:
            shown = await events.next()
        except StopAsyncIteration:
            shown = None
        assert shown is None
    (await visitor.get(STREAM)).problem(401)


async def test_a_partner_has_no_board(gate: World) -> None:
    (await (await gate.script("partner", partner="jiangsu")).get(STREAM)).problem(403, "参赛单位")


async def test_a_board_nobody_knows_is_no_endless_wait(gate: World) -> None:
    script = await gate.script("office")
    (await script.get("/api/v1/leaderboards/2021/nothing/stream")).problem(503)  # scoring is away here
    (await script.get("/api/v1/leaderboards/x/overall/stream")).problem(422)
    (await script.get("/api/v1/leaderboards/2021/%27/stream")).problem(422)


async def test_the_gateway_stops_while_streams_are_open(gate: World, producer: AIOKafkaProducer) -> None:
    await published(gate, producer, 40)
    process = gate.stack.processes["gateway"]
    async with watching(await gate.script("office")) as events:
        await events.next()
        assert process.process is not None
        before = process.process
        before.terminate()
        await asyncio.wait_for(before.wait(), 5)
        assert before.returncode == 0

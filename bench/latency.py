"""Command sent → board row at an SSE client, at 50 commands/s, beside a bare produce → consume round trip."""

import asyncio
import contextlib
import itertools
import json
import statistics
import time
from collections.abc import AsyncIterator
from typing import Any
from uuid import uuid4

import aiohttp
import asyncpg
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition

from bench.figures import Figure
from bench.world import Engines
from shared.kernel import topics
from shared.kernel.messages import command_id
from tests.e2e import season
from tests.stack import Stack, running

RATE, SECONDS = 50, 20
UNITS = [unit.id for unit in season.DOCUMENT.units]
LINE = "item-3.2"


def uncapped() -> dict[str, Any]:
    """The 2021 season with one line that every activity moves."""
    document: dict[str, Any] = json.loads(season.DOCUMENT.model_dump_json())
    for line in document["scheme"]["lines"]:
        if line["id"] == LINE:
            line.update(points="0.01", cap="100000.00")
    return document


async def rows(stack: Stack) -> AsyncIterator[tuple[float, dict[str, int]]]:
    """When a board arrived at an SSE client, and the line's points by unit."""
    headers = {"Authorization": f"Bearer {await stack.token('office')}", "Accept": "text/event-stream"}
    url = f"{stack.gateway}/api/v1/leaderboards/2021/overall/stream"
    timeout = aiohttp.ClientTimeout(total=None)
    async with stack.http.get(url, headers=headers, timeout=timeout) as answer:
        async for line in answer.content:
            if line.startswith(b"data:"):
                arrived = time.perf_counter()
                board = json.loads(line[5:])
                yield arrived, {row["unit"]: row["lines"][LINE] for row in board["rows"]}


async def scheduled(stack: Stack) -> list[tuple[str, str]]:
    """Activities to report, by unit: the units take turns."""
    turns = list(itertools.islice(itertools.cycle(UNITS), RATE * SECONDS + len(UNITS)))
    body = {"season": 2021, "item": "3.2", "name": "样例", "place": "样例", "planned_for": "2021-06-01T08:00:00+08:00"}
    gate = asyncio.Semaphore(32)

    async def one(unit: str) -> tuple[str, str]:
        async with gate:
            answer = await stack.do("activity/schedule-activity", {**body, "unit": unit}, "office")
            return unit, answer["stream"].removeprefix("activity-")

    return list(await asyncio.gather(*(one(unit) for unit in turns)))


async def through(stack: Stack) -> list[float]:
    """Seconds from each command's sending to the first board that shows it."""
    ready = await scheduled(stack)
    await stack.settled()
    sent: dict[str, list[float]] = {unit: [] for unit in UNITS}
    seen: list[float] = []
    shown = dict.fromkeys(UNITS, 0)
    wanted, done = len(ready), asyncio.Event()

    async def watch() -> None:
        async for arrived, points in rows(stack):
            for unit, total in points.items():
                seen.extend(arrived - at for at in sent[unit][shown[unit] : total])
                shown[unit] = max(shown[unit], total)
            if sum(shown.values()) == wanted:
                done.set()

    watching = asyncio.create_task(watch())
    await asyncio.gather(*[_report(stack, n, *each, sent) for n, each in enumerate(ready)])
    await asyncio.wait_for(done.wait(), 30)
    watching.cancel()
    await asyncio.gather(watching, return_exceptions=True)
    return seen[len(UNITS) :]  # the first round warms up


async def _report(stack: Stack, n: int, unit: str, id: str, sent: dict[str, list[float]]) -> None:
    await asyncio.sleep(n / RATE)
    headers = {"Authorization": f"Bearer {await stack.token('office')}", "Idempotency-Key": str(uuid4())}
    body = {"season": 2021, "unit": unit, "activity": id, "occurred_at": "2021-06-01T08:30:00+08:00"}
    sent[unit].append(time.perf_counter())
    url = f"{stack.gateway}/api/v1/activity/report-activity"
    async with stack.http.post(url, json={**body, "headcount": 9, "outcome": "样例"}, headers=headers) as answer:
        assert answer.status == 200, await answer.text()


async def round_trips(brokers: str) -> list[float]:
    """Seconds from producing a record (acks=all, idempotent) to consuming it, at the same rate."""
    name = f"bench-{command_id('bench', str(uuid4())).hex}"
    await topics.create(brokers, (name,))
    producer = AIOKafkaProducer(bootstrap_servers=brokers, acks="all", enable_idempotence=True)
    consumer = AIOKafkaConsumer(bootstrap_servers=brokers, enable_auto_commit=False)
    await producer.start()
    await consumer.start()
    consumer.assign([TopicPartition(name, n) for n in range(8)])
    sent: dict[int, float] = {}
    took: list[float] = []
    total = RATE * SECONDS

    async def produce() -> None:
        began = time.perf_counter()
        for n in range(total):
            await asyncio.sleep(max(0.0, began + n / RATE - time.perf_counter()))
            sent[n] = time.perf_counter()
            await producer.send(name, str(n).encode(), partition=n % 8)

    producing = asyncio.create_task(produce())
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(SECONDS + 20):
            while len(took) < total:
                records = await consumer.getone()
                took.append(time.perf_counter() - sent[int(records.value)])
    await producing
    await producer.stop()
    await consumer.stop()
    return took[len(UNITS) :]


async def commits(engines: Engines) -> list[float]:
    """Seconds that one row takes to be on the disk, at the same rate: every command waits for that at least once."""
    conn = await asyncpg.connect(await engines.databases.new())
    await conn.execute("create table row (n int)")
    took: list[float] = []
    began = time.perf_counter()
    for n in range(RATE * SECONDS):
        await asyncio.sleep(max(0.0, began + n / RATE - time.perf_counter()))
        start = time.perf_counter()
        await conn.execute("insert into row values ($1)", n)
        took.append(time.perf_counter() - start)
    await conn.close()
    return took


async def measure(engines: Engines) -> list[Figure]:
    async with running(engines.databases, engines.brokers) as stack:
        await season.opened(stack, UNITS, document=uncapped())
        ours, floor, disk = await through(stack), await round_trips(engines.brokers), await commits(engines)
    found = []
    for name, percent in (("p50", 50), ("p99", 99)):
        value, least, commit = (_percentile(each, percent) for each in (ours, floor, disk))
        wanted, met = ("≤ 100 ms", value <= 100) if name == "p99" else ("", None)
        label = f"latency {name}, command → SSE at {RATE}/s"
        found.append(Figure(label, value, "ms", "bare produce → consume", least, value / least, wanted, met))
        found.append(Figure(label, value, "ms", "bare commit of one row", commit, value / commit))
    return found


def _percentile(seconds: list[float], percent: int) -> float:
    return statistics.quantiles(seconds, n=100)[percent - 1] * 1000

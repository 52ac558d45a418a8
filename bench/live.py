"""Events/s through Faust with facts stored, beside a Faust agent that does nothing; and rebuilding the boards."""

import asyncio
import json
import os
import sys
import time
from typing import Any

import asyncpg
from aiokafka import AIOKafkaConsumer, TopicPartition

from bench.figures import Figure, paired
from bench.world import Engines, fill
from shared.kernel.store import PARTITIONS
from tests.e2e import season
from tests.processes import ROOT, Process
from tests.stack import Stack, running

EVENTS, RUNS = 30_000, 5
TOPICS = ("ligong.registration", "ligong.activity", "ligong.inspection")


async def heads(stack: Stack) -> dict[str, int]:
    """The position vector of all logs that scoring consumes."""
    statuses = await stack.statuses()
    return {at: n for s in statuses.values() for at, n in s["heads"].items() if at.partition("/")[0] in TOPICS}


async def ours(engines: Engines, stack: Stack, total: int, module: str) -> tuple[float, float]:
    """Events/s until all facts are stored, and until the boards stand at the same vector; from an empty database."""
    url = await engines.databases.new("scoring", "demo")
    worker = Process(module, {**stack.processes["activity"].environment, "DATABASE_URL": url})
    conn = await asyncpg.connect(url)
    wanted = await heads(stack)
    began = start = stored = 0.0
    try:
        await worker.start()
        while True:
            now, done = time.perf_counter(), await conn.fetchval("select coalesce(sum(pseq), 0)::bigint from cursor")
            if done and not began:
                began, start = now, float(done)
            if done == total and not stored:
                stored = (total - start) / (now - began)
            if stored and await _built(conn, wanted):
                return stored, (total - start) / (time.perf_counter() - began)
            await asyncio.sleep(0.02)
    finally:
        await worker.stop()
        await conn.close()


async def _built(conn: Any, wanted: dict[str, int]) -> bool:
    """The vector is written down at most once a second."""
    found: dict[str, int] = json.loads(await conn.fetchval("select vector from standing"))
    return found == wanted


async def empty(engines: Engines, total: int) -> float:
    env = {**os.environ, "KAFKA_BOOTSTRAP_SERVERS": engines.brokers, "BENCH_EVENTS": str(total)}
    agent = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "bench.empty_agent", cwd=ROOT, env=env, stdout=asyncio.subprocess.PIPE
    )
    out, _ = await agent.communicate()
    return float(out)


async def bare(engines: Engines, total: int) -> float:
    """Events/s of reading the topics with aiokafka alone."""
    consumer = AIOKafkaConsumer(bootstrap_servers=engines.brokers, enable_auto_commit=False)
    await consumer.start()
    try:
        parts = [TopicPartition(topic, n) for topic in TOPICS for n in range(PARTITIONS)]
        consumer.assign(parts)
        await consumer.seek_to_beginning(*parts)
        seen, began = 0, time.perf_counter()
        while seen < total:
            seen += sum(len(records) for records in (await consumer.getmany(timeout_ms=1000)).values())
        return seen / (time.perf_counter() - began)
    finally:
        await consumer.stop()


async def measure(engines: Engines) -> list[Figure]:
    async with running(engines.databases, engines.brokers, only=("registration", "activity", "gateway")) as stack:
        await season.opened(stack, [])
        await fill(stack.urls["activity"], 0, EVENTS)
        await stack.settled(300)
        total = sum((await heads(stack)).values())
        live, rebuilt = [], []
        for _ in range(RUNS):
            stored, _ = await ours(engines, stack, total, "bench.live_worker")
            live.append((stored, await empty(engines, total)))
            _, boards = await ours(engines, stack, total, "services.scoring.worker")
            rebuilt.append((boards, await bare(engines, total)))
    return [
        paired("live, facts stored", "events/s", "a Faust agent that does nothing", live, 0.8),
        paired("catch-up to boards", "events/s", "a bare aiokafka read", rebuilt, None),
    ]

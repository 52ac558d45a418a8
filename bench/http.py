"""Commands/s through the gateway with 32 clients, beside an empty FastAPI endpoint behind the same gateway."""

import asyncio
import time
from typing import Any
from uuid import uuid4

import aiohttp

from bench.figures import Figure, paired
from bench.world import Engines
from tests.e2e import season
from tests.processes import Process
from tests.stack import Stack, running

CLIENTS, EACH, RUNS = 32, 60, 5


async def rate(http: aiohttp.ClientSession, gateway: str, token: str) -> float:
    body: dict[str, Any] = {
        "season": 2021,
        "unit": "huangpu",
        "item": "3.2",
        "name": "样例活动",
        "place": "样例点位",
        "planned_for": "2021-06-01T08:00:00+08:00",
    }

    async def client() -> None:
        for _ in range(EACH):
            headers = {"Authorization": f"Bearer {token}", "Idempotency-Key": str(uuid4())}
            url = f"{gateway}/api/v1/activity/schedule-activity"
            async with http.post(url, json=body, headers=headers) as answer:
                assert answer.status == 200, await answer.text()
                await answer.read()

    began = time.perf_counter()
    await asyncio.gather(*(client() for _ in range(CLIENTS)))
    return CLIENTS * EACH / (time.perf_counter() - began)


async def measure(engines: Engines) -> list[Figure]:
    only = ("registration", "activity", "gateway")
    async with running(engines.databases, engines.brokers, only=only) as stack:
        await season.opened(stack, ["huangpu"])
        empty = Process("bench.empty_app", {})
        other = Process(
            "services.gateway.app", {**stack.processes["gateway"].environment, "LIGONG_ACTIVITY_URL": empty.url}
        )
        try:
            await empty.start()
            await other.start()
            pairs = await _pairs(stack, other.url)
        finally:
            await asyncio.gather(empty.stop(), other.stop())
    return [paired("http", "commands/s", "an empty endpoint behind the same gateway", pairs, 0.5)]


async def _pairs(stack: Stack, empty: str) -> list[tuple[float, float]]:
    token = await stack.token("unit", "huangpu")
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=CLIENTS)) as http:
        await rate(http, stack.gateway, token)  # warm
        await rate(http, empty, token)
        return [(await rate(http, stack.gateway, token), await rate(http, empty, token)) for _ in range(RUNS)]

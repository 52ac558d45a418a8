"""Seconds that a unit waits for its form as PDF, through the gateway, beside typst's own time for an empty page."""

import asyncio
import statistics
import time

from bench.figures import Figure
from bench.world import Engines
from services.registration.documents.pdf import Press
from tests.e2e import season
from tests.stack import Stack, running

ROUNDS = 6  # through all units, so that no two prints in a row are of the same content
EMPTY = b'#set page(paper: "a4")\n'


async def through(stack: Stack, units: list[str]) -> list[float]:
    """Seconds by print; the first of each process counts too."""
    headers = {"Authorization": f"Bearer {await stack.token('office')}"}
    took = []
    for unit in units * ROUNDS:
        began = time.perf_counter()
        url = f"{stack.gateway}/api/v1/registration/registrations/2021/{unit}/form.pdf"
        async with stack.http.get(url, headers=headers) as answer:
            content = await answer.read()
        took.append(time.perf_counter() - began)
        assert answer.status == 200 and content.startswith(b"%PDF"), answer.status
    return took


def empty_pages(count: int) -> list[float]:
    press, took = Press(), []
    for n in range(count):
        began = time.perf_counter()
        press.typeset(EMPTY, {"n": n})
        took.append(time.perf_counter() - began)
    return took


async def measure(engines: Engines) -> list[Figure]:
    units = [unit.id for unit in season.DOCUMENT.units]
    async with running(engines.databases, engines.brokers, only=("registration", "gateway")) as stack:
        await season.opened(stack, units)
        ours = await through(stack, units)
        floor = await asyncio.to_thread(empty_pages, len(ours))
    found = []
    for name, percent in (("median", 50), ("p99", 99)):
        value, least = (statistics.quantiles(each, n=100)[percent - 1] * 1000 for each in (ours, floor))
        label = f"form pdf {name}, four copies"
        found.append(Figure(label, value, "ms", "typst, an empty page", least, value / least, "≤ 500 ms", value <= 500))
    return found

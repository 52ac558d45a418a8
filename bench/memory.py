"""Resident memory of each process at rest, and after 100,000 more events."""

import psutil

from bench.figures import Figure
from bench.world import Engines, fill
from tests.e2e import season
from tests.stack import Stack, running

EVENTS = 100_000


def resident(stack: Stack) -> dict[str, float]:
    """MiB by process."""
    found = {}
    for name, process in stack.processes.items():
        assert process.process is not None
        found[name] = psutil.Process(process.process.pid).memory_info().rss / 2**20
    return found


async def measure(engines: Engines) -> list[Figure]:
    async with running(engines.databases, engines.brokers) as stack:
        await season.opened(stack, [])
        before = resident(stack)
        await fill(stack.urls["activity"], 0, EVENTS)
        await stack.settled(600)
        after = resident(stack)
    return [
        Figure(
            f"memory, {name}, after {EVENTS:,} events",
            after[name],
            "MiB",
            "at rest",
            before[name],
            after[name] / before[name],
        )
        for name in before
    ]

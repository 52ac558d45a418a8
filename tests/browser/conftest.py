"""The system's own Chromium, and the platform with a season in it."""

import asyncio
import shutil
from collections.abc import AsyncIterator

import pytest_asyncio
from playwright.async_api import Browser, async_playwright

from tests.e2e.season import opened
from tests.gateway.visitor import World, world
from tests.servers import Databases, EmbeddedServers

NAMES = ("chromium", "chromium-browser", "google-chrome")
UNITS = ["putuo", "xuhui", "minhang"]


@pytest_asyncio.fixture(scope="session")
async def browser() -> AsyncIterator[Browser]:
    found = next(filter(None, map(shutil.which, NAMES)), None)
    assert found, "install chromium"
    async with async_playwright() as playwright:
        # A container's root has no sandbox of Chromium's to run in.
        launched = await playwright.chromium.launch(executable_path=found, args=["--no-sandbox", "--lang=zh-CN"])
        yield launched
        await launched.close()


@pytest_asyncio.fixture(scope="package")
async def platform(databases: Databases, embedded: EmbeddedServers) -> AsyncIterator[World]:
    """Everything on a broker of its own, with the 2021 season open and some units admitted; their points are equal."""
    broker = await asyncio.to_thread(embedded.kafka, "kafka-of-browsers")
    services = ("registration", "activity", "scoring", "scoring_worker", "notification", "feeds")
    async with world(databases, broker.bootstrap, *services) as made:
        await opened(made.stack, UNITS)
        yield made
    await asyncio.to_thread(broker.kill)

"""The system's own Chromium, and the platform with a season in it."""

import shutil
from collections.abc import AsyncIterator

import pytest_asyncio
from playwright.async_api import Browser, async_playwright

from tests.e2e.season import opened
from tests.gateway.visitor import World, world
from tests.servers import Databases, KafkaServer

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


@pytest_asyncio.fixture(scope="module")
async def platform(databases: Databases, clean_kafka: KafkaServer) -> AsyncIterator[World]:
    """Everything, with the 2021 season open and some units admitted; their points are equal."""
    services = ("registration", "activity", "scoring", "scoring_worker", "notification", "feeds")
    async with world(databases, clean_kafka.bootstrap, *services) as made:
        await opened(made.stack, UNITS)
        yield made

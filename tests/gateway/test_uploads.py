"""Files through the gateway: passed on as they come, and refused early where they are too large."""

import asyncio
import contextlib
import hashlib
from collections.abc import AsyncIterator
from urllib.parse import quote

import aiohttp
import psutil
import pytest
import pytest_asyncio

from shared.kernel.limits import MOST_FILE
from tests import files
from tests.gateway.visitor import World, world
from tests.integration.client import connected
from tests.servers import Databases, KafkaServer

FILES = f"/api/v1/registration/files?name={quote('方案.pdf')}"


@pytest_asyncio.fixture(scope="module")
async def gate(databases: Databases, clean_kafka: KafkaServer) -> AsyncIterator[World]:
    async with world(databases, clean_kafka.bootstrap, "registration") as made:
        yield made


async def pieces(megabytes: int) -> AsyncIterator[bytes]:
    """A file whose size nobody announces."""
    yield files.PDF
    for _ in range(megabytes):
        yield bytes(1_000_000)


def memory(gate: World) -> int:
    """Of the gateway and the service behind it."""
    processes = (gate.stack.processes[name].process for name in ("gateway", "registration"))
    return sum(psutil.Process(each.pid).memory_info().rss for each in processes if each is not None)


async def test_a_file_is_passed_on_as_it_comes(gate: World) -> None:
    script, content = await gate.script("unit", "huangpu"), files.pdf(MOST_FILE)
    whole = await script.ask("POST", FILES, content, Content_Type="application/octet-stream")
    assert whole.body["sha256"] == hashlib.sha256(content).hexdigest()
    before = memory(gate)
    assert (await script.ask("POST", FILES, pieces(19))).body["size"] == 19_000_000 + len(files.PDF)
    assert memory(gate) - before < 60_000_000


async def test_a_hundred_megabytes_are_refused_early_and_in_bounded_memory(gate: World) -> None:
    script, before = await gate.script("unit", "huangpu"), memory(gate)

    async def announced() -> AsyncIterator[bytes]:
        yield bytes(1_000)
        await asyncio.sleep(3600)  # nobody waits for the rest of it

    async with asyncio.timeout(20):
        headers = {"Content_Length": "100000000"}
        with contextlib.suppress(aiohttp.ClientError):  # cut off before the answer could be read
            (await script.ask("POST", FILES, announced(), **headers)).problem(413, "20 MB")
        with contextlib.suppress(aiohttp.ClientError):
            (await script.ask("POST", FILES, pieces(100))).problem(413, "20 MB")
    assert memory(gate) - before < 60_000_000
    assert (await script.get("/api/v1/session")).status == 200


async def test_a_refusal_comes_through_while_the_file_is_still_on_its_way(gate: World) -> None:
    other = await gate.script("leader")
    (await other.ask("POST", FILES, pieces(15))).problem(403, "角色")
    script = await gate.script("unit", "huangpu")
    (await script.ask("POST", FILES.replace("pdf", "docx"), pieces(1))).problem(415, "后缀")
    (await script.ask("POST", f"{FILES}&unit=xuhui", pieces(1))).problem(403, "本单位")


async def test_a_form_of_the_console_is_bounded_likewise(gate: World) -> None:
    visitor = await gate.signed_in("huangpu")
    (await visitor.ask("POST", "/registrations/2021/huangpu/form", bytes(1_000_001))).problem(413, "1 MB")
    (await visitor.ask("POST", "/materials/2021/huangpu/plan/files", bytes(MOST_FILE + 100_001))).problem(413, "20 MB")


async def test_an_upload_that_breaks_off_leaves_nothing(gate: World) -> None:
    async def broken() -> AsyncIterator[bytes]:
        yield files.pdf(3_000_000)
        raise OSError

    async def kept() -> int:
        async with connected(gate.stack.urls["registration"]) as conn:
            return int(await conn.fetchval("select count(*) from file"))

    script, before = await gate.script("unit", "huangpu"), await kept()
    with pytest.raises((aiohttp.ClientError, OSError)):
        await script.ask("POST", FILES, broken())
    assert (await script.ask("POST", FILES, files.pdf(2_999_999))).status == 200  # whoever tries again succeeds
    assert await kept() == before + 1

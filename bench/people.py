"""Import of 20,000 people from Excel, beside reading the same workbook and copying the same rows into a table."""

import asyncio
import re
import time
from io import BytesIO
from pathlib import Path
from uuid import uuid4

import aiohttp
import asyncpg
from python_calamine import CalamineWorkbook

from bench.figures import Figure
from bench.world import Engines
from shared.kernel.messages import Actor
from shared.kernel.tokens import mint
from tests.e2e import season
from tests.processes import SECRET
from tests.stack import Stack, running
from tests.workbooks import person, workbook

PEOPLE = 20_000
MOST_SECONDS, MOST_MEMORY = 10.0, 256.0


async def floor(url: str, content: bytes) -> float:
    """Seconds of reading the workbook and storing its rows, with no rule, no encryption and no log."""
    conn = await asyncpg.connect(url)
    try:
        await conn.execute("create table floor (name text, mobile text, badge text, team text, duty text, own text)")
        began = time.perf_counter()
        rows = CalamineWorkbook.from_filelike(BytesIO(content)).get_sheet_by_index(0).to_python()[1:]
        await conn.copy_records_to_table("floor", records=[tuple(map(str, row)) for row in rows])
        return time.perf_counter() - began
    finally:
        await conn.close()


async def imported(stack: Stack, unit: str, content: bytes) -> float:
    """Seconds from the upload to the answer."""
    url = f"{stack.processes['registration'].url}/api/v1/registration/rosters/2021/{unit}/files"
    headers = {
        "Authorization": f"Bearer {mint(SECRET, Actor('bench', 'unit', unit=unit))}",
        "Idempotency-Key": str(uuid4()),
    }
    async with aiohttp.ClientSession() as http:
        began = time.perf_counter()
        async with http.post(url, data=content, headers=headers) as answer:
            assert answer.status == 200, await answer.text()
        return time.perf_counter() - began


def peak(stack: Stack) -> float:
    """MiB that the registration process has had at most."""
    process = stack.processes["registration"].process
    assert process is not None
    found = re.search(r"VmHWM:\s+(\d+) kB", Path(f"/proc/{process.pid}/status").read_text())
    assert found is not None
    return int(found[1]) / 1024


async def measure(engines: Engines) -> list[Figure]:
    content = await asyncio.to_thread(lambda: workbook([person(n, team=f"样例{n % 200}队") for n in range(PEOPLE)]))
    async with running(engines.databases, engines.brokers, only=("gateway", "registration")) as stack:
        await season.opened(stack, [])
        at_rest = peak(stack)
        least = await floor(stack.urls["registration"], content)
        seconds = await imported(stack, "huangpu", content)
        await stack.settled(120)
        most = peak(stack)
    return [
        Figure(
            f"import of {PEOPLE:,} people",
            seconds,
            "s",
            "reading the workbook and COPY",
            least,
            seconds / least,
            f"≤ {MOST_SECONDS:.0f} s",
            seconds <= MOST_SECONDS,
        ),
        Figure(
            f"import of {PEOPLE:,} people, peak memory",
            most,
            "MiB",
            "before it",
            at_rest,
            most / at_rest,
            f"≤ {MOST_MEMORY:.0f} MiB",
            most <= MOST_MEMORY,
        ),
    ]

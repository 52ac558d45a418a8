"""Materials over HTTP: files that are good and bad, who may see them, the outstanding list, receipts."""

import asyncio
import contextlib
import hashlib
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

import aiohttp
import psutil
import pytest
import pytest_asyncio

from shared.kernel.limits import MOST_FILE
from shared.kernel.messages import Actor
from shared.kernel.tokens import mint
from tests import files
from tests.integration.client import (
    DOCUMENT,
    HUANGPU,
    INSPECTOR,
    LEADER,
    OFFICE,
    XUHUI,
    Client,
    Deployment,
    Reply,
    connected,
    deployment,
    written,
)
from tests.processes import SECRET, started
from tests.servers import Databases, KafkaServer

BINARY = {"Content-Type": "application/octet-stream"}
ASKED = 16 * 5 + 4 * 4  # the list is for district bureaus but for one entry


@dataclass
class World:
    at: Deployment
    client: Client
    pid: int

    async def get(self, path: str, who: Actor = OFFICE, **params: Any) -> Reply:
        return await self.client.get(path, who, **params)

    async def give(self, command: str, body: Any, who: Actor = OFFICE) -> int:
        """The position of a command that succeeds."""
        position: int = (await self.client.give(command, body, who)).done()["position"]
        return position

    async def upload(self, content: Any, name: str, who: Actor = HUANGPU, query: str = "") -> Reply:
        return await self.client.post(f"files?name={quote(name)}{query}", content, who, dict(BINARY))

    async def listed(self, position: int = 0, who: Actor = OFFICE, **params: Any) -> Any:
        return (await self.get("materials", who, season=2021, min_position=position, **params)).done()

    async def download(self, path: str, who: Actor) -> tuple[int, Any, bytes]:
        """Status, headers and content of a file."""
        url = f"{self.client.url}/api/v1/registration/{path}"
        headers = {"Authorization": f"Bearer {mint(SECRET, who)}"}
        async with self.client.http.get(url, headers=headers) as answer:
            return answer.status, answer.headers, await answer.read()

    async def kept(self) -> int:
        async with connected(self.at.urls["registration"]) as conn:
            return int(await conn.fetchval("select count(*) from file"))


@pytest_asyncio.fixture(scope="module")
async def world(databases: Databases, clean_kafka: KafkaServer) -> AsyncIterator[World]:
    at = await deployment(databases, clean_kafka.bootstrap, "registration")
    await at.set_clock("06-20 09:00")
    process = at.process("registration")
    async with started(process), aiohttp.ClientSession() as http:
        assert process.process is not None
        world = World(at, Client(http, process.url, "registration"), process.process.pid)
        opened = await world.give("open-season", {"document": DOCUMENT})
        async with asyncio.timeout(30):
            while (await world.listed(opened))["total"] < ASKED:
                continue
        yield world


def about(material: str, unit: str = "huangpu", **more: Any) -> dict[str, Any]:
    return {"season": 2021, "unit": unit, "material": material, **more}


async def test_a_material_goes_its_way_and_leaves_receipts(world: World) -> None:
    one, two = files.pdf(700_000), files.office("docx")
    first = (await world.upload(one, "实施方案.pdf")).done()
    assert first == {"sha256": hashlib.sha256(one).hexdigest(), "size": 700_000, "kind": "pdf"}
    second = (await world.upload(two, "实施方案.docx")).done()

    await world.give("submit-material", about("plan", sha256=first["sha256"], name="实施方案.pdf"), HUANGPU)
    late = "2021-07-06T00:00:00+08:00"
    await world.give("return-material", about("plan", reason="样例：缺少签章", resubmit_before=late))
    await world.give("submit-material", about("plan", sha256=second["sha256"], name="实施方案.docx"), HUANGPU)
    await world.give("accept-material", about("plan"))
    at = await world.give("receive-material-paper", about("plan", copies=2))

    found = (await world.get("materials/2021/huangpu/plan", HUANGPU, min_position=at)).done()
    assert (found["status"], found["number"], found["copies"], found["late"]) == ("completed", 2, 2, False)
    assert [(each["number"], each["name"], each["sha256"], each["actor"]) for each in found["versions"]] == [
        (1, "实施方案.pdf", first["sha256"], "huangpu-1"),
        (2, "实施方案.docx", second["sha256"], "huangpu-1"),
    ]
    told = (await world.get("materials/2021/huangpu/plan/history", HUANGPU)).done()["items"]
    assert [each["what"].partition("版")[0] for each in told][:4] == ["报送第1", "退回第1", "报送第2", "接收第2"]
    assert told[1]["why"] == "样例：缺少签章"
    assert "签收纸质资料2份，已收2份（共2份）" in told[4]["what"]

    status, headers, content = await world.download("materials/2021/huangpu/plan/versions/2/file", HUANGPU)
    assert (status, content) == (200, two)
    assert headers["Content-Disposition"] == f"attachment; filename*=UTF-8''{quote('实施方案.docx')}"
    assert headers["Content-Type"] == "application/octet-stream"
    assert headers["X-Content-Type-Options"] == "nosniff"


async def test_the_outstanding_list(world: World) -> None:
    sent = (await world.upload(files.PDF, "小结.pdf", OFFICE, "&unit=hongkou")).done()["sha256"]
    body = about("midyear", "hongkou", sha256=sent, name="小结.pdf")
    await world.give("submit-material", body)
    at = await world.give("accept-material", about("midyear", "hongkou"))
    everything = await world.listed(at, material="midyear")
    assert everything["counts"] == {"due": 19, "completed": 1} and everything["total"] == 20
    outstanding = await world.listed(at, material="midyear", outstanding="true")
    assert outstanding["total"] == 19
    assert "hongkou" not in [row["unit"] for row in outstanding["items"]]
    assert (await world.listed(status="completed", q="虹口"))["total"] == 1
    assert (await world.listed(group="municipal", material="roster"))["total"] == 0
    assert (await world.listed(unit="hongkou", sort="-due"))["items"][-1]["material"] == "plan"


async def test_everyone_sees_what_is_theirs(world: World) -> None:
    sent = (await world.upload(files.PDF, "小结.pdf")).done()["sha256"]
    at = await world.give("submit-material", about("midyear", sha256=sent, name="小结.pdf"), HUANGPU)
    path = "materials/2021/huangpu/midyear"
    assert {row["unit"] for row in (await world.listed(at, XUHUI))["items"]} == {"xuhui"}
    for part in (path, f"{path}/history", f"{path}/versions/1/file"):
        (await world.get(part, XUHUI)).problem(403, "本单位")
        (await world.get(part, INSPECTOR)).problem(403)
        assert (await world.get(part, LEADER)).status == 200
    (await world.upload(files.PDF, "x.pdf", XUHUI, "&unit=huangpu")).problem(403, "本单位")
    (await world.upload(files.PDF, "x.pdf", LEADER)).problem(403)
    (await world.upload(files.PDF, "x.pdf", OFFICE)).problem(422, "哪个单位")
    # What one unit has uploaded, another cannot hand in.
    mine = (await world.upload(files.pdf(1234), "x.pdf")).done()["sha256"]
    refused = await world.client.give("submit-material", about("midyear", "xuhui", sha256=mine, name="x.pdf"), XUHUI)
    refused.problem(409, "先上传")
    (await world.get("materials/2021/huangpu/diary")).problem(404, "没有这项")
    (await world.get("materials/2021/huangpu/midyear/versions/9/file")).problem(404, "第9版")


@pytest.mark.parametrize(
    ("content", "name", "status", "words"),
    [
        (b"", "空.pdf", 422, "空"),
        (b"MZ" + bytes(1000), "程序.pdf", 415, "不能接收"),
        (files.PDF, "方案.docx", 415, "后缀与内容不符"),
        (files.office("docx", {"word/vbaProject.bin": b"x"}), "方案.docx", 415, "宏"),
        (files.bomb(), "方案.docx", 415, "解压后过大"),
        (files.pdf(MOST_FILE + 1), "方案.pdf", 413, "20 MB"),
        (files.PDF, "../方案.pdf", 422, "name"),
    ],
    ids=["empty", "program", "other-ending", "macros", "bomb", "large", "path"],
)
async def test_a_bad_file_is_refused_and_leaves_nothing(
    world: World, content: bytes, name: str, status: int, words: str
) -> None:
    before, log = await world.kept(), await written(world.at.urls["registration"])
    (await world.upload(content, name)).problem(status, words)
    assert await world.kept() == before
    assert await written(world.at.urls["registration"]) == log


async def test_a_hundred_megabytes_are_refused_in_bounded_memory(world: World) -> None:
    async def unannounced() -> AsyncIterator[bytes]:
        for _ in range(100):
            yield bytes(1_000_000)

    process, before = psutil.Process(world.pid), await world.kept()
    memory = process.memory_info().rss
    with contextlib.suppress(aiohttp.ClientError):  # cut off before the answer could be read
        (await world.upload(unannounced(), "大文件.pdf")).problem(413, "20 MB")
    assert process.memory_info().rss - memory < 60_000_000
    assert await world.kept() == before


async def test_emptied_read_models_come_back_the_same(world: World) -> None:
    tables = ("material", "material_version", "material_history")
    async with connected(world.at.urls["registration"]) as conn:

        async def shot() -> list[list[str]]:
            return [sorted(str(row) for row in await conn.fetch(f"select * from {table}")) for table in tables]

        head = await conn.fetchval("select pos from log_head")
        await world.listed(head)
        before = await shot()
        rebuilt = asyncio.Event()
        told = f"material-lists:{head}"
        await conn.add_listener("projected", lambda *args: rebuilt.set() if args[3] == told else None)
        async with conn.transaction():
            await conn.execute(f"truncate {', '.join(tables)}")
            await conn.execute("update own_cursor set pos = 0 where projection = 'material-lists'")
        async with asyncio.timeout(30):
            await rebuilt.wait()
        assert await shot() == before
        assert before[1]

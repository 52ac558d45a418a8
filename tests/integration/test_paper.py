"""REG-3: paper over HTTP: printed with its code, held against the electronic form, received copy by copy."""

import asyncio
import re
from collections.abc import AsyncIterator
from dataclasses import dataclass
from io import BytesIO
from typing import Any

import aiohttp
import pytest_asyncio
from docx import Document

from seasons import year_2021
from shared.contracts.season import Unit
from shared.kernel.messages import Actor
from shared.kernel.tokens import mint
from tests.e2e import season
from tests.integration.client import DOCUMENT, HUANGPU, INSPECTOR, LEADER, OFFICE, XUHUI, Client, deployment
from tests.processes import SECRET, started
from tests.registration.test_paper import pages
from tests.registration.test_template import written
from tests.servers import Databases, KafkaServer


@dataclass
class World:
    client: Client

    async def file(self, path: str, who: Actor) -> tuple[int, bytes]:
        headers = {"Authorization": f"Bearer {mint(SECRET, who)}"}
        url = f"{self.client.url}/api/v1/registration/{path}"
        async with self.client.http.get(url, headers=headers) as answer:
            return answer.status, await answer.read()

    async def code(self, unit: str) -> str:
        """The verification code on the unit's form as it is printed now."""
        status, word = await self.file(f"registrations/2021/{unit}/form.docx", OFFICE)
        assert status == 200, word
        footer = Document(BytesIO(word)).sections[0].footer.paragraphs[0].text
        found = re.search(r"核验码 (\S+)", footer)
        assert found
        return found[1]

    async def submit(self, unit: str, **changes: Any) -> Any:
        return (await self.client.give("submit-registration", year_2021.form(whose(unit), **changes))).done()

    async def receipts(self, unit: str, position: int) -> Any:
        path = f"registrations/2021/{unit}/papers"
        return (await self.client.get(path, LEADER, min_position=position)).done()["items"]


def whose(id: str) -> Unit:
    found = season.DOCUMENT.unit(id)
    assert found
    return found


@pytest_asyncio.fixture(scope="module")
async def world(databases: Databases, clean_kafka: KafkaServer) -> AsyncIterator[World]:
    """Registration running, the season of 2021 open, every unit of its directory may register."""
    at = await deployment(databases, clean_kafka.bootstrap, "registration")
    await at.set_clock("06-08 09:00")
    process = at.process("registration")
    async with started(process), aiohttp.ClientSession() as http:
        world = World(Client(http, process.url, "registration"))
        opened = (await world.client.give("open-season", {"document": DOCUMENT})).done()
        async with asyncio.timeout(30):
            while True:
                found = await world.client.get("registrations", season=2021, min_position=opened["position"] + 20)
                if found.done()["total"] == 20:
                    break
        yield world


async def test_the_unit_itself_and_the_office_print_every_copy(world: World) -> None:
    refused = await world.client.get("registrations/2021/huangpu/form.pdf", HUANGPU)
    refused.problem(409, "提交后才能打印")
    await world.submit("huangpu")
    for who in (HUANGPU, OFFICE):
        status, pdf = await world.file("registrations/2021/huangpu/form.pdf", who)
        assert (status, pdf[:4], pages(pdf)) == (200, b"%PDF", 4)
    for other in (XUHUI, LEADER, INSPECTOR):
        for kind in ("pdf", "docx"):
            assert (await world.file(f"registrations/2021/huangpu/form.{kind}", other))[0] == 403
    (await world.client.get("registrations/2021/nowhere/form.pdf")).problem(404, "名录")
    (await world.client.get("registrations/2020/huangpu/form.pdf")).problem(404, "2020赛季")


async def test_a_unit_on_file_prints_its_single_photocopy(world: World) -> None:
    await world.submit("zimaoqu", outcome="administrative", zone="样例赛区")
    _, pdf = await world.file("registrations/2021/zimaoqu/form.pdf", OFFICE)
    assert pages(pdf) == 1


async def test_a_code_opens_the_version_that_was_printed(world: World) -> None:
    await world.submit("xuhui", theme="初稿（样例）")
    code = await world.code("xuhui")
    first = (await world.client.get(f"prints/{code.lower()}")).done()
    assert (first["unit"], first["standing"], first["differences"]) == ("xuhui", "current", [])
    said = {line["label"]: line["text"] for line in first["lines"]}
    assert said["竞赛主题"] == "初稿（样例）"
    assert year_2021.form(whose("xuhui"))["contact"]["mobile"] in said["联系人"]

    returning = {"season": 2021, "unit": "xuhui", "reasons": {"竞赛主题": "请写明"}}
    before = "2021-06-20T00:00:00+08:00"
    (await world.client.give("return-registration", {**returning, "resubmit_before": before})).done()
    assert (await world.client.get(f"prints/{code}")).done()["standing"] == "returned"

    done = await world.submit("xuhui", theme="定稿（样例）")
    older = (await world.client.get(f"prints/{code}")).done()
    assert (older["standing"], older["version"]) == ("superseded", first["version"])
    assert older["current_version"] == done["version"]
    assert older["differences"] == [{"label": "竞赛主题", "printed": "初稿（样例）", "current": "定稿（样例）"}]
    assert (await world.client.get(f"prints/{await world.code('xuhui')}")).done()["standing"] == "current"


async def test_a_code_that_was_mistyped_or_forged_is_told(world: World) -> None:
    await world.submit("minhang")
    code = await world.code("minhang")
    forged = code[:-1] + ("0" if code[-1] != "0" else "1")
    (await world.client.get(f"prints/{forged}")).problem(422, "没有这个核验码")
    (await world.client.get("prints/ABCD")).problem(422, "应为16位")
    for other in (LEADER, HUANGPU, INSPECTOR):
        (await world.client.get(f"prints/{code}", other)).problem(403)


async def test_copies_are_received_with_date_receiver_and_version(world: World) -> None:
    await world.submit("pudong")
    version = (await world.client.get(f"prints/{await world.code('pudong')}")).done()["version"]
    paper = {"season": 2021, "unit": "pudong", "received_at": "2021-06-07T15:00:00+08:00"}
    (await world.client.give("receive-paper", {**paper, "printed_version": version - 1})).problem(409, "较早的版本")
    (await world.client.give("receive-paper", {**paper, "printed_version": version})).done()
    done = (await world.client.give("receive-paper", {**paper, "copies": 2, "received_by": "frontdesk"})).done()
    found = await world.receipts("pudong", done["position"])
    assert [(each["copy_number"], each["received_by"], each["checked"], each["late"]) for each in found] == [
        (1, OFFICE.account, True, False),
        (2, "frontdesk", False, False),
        (3, "frontdesk", False, False),
    ]
    assert {each["received_at"] for each in found} == {"2021-06-07T15:00:00+08:00"}
    (await world.client.get("registrations/2021/pudong/papers", HUANGPU)).problem(403)


async def test_the_office_s_own_template_is_used_until_it_is_taken_back(world: World) -> None:
    await world.submit("baoshan")
    own = written("本办样式：{{ 单位名称 }}", "核验码 {{ 核验码 }}")
    path, form = "templates/2021/own?name=own.docx", "registrations/2021/baoshan/form.docx"

    async def text() -> list[str]:
        _, word = await world.file(form, OFFICE)
        return [paragraph.text for paragraph in Document(BytesIO(word)).paragraphs]

    before = await text()
    wrong = await world.client.post(path, written("{{ 邮政编码 }}"), OFFICE, {})
    wrong.problem(415, "邮政编码", "不存在")
    (await world.client.post(path, own, HUANGPU, {})).problem(403)
    (await world.client.get("templates/2021", LEADER)).problem(403)
    assert (await world.client.get("templates/2021")).done()["items"] == []
    for _ in range(2):  # a repeat changes nothing
        (await world.client.post(path, own, OFFICE, {})).done()
    assert "本办样式：上海市宝山区城市管理行政执法局" in await text()
    assert (await world.file("templates/2021/file", OFFICE))[1] == own

    (await world.client.give("revert-template", {"season": 2021})).done()
    assert await text() == before
    (await world.client.post(path, own, OFFICE, {})).done()  # and again the one that was used before
    found = (await world.client.get("templates/2021")).done()
    assert [(each["name"], each["actor"]) for each in found["items"]] == [
        ("own.docx", OFFICE.account),
        (None, OFFICE.account),
        ("own.docx", OFFICE.account),
    ]
    (await world.client.give("revert-template", {"season": 2021})).done()
    (await world.client.post("templates/2020/own?name=own.docx", own, OFFICE, {})).problem(409, "2020赛季")

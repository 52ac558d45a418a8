"""The form from its first draft on, over HTTP: kept while it is filled in, and changed after it was handed in."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest_asyncio

from shared.kernel.messages import Actor
from tests.integration.client import DOCUMENT, HUANGPU, LEADER, OFFICE, XUHUI, Client, Deployment, connected, deployment
from tests.integration.test_registration import code, form
from tests.processes import started
from tests.servers import Databases, KafkaServer

DRAFT = {"theme": "样例主题", "contact.name": "样例甲", "contact.mobile": "000-0000-0009", "teams.0.name": ""}


class World:
    """Registration running, the season of 2021 open, every unit of its directory may register."""

    def __init__(self, at: Deployment, client: Client) -> None:
        self.at, self.client = at, client

    async def detail(self, unit: str, position: int) -> Any:
        return (await self.client.get(f"registrations/2021/{unit}", min_position=position)).done()

    async def history(self, unit: str, position: int) -> list[tuple[str, str | None]]:
        found = (await self.client.get(f"registrations/2021/{unit}/history", min_position=position)).done()
        return [(entry["what"], entry["why"]) for entry in found["items"]]

    async def give(self, command: str, body: Any, who: Actor = OFFICE) -> int:
        position: int = (await self.client.give(command, body, who)).done()["position"]
        return position


@pytest_asyncio.fixture(scope="module")
async def world(databases: Databases, clean_kafka: KafkaServer) -> AsyncIterator[World]:
    at = await deployment(databases, clean_kafka.bootstrap, "registration")
    await at.set_clock("06-01 09:00")
    process = at.process("registration")
    async with started(process), aiohttp.ClientSession() as http:
        made = World(at, Client(http, process.url, "registration"))
        position = await made.give("open-season", {"document": DOCUMENT})
        async with asyncio.timeout(30):
            while (
                await made.client.get("registrations", season=2021, min_position=position + len(DOCUMENT["units"]))
            ).done()["total"] < len(DOCUMENT["units"]):
                continue
        yield made


def unit(id: str) -> Actor:
    return Actor(f"{id}-1", "unit", unit=id)


async def test_a_draft_is_kept_sealed_and_ends_when_the_form_is_handed_in(world: World) -> None:
    nothing = (await world.client.get("drafts/2021/huangpu", HUANGPU)).done()
    assert (nothing["version"], nothing["values"], nothing["saved_at"]) == (0, {}, None)
    saved = (
        await world.client.put("drafts/2021/huangpu", {"version": 0, "page": "page-one", "values": DRAFT}, HUANGPU)
    ).done()
    assert (saved["version"], saved["saved_at"]) == (1, "2021-06-01T09:00:00+08:00")
    again = (await world.client.get("drafts/2021/huangpu", HUANGPU)).done()
    assert (again["values"], again["saved_by"]) == (DRAFT, "huangpu-1")

    async with connected(world.at.urls["registration"]) as conn:
        stored = await conn.fetchval("select values from draft")
        assert all(word.encode() not in stored for word in ("样例甲", "000-0000-0009"))
        assert await conn.fetchval("select cardinality(people) from draft") == 1

    await world.detail("huangpu", await world.give("submit-registration", form("huangpu", "310101"), HUANGPU))
    assert (await world.client.get("drafts/2021/huangpu", HUANGPU)).done()["version"] == 0
    late = await world.client.put("drafts/2021/huangpu", {"version": 1, "page": "page-one", "values": DRAFT}, HUANGPU)
    late.problem(409, "已提交")


async def test_two_browsers_do_not_overwrite_each_other_s_draft(world: World) -> None:
    """Only one of two that began with the same version is saved, also when both arrive at once."""
    path, first = "drafts/2021/xuhui", {"version": 0, "page": "page-one", "values": {"theme": "甲"}}
    (await world.client.put(path, first, XUHUI)).done()
    (await world.client.put(path, {**first, "page": "page-two"}, XUHUI)).problem(409, "另一个页面", "刷新")
    replies = await asyncio.gather(
        *(
            world.client.put(path, {"version": 1, "page": f"page-{n:03}", "values": {"theme": f"第{n}页"}}, XUHUI)
            for n in range(10)
        )
    )
    assert sorted(reply.status for reply in replies) == [200] + [409] * 9
    # A page is in no conflict with itself: its own save may have been on its way when it saved again.
    last = next(r.body["values"] for r in replies if r.status == 200)
    mine = {"version": 1, "page": f"page-{int(last['theme'][1:-1]):03}", "values": last}
    (await world.client.put(path, mine, XUHUI)).done()
    kept = (await world.client.get(path)).done()  # the office sees it too, to help on the telephone
    assert (kept["version"], kept["values"]) == (3, last)


async def test_a_draft_is_the_unit_s_own(world: World) -> None:
    (await world.client.get("drafts/2021/huangpu", XUHUI)).problem(403)
    (await world.client.put("drafts/2021/huangpu", {"version": 0, "page": "page-one", "values": {}}, XUHUI)).problem(
        403
    )
    (await world.client.get("drafts/2021/huangpu", LEADER)).problem(403)
    (await world.client.put("drafts/2021/suzhou", {"version": 0, "page": "page-one", "values": {}})).problem(
        404, "名录"
    )


async def test_a_draft_has_its_measure(world: World) -> None:
    long = {"version": 0, "page": "page-one", "values": {"theme": "长" * 2001}}
    (await world.client.put("drafts/2021/xuhui", long, XUHUI)).problem(422)


async def test_a_form_is_withdrawn_and_handed_in_by_the_office(world: World) -> None:
    who, mine = unit("jingan"), form("jingan", "310106")
    await world.give("submit-registration", mine, who)
    back = await world.detail(
        "jingan", await world.give("withdraw-registration", {"season": 2021, "unit": "jingan"}, who)
    )
    assert (back["status"], back["form"], back["outcome"]) == ("started", None, None)
    position = await world.give("submit-registration", mine)
    assert (await world.detail("jingan", position))["on_behalf"] is True
    assert [what for what, _ in await world.history("jingan", position)][-2:] == [
        "撤回登记表，修改后可重新提交，纸质登记表随新表重新报送",
        "代录并提交登记表：在本分赛区登记，参赛团队1支",
    ]


async def test_an_accepted_form_is_corrected_and_its_zone_changed(world: World) -> None:
    who, names = {"season": 2021, "unit": "putuo"}, {"address": "样例路1号", "goals": "样例目标"}
    mine = form("putuo", "310107", signed_off_by="leader", signed_off_on="2021-05-31")
    await world.give("submit-registration", mine, unit("putuo"))
    await world.give("accept-registration", who)
    await world.give("receive-paper", {**who, "copies": 4})
    other = code("310107", "YANGPAN09")
    position = await world.give("amend-registration", {**mine, **names, "credit_code": other, "reason": "证书换发"})
    shown = await world.detail("putuo", position)
    assert (shown["status"], shown["copies"]) == ("completed", 4)
    assert shown["form"].items() >= {**names, "credit_code": other, "signed_off_on": "2021-05-31"}.items()

    elsewhere = {**who, "outcome": "administrative", "zone": "样例赛区", "reason": "隶属关系调整"}
    moved = await world.detail("putuo", position := await world.give("change-zone", elsewhere))
    assert (moved["status"], moved["copies"], moved["copies_due"]) == ("accepted", 0, 1)
    assert (moved["outcome"], moved["form"]["zone"], moved["completed_at"]) == ("administrative", "样例赛区", None)
    history = await world.history("putuo", position)
    assert ("更正登记表，已收的纸质登记表继续有效", "证书换发") in history
    assert history[-2] == (
        "变更赛区：由在本分赛区登记改为在行政关系所属赛区（样例赛区）登记，本处备案，纸质登记表须重新报送",
        "隶属关系调整",
    )
    # The code that was corrected is free, and the new one is held.
    freed = form("hongkou", "310109", credit_code=mine["credit_code"])
    await world.give("submit-registration", freed, unit("hongkou"))
    held = form("yangpu", "310110", credit_code=other)
    (await world.client.give("submit-registration", held, unit("yangpu"))).problem(409, "普陀")


async def test_more_time_for_all_reaches_each_unit(world: World) -> None:
    more = {"season": 2021, "closes_at": "2021-06-26T00:00:00+08:00", "reason": "系统维护", "approver": "样例副局长"}
    await world.give("extend-deadline-for-all", more)
    async with asyncio.timeout(30):
        while True:
            rows = (await world.client.get("registrations", season=2021, limit=50)).done()["items"]
            if all(row["closes_at"] == "2021-06-26T00:00:00+08:00" for row in rows if row["status"] != "completed"):
                break
    season = (await world.client.get("seasons/2021")).done()
    assert (season["extended_to"], season["extension_approver"]) == ("2021-06-26T00:00:00+08:00", "样例副局长")
    assert ("登记期限延至2021年6月25日（周五）24:00（批准人：样例副局长）", "系统维护") in await world.history(
        "minhang", 0
    )

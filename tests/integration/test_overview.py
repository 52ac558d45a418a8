"""The overview, the contact list and the report upward over HTTP, by role."""

from io import BytesIO
from typing import Any

import pytest_asyncio
from docx import Document

from shared.kernel.messages import Actor
from shared.kernel.tokens import mint
from tests.integration import spoiled
from tests.integration.client import HUANGPU, INSPECTOR, JUDGE, LEADER, OFFICE, PARTNER, SERVICE, XUHUI, Reply
from tests.integration.test_registration import World, form, world
from tests.processes import SECRET

__all__ = ["world"]  # the fixture

PHOTOCOPY = {"outcome": "administrative", "zone": "样例赛区"}
HEAD = {"name": "样例队长", "mobile": "000-0000-0009", "email": "head@example.invalid", "duty": "队长"}


@pytest_asyncio.fixture(scope="module")
async def position(world: World) -> int:
    """Huangpu complete, Xuhui on file with its photocopy due, Changning sent back, Jing'an with more time."""

    async def give(command: str, unit: str, **body: Any) -> Any:
        return (await world.give(command, {"season": 2021, "unit": unit, **body})).done()

    teams = [{"name": "样例中队", "field": "delta", "category": "specialised-team", "size": 12, "leader": HEAD}]
    await give("submit-registration", **form("huangpu", "310101", teams=teams))
    await give("accept-registration", "huangpu")
    await give("receive-paper", "huangpu", copies=4)
    await give("submit-registration", **form("xuhui", "310104", **PHOTOCOPY))
    await give("submit-registration", **form("changning", "310105"))
    reasons = {"竞赛主题": "请写明主题"}
    before = "2021-06-12T00:00:00+08:00"
    await give("return-registration", "changning", reasons=reasons, resubmit_before=before)
    done = await give("extend-deadline", "jingan", closes_at="2021-06-26T00:00:00+08:00", reason="汛期值守")
    found: int = done["position"]
    return found


async def overview(world: World, position: int, **params: Any) -> Any:
    return (await world.get("overview", season=2021, min_position=position, **params)).done()


async def contacts(world: World, position: int, who: Any, **params: Any) -> dict[str, Any]:
    """People by unit."""
    found = (await world.get("contacts", who, season=2021, min_position=position, **params)).done()
    return {row["unit"]: row["people"] for row in found["items"]}


async def test_every_unit_is_there_in_official_order_with_what_it_lacks(world: World, position: int) -> None:
    """REG-2, REG-3."""
    found = await overview(world, position)
    assert [row["order"] for row in found["items"]] == list(range(1, 21))
    assert found["closes_at"] == "2021-06-18T00:00:00+08:00"
    rows = {row["unit"]: row for row in found["items"]}
    shown = ("status", "electronic", "paper", "copies", "copies_due", "teams", "headcount", "waits_for", "lacking")
    assert [rows["huangpu"][name] for name in shown] == ["completed", "on_time", "on_time", 4, 4, 1, 12, None, []]
    filed = ["submitted", "on_time", "pending", 0, 1, 1, 12, "unit", ["电子登记表待审核", "复印件尚缺1份"]]
    assert [rows["xuhui"][name] for name in shown] == filed
    assert rows["changning"]["returned_because"] == {"竞赛主题": "请写明主题"}
    assert rows["jingan"]["extended_because"] == "汛期值守"
    assert rows["jingan"]["closes_at"] == "2021-06-26T00:00:00+08:00"


async def test_groups_are_counted_whatever_is_asked_for(world: World, position: int) -> None:
    everything, some = await overview(world, position), await overview(world, position, group="municipal")
    assert everything["groups"] == some["groups"]
    assert [(each["group"], each["units"], each["completed"]) for each in some["groups"]] == [
        ("district", 16, 1),
        ("municipal", 4, 0),
        (None, 20, 1),
    ]
    assert some["total"] == len(some["items"]) == 4


async def test_the_outstanding_are_those_that_are_not_complete(world: World, position: int) -> None:
    outstanding = [row["unit"] for row in (await overview(world, position, outstanding="true"))["items"]]
    assert len(outstanding) == 19
    assert "huangpu" not in outstanding
    returned = await overview(world, position, outstanding="true", status="returned")
    assert [row["unit"] for row in returned["items"]] == ["changning"]


async def test_contacts_are_seen_as_far_as_the_role_may(world: World, position: int) -> None:
    """REG-20."""
    office = await contacts(world, position, OFFICE)
    assert list(office) == ["huangpu", "xuhui", "changning"]
    assert [person["position"] for person in office["huangpu"]] == ["leader", "deputy", "contact", "team_leader"]
    clear = {"position": "contact", "team": None, "name": "样例丙", "duty": ""}
    assert office["xuhui"][2] == {**clear, "mobile": "000-0000-0003", "email": "contact@example.invalid"}
    assert office["huangpu"][3] == {"position": "team_leader", "team": "样例中队", **HEAD}

    leader = await contacts(world, position, LEADER)
    assert leader["xuhui"][2] == {**clear, "mobile": "000****0003", "email": "c****@example.invalid"}
    assert "000-0000" not in str(leader)
    assert "contact@" not in str(leader)

    unit = await contacts(world, position, XUHUI)
    assert unit["xuhui"] == office["xuhui"]
    assert unit["huangpu"][2] == {**clear, "mobile": None, "email": None}
    assert [person["name"] for person in unit["huangpu"]] == ["样例甲", "样例乙", "样例丙", "样例队长"]


async def test_the_leading_group_sees_no_address_in_a_form_either(world: World, position: int) -> None:
    leader = (await world.get("registrations/2021/xuhui", LEADER, min_position=position)).done()["form"]
    assert (leader["contact"]["mobile"], leader["contact"]["email"]) == ("000****0003", "c****@example.invalid")
    own = (await world.get("registrations/2021/xuhui", XUHUI, min_position=position)).done()["form"]
    assert own["contact"]["email"] == "contact@example.invalid"


async def test_contacts_are_found_by_unit_and_page_by_page(world: World, position: int) -> None:
    assert list(await contacts(world, position, OFFICE, q="徐汇")) == ["xuhui"]
    assert list(await contacts(world, position, OFFICE, group="municipal")) == []
    first = (await world.get("contacts", season=2021, limit=2)).done()
    second = (await world.get("contacts", season=2021, limit=2, cursor=first["next"])).done()
    assert [row["unit"] for row in first["items"] + second["items"]] == ["huangpu", "xuhui", "changning"]
    assert second["next"] is None


async def test_the_report_names_the_outstanding_with_their_reasons(world: World, position: int) -> None:
    content = await report(world, OFFICE, position)
    text = "\n".join(paragraph.text for paragraph in Document(BytesIO(content)).paragraphs)
    assert "应登记单位20家，已提交电子登记表2家" in text
    assert "退回原因：竞赛主题（请写明主题）" in text
    assert "延期原因：汛期值守" in text
    assert "黄浦" not in text
    for name in ("样例甲", "样例丙", "000-0000"):
        assert name not in text, "no personal data goes upward"


async def report(world: World, who: Actor, position: int = 0) -> bytes:
    headers = {"Authorization": f"Bearer {mint(SECRET, who)}"}
    url = f"{world.client.url}/api/v1/registration/report?season=2021&min_position={position}"
    async with world.client.http.get(url, headers=headers) as answer:
        assert answer.status == 200, await answer.text()
        return await answer.read()


async def test_only_whom_it_concerns(world: World) -> None:
    for path in ("overview", "report"):
        for who in (HUANGPU, INSPECTOR, JUDGE, PARTNER, SERVICE):
            (await world.get(path, who, season=2021)).problem(403)
        (await world.get(path, None, season=2021)).problem(401)
    assert (await world.get("overview", LEADER, season=2021)).status == 200
    assert await report(world, LEADER)
    for who in (INSPECTOR, JUDGE, PARTNER, SERVICE):
        (await world.get("contacts", who, season=2021)).problem(403)


async def test_no_bad_request_passes(world: World) -> None:
    async def asked(query: str) -> Reply:
        return await world.get(query)

    for path in ("overview", "report", "contacts"):
        (await asked(path)).problem(422)
        (await asked(f"{path}?season=2031")).problem(404, "2031")
        for year in spoiled.YEARS:
            (await asked(f"{path}?season={year}")).problem(422)
    for query in ("status=x", "group=x", "outstanding=maybe", "x=1"):
        (await asked(f"overview?season=2021&{query}")).problem(422)
    for query in spoiled.LISTS:
        (await asked(f"contacts?season=2021&{query}")).problem(422)

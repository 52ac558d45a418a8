"""The whole year of 2021, played through the gateway as the demo plays it."""

import re
from collections.abc import AsyncIterator
from typing import Any, Literal

import asyncpg
import pytest_asyncio

from deploy.local import player, scenario
from deploy.local.demo_accounts import accounts
from services.gateway.accounts import issue_token
from shared.contracts.season import points
from tests.e2e import season
from tests.processes import SECRET
from tests.servers import Databases, KafkaServer
from tests.stack import Stack, running

YEAR = season.ROOT / "seasons/2021/scenario.jsonl"
BY_HAND = (season.ROOT / "seasons/2021/totals.md").read_text()


@pytest_asyncio.fixture(scope="module")
async def year(databases: Databases, clean_kafka: KafkaServer) -> AsyncIterator[Stack]:
    async with running(databases, clean_kafka.bootstrap) as stack:
        tokens = {
            each.login: await issue_token(stack.urls["gateway"], each.role, each.unit, each.partner, each.login)
            for each in accounts(season.ROOT / "seasons/2021/season.yaml")
        }
        clock = str(stack.clock_url)
        stage = player.Stage(stack.gateway, stack.services(), clock, SECRET, tokens)
        await player.play(YEAR, stage, 0, lambda done, total, note: None)
        yield stack


async def test_it_has_at_least_two_thousand_commands_in_all_items_and_stages() -> None:
    steps = scenario.read(YEAR)
    assert len(steps) >= 2000
    assert {s.body["item"] for s in steps if s.do.endswith("schedule-activity")} == {
        i.id for i in season.DOCUMENT.items
    }
    for stage in season.DOCUMENT.stages:
        assert any(stage.starts <= step.at.date() <= stage.ends for step in steps), stage.name


async def test_the_board_is_what_was_derived_by_hand(year: Stack) -> None:
    rows = {row["unit"]: row for row in (await season.board(year))["rows"]}
    by_hand = dict(re.findall(r"^## (.+?)：([\d.]+) 分$", BY_HAND, re.MULTILINE))
    assert points(rows["chongming"]["points"]) == by_hand["崇明区局"]
    assert points(rows["lingang"]["points"]) == by_hand["临港新片区综合执法大队"]


async def test_a_tie_shares_its_rank_and_the_next_is_skipped(year: Stack) -> None:
    """SCO-5."""
    rows = (await season.board(year))["rows"]
    ranks = {row["unit"]: row["rank"] for row in rows}
    assert ranks["zongdui"] == ranks["jichang"]
    assert [row["rank"] for row in rows] == [1 + sum(o["points"] > row["points"] for o in rows) for row in rows]


async def test_all_units_are_on_the_boards_they_belong_to(year: Stack) -> None:
    status, found = await year.call("GET", "/api/v1/leaderboards/2021")
    assert status == 200
    assert {item["board"] for item in found["items"]} == {
        "overall",
        "district",
        "municipal",
        "area-1",
        "area-2",
        "area-3",
    }
    assert len((await season.board(year, "district"))["rows"]) == 16
    assert len((await season.board(year, "municipal"))["rows"]) == 4


async def test_the_logs_the_facts_and_the_boards_agree(year: Stack) -> None:
    result = await season.verified(year)
    assert result["agree"], result


async def test_every_point_has_its_event(year: Stack) -> None:
    """SCO-3: board row → lines → facts → events."""
    rows = {row["unit"]: row for row in (await season.board(year))["rows"]}
    path = "/api/v1/units/chongming/points?season=2021&limit=200"
    status, found = await year.call("GET", path, "unit", "chongming")
    assert status == 200
    assert found["total"] == rows["chongming"]["points"] == sum(line["points"] for line in found["lines"])
    assert len(found["items"]) == sum(line["facts"] for line in found["lines"])
    log = await asyncpg.connect(year.urls["activity"])
    known = {str(row["id"]) for row in await log.fetch("select id from event")}
    await log.close()
    assert all(i["event"]["id"] in known for i in found["items"] if i["event"]["topic"] != "ligong.registration")


async def test_reminders_stop_once_a_unit_is_complete(year: Stack) -> None:
    """NOT-1: huangpu was complete long before; changning was reminded to the end, and the office told after it."""
    conn = await asyncpg.connect(year.urls["notification"])
    rows = await conn.fetch("select * from message order by at")
    await conn.close()
    units = {row["unit"] for row in rows}
    assert "changning" in units
    assert not [row for row in rows if row["unit"] == "xuhui" and row["at"].date().isoformat() > "2021-06-10"]


async def test_the_partner_has_exactly_its_operations(year: Stack) -> None:
    """FED-1, FED-2: the three joint operations with Jiangsu, whole, in order, and resumable from each."""
    entries = await feed(year, "jiangsu")
    assert len(entries) == 3
    assert {entry["data"]["province"] for entry in entries} == {"jiangsu"}
    assert all("summary" not in entry["data"] and "headcount" not in entry["data"] for entry in entries)
    for n, entry in enumerate(entries):
        assert await feed(year, "jiangsu", f"?lastEventId={entry['id']}") == entries[n + 1 :]
    status, _ = await year.call("GET", "/feeds/js-2021", "office")
    assert status in (403, 404)


async def feed(year: Stack, partner: Literal["jiangsu", "zhejiang"], query: str = "") -> list[dict[str, Any]]:
    headers = {"Authorization": f"Bearer {await year.token('partner', None, partner)}"}
    async with year.http.get(f"{year.gateway}/feeds/js-2021{query}", headers=headers) as answer:
        assert answer.status == 200, await answer.text()
        found: list[dict[str, Any]] = await answer.json(content_type=None)
        return found

"""参赛人员: who takes part, for a unit its own people, for the office everybody's."""

import asyncio
from collections.abc import AsyncIterator
from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import APIRouter, Query
from fastapi.responses import Response

from services.gateway import audit
from services.gateway.console import formats
from services.gateway.console.components.listing import Listing
from services.gateway.console.components.workbook import Column, attachment, export
from services.gateway.console.page import Here, Visit
from services.gateway.console.people import with_names
from services.gateway.console.registrations.routes import Cursor, Position, Words, Year
from services.gateway.console.season import season_of
from shared.kernel.problems import Problem
from shared.kernel.sheets import SHEET

router = APIRouter(prefix="/people")

ROSTERS = "/api/v1/registration/rosters"

Unit = Annotated[str, Query(pattern=r"^([a-z][a-z0-9]{1,31})?$")]
Sort = Literal["", "place", "-place", "team", "-team", "since", "-since"]
Number = Annotated[int | None, Query(ge=0, le=100_000)]


def _detail(name: str) -> Any:
    return lambda row: row["details"][name] if row["details"] else None


COLUMNS = (
    Column("参赛单位", lambda row: row["unit_name"], 36),
    Column("姓名", lambda row: row["details"]["name"] if row["details"] else "（已删除）", 14),
    Column("手机号码", _detail("mobile"), 18),
    Column("执法证号", _detail("badge"), 18),
    Column("所在团队", lambda row: row["team"], 28),
    Column("职务", _detail("duty"), 20),
    Column("管理归属", lambda row: row["affiliation"], 36),
    Column("起始日期", lambda row: formats.date(row["since"]), 14),
)


@router.get("")
async def page(
    visit: Here,
    season: Year = None,
    unit: Unit = "",
    team: Words = "",
    q: Words = "",
    sort: Sort = "",
    cursor: Cursor = "",
    at: Position = 0,
    added: Number = None,
    updated: Number = None,
) -> Response:
    """`added` and `updated` are what an import has just done."""
    visit.only("office", "leader", "unit")
    here = await season_of(visit, season)
    unit = visit.actor.unit or "" if visit.actor.role == "unit" else unit
    query = {"season": here.year, "unit": unit, "team": team, "q": q, "sort": sort, "cursor": cursor}
    asked = {name: value for name, value in query.items() if name != "season"}
    path = f"{ROSTERS}/{here.year}"
    found, history = await asyncio.gather(
        visit.services.get("registration", f"{path}/people", **asked, min_position=at),
        _history(visit, f"{path}/{unit}", at) if unit else _nothing(),
    )
    listing = Listing(query, {"season": here.year}, found["items"], found["next"], f"共{found['total']}人")
    return visit.page(
        "participants/list.html",
        season=here,
        listing=listing,
        unit=unit,
        history=history,
        imported=(added, updated) if added is not None and updated is not None else None,
    )


async def _history(visit: Visit, path: str, at: int) -> list[dict[str, Any]]:
    found = await visit.services.get("registration", f"{path}/history", sort="-version", limit=20, min_position=at)
    return await with_names(visit.request.app.state.pool, list(reversed(found["items"])))


async def _nothing() -> list[dict[str, Any]]:
    return []


@router.get("/export")
async def download(visit: Here, season: Year = None, unit: Unit = "", team: Words = "", q: Words = "") -> Response:
    visit.only("office", "leader", "unit")
    here = await season_of(visit, season)
    rows: AsyncIterator[dict[str, Any]] = visit.services.every(
        "registration", f"{ROSTERS}/{here.year}/people", unit=unit, team=team, q=q
    )
    answer = await export(f"{here.year}年参赛人员", COLUMNS, rows)
    # what was looked for may be somebody's number: it is not written down
    told = f"people?season={here.year}&unit={unit or visit.actor.unit or ''}"
    await audit.record(visit.request.app.state.pool, "exported", visit.actor, told, visit.address)
    return answer


@router.get("/template")
async def template(visit: Here, season: Year = None, unit: Unit = "") -> Response:
    visit.only("office", "unit")
    here = await season_of(visit, season)
    unit = unit or visit.actor.unit or ""
    book = await visit.services.file("registration", f"{ROSTERS}/{here.year}/{unit}/template")
    return Response(book, media_type=SHEET, headers=attachment(f"{here.year}年参赛人员模板.xlsx"))


async def participant(visit: Visit, season: int, unit: str, person: UUID) -> dict[str, Any]:
    """Somebody on the unit's list. Raises a 404 problem."""
    path = f"{ROSTERS}/{season}/people"
    found = await visit.services.get("registration", path, unit=unit, person=str(person))
    if not found["items"]:
        raise Problem(404, "名单中没有这名人员，可能已转隶或移出；请返回名单刷新后查看。")
    row: dict[str, Any] = found["items"][0]
    return row

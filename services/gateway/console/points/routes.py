"""积分明细: a unit's points by line, then the facts behind each and the events they came from."""

import asyncio
from collections.abc import AsyncIterator
from typing import Annotated, Any

from fastapi import APIRouter, Query
from fastapi.responses import Response

from services.gateway import audit
from services.gateway.console import formats
from services.gateway.console.components.listing import Listing
from services.gateway.console.components.workbook import Column, export
from services.gateway.console.page import Here, Visit
from services.gateway.console.season import season_of
from shared.kernel.problems import Problem

router = APIRouter(prefix="/points")

Year = Annotated[int | None, Query(ge=2000, le=2100)]
Unit = Annotated[str, Query(pattern=r"^([a-z][a-z0-9]{1,31})?$")]
LineId = Annotated[str, Query(pattern=r"^([a-z0-9][a-z0-9._-]{0,31})?$")]
Cursor = Annotated[str, Query(max_length=600)]


def _points(amount: int | None) -> float | None:
    return None if amount is None else float(formats.points(amount))


COLUMNS = (
    Column("计分项", lambda row: row["line_name"], 24),
    Column("事项", lambda row: row["event"]["what"], 60),
    Column("发生时间", lambda row: formats.moment(row["occurred_at"]), 28),
    Column("记录时间", lambda row: formats.moment(row["recorded"]), 28),
    Column("得分", lambda row: _points(row["points_share"]), 10),
    Column("记录编号", lambda row: row["event"]["id"], 38),
)


def _own_or_chosen(visit: Visit, unit: str) -> str:
    """Whose points: a unit sees its own only. Raises a 403 problem for another's."""
    own = visit.actor.unit if visit.actor.role == "unit" else None
    if own and unit not in ("", own):
        raise Problem(403, "只能查看本单位的积分明细。")
    return own or unit


@router.get("")
async def page(visit: Here, season: Year = None, unit: Unit = "", line: LineId = "", cursor: Cursor = "") -> Response:
    visit.only("office", "leader", "unit")
    here = await season_of(visit, season)
    unit = _own_or_chosen(visit, unit) or here.units[0][0]
    query = {"season": here.year, "unit": unit, "line": line, "cursor": cursor}
    # Every line is shown whichever one is chosen: the rest of the address narrows the facts below.
    path = f"/api/v1/units/{unit}/points"
    whole, found = await asyncio.gather(
        visit.services.get("scoring", path, season=here.year, limit=1),
        visit.services.get("scoring", path, season=here.year, line=line, cursor=cursor),
    )
    listing = Listing(query, {"season": here.year, "unit": unit}, found["items"], found["next"], "")
    names = {each["line"]: each["name"] for each in whole["lines"]}
    return visit.page("points/page.html", season=here, listing=listing, whole=whole, names=names)


@router.get("/export")
async def download(visit: Here, season: Year = None, unit: Unit = "", line: LineId = "") -> Response:
    visit.only("office", "leader", "unit")
    here = await season_of(visit, season)
    unit = _own_or_chosen(visit, unit) or here.units[0][0]
    path = f"/api/v1/units/{unit}/points"
    whole = await visit.services.get("scoring", path, season=here.year, limit=1)
    names = {each["line"]: each["name"] for each in whole["lines"]}

    async def rows() -> AsyncIterator[dict[str, Any]]:
        async for row in visit.services.every("scoring", path, season=here.year, line=line):
            yield {**row, "line_name": names.get(row["line"], "")}

    answer = await export(f"{whole['name']}{here.year}年积分明细", COLUMNS, rows())
    pool = visit.request.app.state.pool
    await audit.record(pool, "exported", visit.actor, f"points?{visit.request.url.query}", visit.address)
    return answer

"""登记进度: where every unit's registration stands, and what to do next; a unit sees its own."""

import asyncio
from collections.abc import AsyncIterator
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Path, Query
from fastapi.responses import Response

from services.gateway import audit
from services.gateway.console import formats
from services.gateway.console.components.form import Form
from services.gateway.console.components.listing import Listing
from services.gateway.console.components.workbook import Column, export
from services.gateway.console.page import Here, Visit
from services.gateway.console.people import with_names
from services.gateway.console.season import Season, season_of
from services.gateway.console.working_days import Rest, rest
from shared.kernel.problems import Problem

router = APIRouter(prefix="/registrations")

LIST = "/api/v1/registration/registrations"

Year = Annotated[int | None, Query(ge=2000, le=2100)]
YearPath = Annotated[int, Path(ge=2000, le=2100)]
UnitPath = Annotated[str, Path(pattern=r"^[a-z][a-z0-9]{1,31}$")]
Status = Literal["", "opened", "started", "submitted", "returned", "accepted", "completed"]
Group = Literal["", "district", "municipal"]
Words = Annotated[str, Query(max_length=100)]
Cursor = Annotated[str, Query(max_length=600)]
Sort = Literal["", "order", "-order", "status", "-status", "copies", "-copies", "updated_at", "-updated_at"]
Position = Annotated[int, Query(ge=0, lt=2**63)]

COLUMNS = (
    Column("序号", lambda row: row["order"], 6),
    Column("参赛单位", lambda row: row["name"], 36),
    Column("组别", lambda row: formats.GROUPS[row["group"]], 8),
    Column("状态", lambda row: formats.STATUSES[row["status"]][0], 12),
    Column("登记方式", lambda row: formats.OUTCOMES[row["outcome"]] if row["outcome"] else None, 36),
    Column("代录", lambda row: "是" if row["on_behalf"] else "否", 8),
    Column("纸质份数", lambda row: row["copies"], 10),
    Column("应交份数", lambda row: row["copies_due"], 10),
    Column("纸质逾期", lambda row: "是" if row["late_paper"] else "否", 10),
    Column("登记截止", lambda row: formats.last_day(row["closes_at"]), 26),
    Column("提交时间", lambda row: _when(row["submitted_at"]), 28),
    Column("受理时间", lambda row: _when(row["accepted_at"]), 28),
    Column("完成时间", lambda row: _when(row["completed_at"]), 28),
    Column("最近更新", lambda row: _when(row["updated_at"]), 28),
)


def _when(value: str | None) -> str | None:
    return formats.moment(value) if value else None


@router.get("")
async def progress(
    visit: Here,
    season: Year = None,
    status: Status = "",
    group: Group = "",
    q: Words = "",
    sort: Sort = "",
    cursor: Cursor = "",
    at: Position = 0,
) -> Response:
    visit.only("office", "leader", "unit")
    here = await season_of(visit, season)
    if visit.actor.role == "unit":
        return visit.go(f"/registrations/{here.year}/{visit.actor.unit}")
    query = {"season": here.year, "status": status, "group": group, "q": q, "sort": sort, "cursor": cursor}
    found, everything, left = await asyncio.gather(
        visit.services.get("registration", LIST, **query, min_position=at),
        visit.services.get("registration", LIST, season=here.year, limit=1, min_position=at),
        rest(visit, here.closes_at),
    )
    kept = {"season": here.year}
    summary = f"共{found['total']}家，数据更新于{formats.short(visit.now)}"
    listing = Listing(query, kept, found["items"], found["next"], summary)
    return visit.page(
        "registrations/list.html",
        season=here,
        listing=listing,
        figures=_figures(everything, here, left, visit),
        next_action=next_action,
    )


def _figures(everything: dict[str, Any], season: Season, rest: Rest, visit: Visit) -> dict[str, Any]:
    counts, total = everything["counts"], everything["total"]
    completed = counts.get("completed", 0)
    return {
        "total": total,
        "accepted": counts.get("accepted", 0) + completed,
        "completed": completed,
        "waiting": counts.get("submitted", 0),
        "returned": counts.get("returned", 0),
        "over": formats.is_over(season.closes_at, visit.now),
        "rest": rest,
    }


def next_action(row: dict[str, Any], visit: Visit) -> tuple[str, str, bool]:
    """What the office does next about a unit: its name, the page's last word, whether it is the main thing to do."""
    if visit.actor.role == "office":
        if row["status"] == "submitted":
            return "审核", "/review", True
        if row["status"] == "accepted":
            return "登记收件", "/paper", True
        if row["status"] != "completed" and formats.is_over(row["closes_at"], visit.now):
            return "延期", "/extension", False
    return "查看", "", False


@router.get("/export")
async def download(visit: Here, season: Year = None, status: Status = "", group: Group = "", q: Words = "") -> Response:
    visit.only("office", "leader")
    here = await season_of(visit, season)
    rows: AsyncIterator[dict[str, Any]] = visit.services.every(
        "registration", LIST, season=here.year, status=status, group=group, q=q
    )
    answer = await export(f"{here.year}年登记进度", COLUMNS, rows)
    pool = visit.request.app.state.pool
    await audit.record(pool, "exported", visit.actor, f"registrations?{visit.request.url.query}", visit.address)
    return answer


@router.get("/{season}/{unit}")
async def detail(visit: Here, season: YearPath, unit: UnitPath, at: Position = 0) -> Response:
    visit.only("office", "leader", "unit")
    here, row, history, papers = await asyncio.gather(
        season_of(visit, season),
        registration(visit, season, unit, at),
        visit.services.get("registration", f"{LIST}/{season}/{unit}/history", limit=200, min_position=at),
        visit.services.get("registration", f"{LIST}/{season}/{unit}/papers", min_position=at),
    )
    pool = visit.request.app.state.pool
    entries = await with_names(pool, history["items"])
    receipts = await with_names(pool, [{**each, "actor": each["received_by"]} for each in papers["items"]])
    return visit.page(
        "registrations/detail.html", season=here, row=row, history=entries, receipts=receipts, blank=Form()
    )


async def registration(visit: Visit, season: int, unit: str, at: int = 0) -> dict[str, Any]:
    """A unit's registration with its form. Raises the service's problem for a unit that is another's."""
    if visit.actor.role == "unit" and visit.actor.unit != unit:
        raise Problem(403, "只能查看本单位的登记表。")
    return await visit.services.get("registration", f"{LIST}/{season}/{unit}", min_position=at)

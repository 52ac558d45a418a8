"""报送资料: what the season asks of each unit and what is outstanding; a unit sees its own."""

import asyncio
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
from services.gateway.console.season import season_of
from shared.contracts.season import FORMATS

router = APIRouter(prefix="/materials")

LIST = "/api/v1/registration/materials"

Year = Annotated[int | None, Query(ge=2000, le=2100)]
YearPath = Annotated[int, Path(ge=2000, le=2100)]
UnitPath = Annotated[str, Path(pattern=r"^[a-z][a-z0-9]{1,31}$")]
MaterialPath = Annotated[str, Path(pattern=r"^[a-z0-9][a-z0-9._-]{0,31}$")]
MaterialId = Annotated[str, Query(pattern=r"^([a-z0-9][a-z0-9._-]{0,31})?$")]
Status = Literal["", "outstanding", "due", "submitted", "returned", "accepted", "completed"]
Group = Literal["", "district", "municipal"]
Words = Annotated[str, Query(max_length=100)]
Cursor = Annotated[str, Query(max_length=600)]
Sort = Literal["", "order", "-order", "due", "-due", "status", "-status", "updated_at", "-updated_at"]
Position = Annotated[int, Query(ge=0, lt=2**63)]

# As a registration's: green done, azure waiting for the office, yellow waiting for the unit, red returned.
STATUSES = {"due": ("未报送", "secondary")} | {
    id: formats.STATUSES[id] for id in ("submitted", "returned", "accepted", "completed")
}
CHOICES = [("outstanding", "全部未交清"), *((id, name) for id, (name, _) in STATUSES.items())]

COLUMNS = (
    Column("序号", lambda row: row["order"], 6),
    Column("参赛单位", lambda row: row["unit_name"], 36),
    Column("组别", lambda row: formats.GROUPS[row["group"]], 8),
    Column("报送资料", lambda row: row["name"], 28),
    Column("报送截止", lambda row: formats.last_day(row["due"]), 26),
    Column("状态", lambda row: STATUSES[row["status"]][0], 12),
    Column("版本", lambda row: row["number"] or None, 8),
    Column("迟交", lambda row: "是" if row["late"] or row["late_paper"] else "否", 8),
    Column("纸质份数", lambda row: row["copies"] if row["copies_due"] else None, 10),
    Column("应交份数", lambda row: row["copies_due"] or None, 10),
    Column("退回原因", lambda row: row["reason"], 36),
    Column("报送时间", lambda row: formats.moment(row["submitted_at"]) if row["submitted_at"] else None, 28),
)


def asked(season: int, material: str, status: Status, group: Group, q: str) -> dict[str, Any]:
    """What the service is asked for a list with these filters."""
    outstanding = status == "outstanding"
    return {
        "season": season,
        "material": material,
        "status": "" if outstanding else status,
        "outstanding": "true" if outstanding else "",
        "group": group,
        "q": q,
    }


@router.get("")
async def progress(
    visit: Here,
    season: Year = None,
    material: MaterialId = "",
    status: Status = "",
    group: Group = "",
    q: Words = "",
    sort: Sort = "",
    cursor: Cursor = "",
) -> Response:
    visit.only("office", "leader", "unit")
    here = await season_of(visit, season)
    narrowed = asked(here.year, material, status, group, q)
    found, everything = await asyncio.gather(
        visit.services.get("registration", LIST, **narrowed, sort=sort, cursor=cursor),
        visit.services.get("registration", LIST, season=here.year, limit=1),
    )
    query = {"season": here.year, "material": material, "status": status, "group": group, "q": q, "sort": sort}
    summary = f"共{found['total']}项，数据更新于{formats.short(visit.now)}"
    listing = Listing({**query, "cursor": cursor}, {"season": here.year}, found["items"], found["next"], summary)
    return visit.page(
        "materials/list.html",
        season=here,
        listing=listing,
        counts=everything["counts"],
        total=everything["total"],
        materials=[(each["id"], each["name"]) for each in here.document.get("materials", [])],
        statuses=STATUSES,
        choices=CHOICES,
        wanted=wanted,
        overdue=lambda row: overdue(row, visit),
    )


def wanted(row: dict[str, Any]) -> str:
    """The formats of a material as people name them."""
    return "、".join(FORMATS[each] for each in row["formats"])


def overdue(row: dict[str, Any], visit: Visit) -> bool:
    """Whether the unit has let the time pass that it had, or has been given since."""
    end = formats.at(row["due"])
    if row["resubmit_before"]:
        end = max(end, formats.at(row["resubmit_before"]))
    return row["status"] in ("due", "returned") and visit.now >= end


@router.get("/export")
async def download(
    visit: Here, season: Year = None, material: MaterialId = "", status: Status = "", group: Group = "", q: Words = ""
) -> Response:
    visit.only("office", "leader")
    here = await season_of(visit, season)
    rows = visit.services.every("registration", LIST, **asked(here.year, material, status, group, q))
    name = f"{here.year}年报送资料{'未交清单' if status == 'outstanding' else '进度'}"
    answer = await export(name, COLUMNS, rows)
    pool = visit.request.app.state.pool
    await audit.record(pool, "exported", visit.actor, f"materials?{visit.request.url.query}", visit.address)
    return answer


@router.get("/{season}/{unit}/{material}")
async def detail(visit: Here, season: YearPath, unit: UnitPath, material: MaterialPath, at: Position = 0) -> Response:
    visit.only("office", "leader", "unit")
    return await show(visit, season, unit, material, Form(), at=at)


async def show(
    visit: Visit, season: int, unit: str, material: str, form: Form, status: int = 200, at: int = 0
) -> Response:
    """A material's page; `form` is the one that was sent from it, with what is wrong, or a blank one."""
    path = f"{LIST}/{season}/{unit}/{material}"
    here, row, history = await asyncio.gather(
        season_of(visit, season),
        visit.services.get("registration", path, min_position=at),
        visit.services.get("registration", f"{path}/history", limit=200, min_position=at),
    )
    pool = visit.request.app.state.pool
    form.version = form.version or str(row["version"])
    return visit.page(
        "materials/detail.html",
        status,
        season=here,
        row=row,
        api=path,
        form=form,
        versions=await with_names(pool, row["versions"]),
        history=await with_names(pool, history["items"]),
        statuses=STATUSES,
        wanted=wanted(row),
        accept=",".join(".jpg,.jpeg" if kind == "jpg" else f".{kind}" for kind in row["formats"]),
        overdue=overdue(row, visit),
        size=size,
    )


def size(count: int) -> str:
    """Bytes as people say them: `12 KB`, `3.4 MB`."""
    return f"{count / 1_000_000:.1f} MB" if count >= 1_000_000 else f"{max(1, round(count / 1000))} KB"

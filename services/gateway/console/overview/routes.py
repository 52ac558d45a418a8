"""登记总览: how far every unit is, who is outstanding, and one click to urge them 催办."""

import asyncio
from collections.abc import AsyncIterator, Awaitable
from typing import Annotated, Any

from fastapi import APIRouter, Query
from fastapi.responses import Response

from services.gateway import audit
from services.gateway.console import formats
from services.gateway.console.components.form import Form
from services.gateway.console.components.listing import Listing
from services.gateway.console.components.workbook import Column, attachment, export
from services.gateway.console.overview.wording import text
from services.gateway.console.page import Here, Visit
from services.gateway.console.registrations.routes import Group, Status, Year, YearPath
from services.gateway.console.season import Season, season_of
from services.gateway.console.working_days import rests
from shared.kernel.problems import Problem

router = APIRouter(prefix="/overview")

OVERVIEW = "/api/v1/registration/overview"
REPORT = "/api/v1/registration/report"
DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
PLANS = "/api/v1/activity/participants"
URGES = "/api/v1/notification/urges"
URGE = "/api/v1/notification/urge-units"
GROUPS: dict[str | None, str] = dict(formats.GROUPS) | {None: "合计"}
Rows = list[dict[str, Any]]
Count = Annotated[int | None, Query(ge=0, le=300)]

COLUMNS = (
    Column("序号", lambda row: row["order"], 6),
    Column("参赛单位", lambda row: row["name"], 36),
    Column("组别", lambda row: formats.GROUPS[row["group"]], 8),
    Column("登记方式", lambda row: formats.OUTCOMES[row["outcome"]] if row["outcome"] else None, 36),
    Column("状态", lambda row: formats.STATUSES[row["status"]][0], 12),
    Column("电子登记表时效", lambda row: formats.TIMELINESS[row["electronic"]][0], 14),
    Column("纸质登记表时效", lambda row: formats.TIMELINESS[row["paper"]][0], 14),
    Column("纸质份数", lambda row: row["copies"], 10),
    Column("应交份数", lambda row: row["copies_due"], 10),
    Column("参赛团队", lambda row: row["teams"], 10),
    Column("团队人数", lambda row: row["headcount"], 10),
    Column("名单人数", lambda row: row["people"], 10),
    Column("年度计划", lambda row: row["plan"], 10),
    Column("登记截止", lambda row: formats.last_day(row["closes_at"]), 26),
    Column("剩余时间", lambda row: row["rest"], 16),
    Column("未完成事项", lambda row: "、".join(row["lacking"]), 40),
    Column("最近催办", lambda row: formats.moment(row["urged"]["at"]) if row["urged"] else None, 28),
)


@router.get("")
async def overview(
    visit: Here,
    season: Year = None,
    status: Status = "",
    group: Group = "",
    outstanding: bool = False,
    urged: Count = None,
    refused: Count = 0,
) -> Response:
    visit.only("office", "leader")
    here = await season_of(visit, season)
    query = {"season": here.year, "status": status, "group": group, "outstanding": "true" if outstanding else ""}
    note = None if urged is None else _done(urged, refused or 0)
    return await _show(visit, here, query, Form(), note=note)


async def _show(
    visit: Visit,
    here: Season,
    query: dict[str, Any],
    form: Form,
    status: int = 200,
    note: str | None = None,
) -> Response:
    rows, groups, season_rest = await _rows(visit, here, query)
    listing = Listing(query, {"season": here.year}, rows, None, f"共{len(rows)}家")
    return visit.page(
        "overview/page.html",
        status,
        season=here,
        listing=listing,
        groups=groups,
        titles=GROUPS,
        form=form,
        note=note,
        urgeable=[row["unit"] for row in rows if _urgeable(row)],
        words=text(here, rows, season_rest, visit.now),
    )


async def _rows(visit: Visit, here: Season, query: dict[str, Any]) -> tuple[Rows, Rows, str]:
    """What the services know of each unit, side by side; the groups' counts; how long the season's deadline is off."""
    found, plans, urges = await asyncio.gather(
        visit.services.get("registration", OVERVIEW, **query),
        _where_answered(_plans(visit, here.year)),
        _where_answered(visit.services.get("notification", URGES, season=here.year)),
    )
    left = await rests(visit, [here.closes_at, *(row["closes_at"] for row in found["items"])])
    last = {each["unit"]: each for each in urges["items"]} if urges else {}
    rows = [
        {
            **row,
            "rest": left[row["closes_at"]].words if row["waits_for"] else "",
            "plan": _plan(plans, row["unit"]),
            "urged": last.get(row["unit"]),
        }
        for row in found["items"]
    ]
    groups = [{**each, "plans": _filed(plans, here, each["group"])} for each in found["groups"]]
    return rows, groups, left[here.closes_at].words


async def _where_answered(question: Awaitable[Any]) -> Any:
    """None while the service is away or has not heard of the season yet: the rest of the page is there."""
    try:
        return await question
    except Problem as problem:
        if problem.status in (404, 503):
            return None
        raise


async def _plans(visit: Visit, year: int) -> dict[str, bool]:
    """By unit that takes part, whether its plan is there."""
    return {
        row["unit"]: bool(row["plan_filed_at"]) async for row in visit.services.every("activity", PLANS, season=year)
    }


def _filed(plans: dict[str, bool] | None, here: Season, group: str | None) -> int | None:
    """How many units of a group (None: of all) have filed their plan; None while nobody can say."""
    if plans is None:
        return None
    members = (unit["id"] for unit in here.document["units"] if group in (None, unit["group"]))
    return sum(plans.get(unit, False) for unit in members)


def _plan(plans: dict[str, bool] | None, unit: str) -> str | None:
    """None where there can be no plan yet."""
    return {True: "已报送", False: "未报送"}[plans[unit]] if plans and unit in plans else None


def _urgeable(row: dict[str, Any]) -> bool:
    return row["waits_for"] == "unit" and not (row["urged"] and row["urged"]["today"])


def _done(urged: int, refused: int) -> str:
    rest = f"另有{refused}家不需要或今天已经催办，没有重复发送。" if refused else ""
    return f"已催办{urged}家单位：站内消息已送达；有联系人邮箱的同时发送邮件，结果见“消息”中的提醒记录。{rest}"


@router.post("/{season}/urge")
async def urge(visit: Here, season: YearPath) -> Response:
    visit.only("office")
    form = Form.of(await visit.form())
    units = [unit for unit in form.values.get("units", "").split(",") if unit]
    try:
        done = await visit.services.post("notification", URGE, {"season": season, "units": units}, form.key)
    except Problem as problem:
        status, here = form.refuse(problem), await season_of(visit, season)
        everything = {"season": here.year, "status": "", "group": "", "outstanding": ""}
        return await _show(visit, here, everything, form, status)
    return visit.go(f"/overview?season={season}&urged={len(done['urged'])}&refused={len(done['refused'])}")


@router.get("/{season}/report")
async def report(visit: Here, season: YearPath) -> Response:
    visit.only("office", "leader")
    content = await visit.services.file("registration", REPORT, season=season)
    pool = visit.request.app.state.pool
    await audit.record(pool, "exported", visit.actor, f"report?season={season}", visit.address)
    return Response(content, media_type=DOCX, headers=attachment(f"{season}年登记情况汇总报告.docx"))


@router.get("/export")
async def download(
    visit: Here, season: Year = None, status: Status = "", group: Group = "", outstanding: bool = False
) -> Response:
    visit.only("office", "leader")
    here = await season_of(visit, season)
    query = {"season": here.year, "status": status, "group": group, "outstanding": "true" if outstanding else ""}
    rows, _, _ = await _rows(visit, here, query)
    answer = await export(f"{here.year}年登记总览", COLUMNS, _each(rows))
    pool = visit.request.app.state.pool
    await audit.record(pool, "exported", visit.actor, f"overview?{visit.request.url.query}", visit.address)
    return answer


async def _each(rows: Rows) -> AsyncIterator[dict[str, Any]]:
    for row in rows:
        yield row

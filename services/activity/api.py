"""Queries of activity: who takes part, plans, activities and visits, and their histories."""

import asyncio
from typing import Annotated, Any

from fastapi import APIRouter, Path, Query, Request

from services.activity import views
from services.activity.model.activity import ActivityId
from services.activity.model.visit import VisitId
from services.activity.projections import plan_of
from shared.contracts.activity import PlanFiled
from shared.contracts.common import Part, Season, UnitId
from shared.contracts.season import ItemId
from shared.kernel.api import Caller, only, own_unit
from shared.kernel.messages import PersonRef
from shared.kernel.people import seen
from shared.kernel.problems import Problem
from shared.kernel.queries import Filter, Listing, Order, Page, Reading, Searchable, page, shown

router = APIRouter(prefix="/api/v1/activity", tags=["activity"])

SeasonPath = Annotated[Season, Path(title="赛季年度")]
UnitPath = Annotated[UnitId, Path(title="参赛单位")]

OFFICIAL = Order("coalesce(official_order, 1000)", "int")  # last, until the directory has arrived
PARTICIPANTS = Listing(
    "unit, items, plan_filed_at",
    "participant left join directory using (season, unit)",
    "unit",
    {"unit": OFFICIAL, "plan_filed_at": Order("coalesce(plan_filed_at, 'infinity')", "timestamptz")},
    "unit",
)
ACTIVITIES = Listing(
    """activity, unit, item, campaign, a.name, place, planned_for, occurred_at, headcount, outcome, status, version,
       updated_at""",
    "activity a left join directory d using (season, unit)",
    "activity",
    {
        "updated_at": Order("updated_at", "timestamptz"),
        "planned_for": Order("planned_for", "timestamptz"),
        "occurred_at": Order("coalesce(occurred_at, 'infinity')", "timestamptz"),
        "unit": OFFICIAL,
        "item": Order("item", "text"),
        "headcount": Order("coalesce(headcount, 0)", "int"),
        "status": Order("array_position(array['scheduled', 'reported', 'withdrawn'], status)", "int"),
    },
    "-updated_at",
)
VISITS = Listing(
    "visit, unit, part, checklist, total, occurred_at, recorded_at, after_the_fact, version",
    "visit left join directory using (season, unit)",
    "visit",
    {
        "occurred_at": Order("occurred_at", "timestamptz"),
        "recorded_at": Order("recorded_at", "timestamptz"),
        "unit": OFFICIAL,
        "part": Order("array_position(array['initial', 'routine', 'midyear', 'final'], part)", "int"),
        "total": Order("total", "int"),
    },
    "-occurred_at",
)
HISTORY = Listing(
    """at, case when actor like 'service:%' then '系统' else actor end as actor,
       what, why, event as event_id, version""",
    "history",
    "version::text",
    {"version": Order("version", "int")},
    "version",
)


class ParticipantsQuery(Page):
    season: Season


class ActivitiesQuery(Searchable):
    season: Season
    unit: UnitId | None = None
    item: ItemId | None = None
    status: views.Status | None = None


class VisitsQuery(Page):
    season: Season
    unit: UnitId | None = None
    part: Part | None = None


@router.get("/participants", summary="参赛单位", response_model=views.ParticipantList)
async def participants(request: Request, who: Caller, query: Annotated[ParticipantsQuery, Query()]) -> Any:
    only(who, "office", "leader", "inspector", "unit")
    await _known(request, query, query.season)
    where = Filter()
    where.also("season = {}", query.season)
    if who.role == "unit":
        where.also("unit = {}", who.unit)
    return await page(request, PARTICIPANTS, where, query)


@router.get("/plans/{season}/{unit}", summary="一个单位的全年竞赛计划", response_model=views.PlanView)
async def plan(
    request: Request, who: Caller, season: SeasonPath, unit: UnitPath, query: Annotated[Reading, Query()]
) -> Any:
    only(who, "office", "leader", "inspector", "unit")
    own_unit(who, unit)
    await _known(request, query, season, unit)
    sql = "select plan, plan_filed_at, version from participant where season = $1 and unit = $2"
    row = await request.app.state.pool.fetchrow(sql, season, unit)
    filed = plan_of(row) if row else None
    if filed is None:
        raise Problem(404, "该单位还没有报送全年竞赛计划，请待其报送后再查看。")
    people = await _people(request, filed, clear=who.role == "office" or who.unit == unit)
    own = filed.model_dump(include={"season", "unit", "theme", "goals", "measures", "timetable"})
    return {**own, **people, **shown({"version": row["version"], "filed_at": row["plan_filed_at"]})}


@router.get("/activities", summary="竞赛活动", response_model=views.ActivityList)
async def activities(request: Request, who: Caller, query: Annotated[ActivitiesQuery, Query()]) -> Any:
    only(who, "office", "leader", "inspector", "unit")
    where = Filter()
    where.also("season = {}", query.season)
    if query.unit:
        own_unit(who, query.unit)
        where.also("unit = {}", query.unit)
    if who.role == "unit":
        where.also("unit = {}", who.unit)
    await _known(request, query, query.season, query.unit)
    if query.item:
        where.also("item = {}", query.item)
    if query.status:
        where.also("status = {}", query.status)
    if query.q:
        where.contains(query.q, "a.name", "place", "campaign", "d.name", "d.short")
    return await page(request, ACTIVITIES, where, query)


@router.get("/visits", summary="考评记录", response_model=views.VisitList)
async def visits(request: Request, who: Caller, query: Annotated[VisitsQuery, Query()]) -> Any:
    only(who, "office", "leader", "inspector", "unit")
    where = Filter()
    where.also("season = {}", query.season)
    if query.unit:
        own_unit(who, query.unit)
        where.also("unit = {}", query.unit)
    if who.role == "unit":
        where.also("unit = {}", who.unit)
    if who.role == "inspector":
        where.also("account = {}", who.account)
    await _known(request, query, query.season, query.unit)
    if query.part:
        where.also("part = {}", query.part)
    return await page(request, VISITS, where, query)


@router.get("/activities/{activity}/history", summary="竞赛活动的办理经过", response_model=views.History)
async def activity_history(
    request: Request, who: Caller, activity: Annotated[ActivityId, Path()], query: Annotated[Page, Query()]
) -> Any:
    only(who, "office", "leader", "inspector", "unit")
    await request.app.state.progress.reach(query.min_position)
    unit = await request.app.state.pool.fetchval("select unit from activity where activity = $1", activity)
    if unit is None:
        raise Problem(404, "没有这项活动，请核对活动编号。")
    own_unit(who, unit)
    return await _history(request, f"activity-{activity}", query)


@router.get("/visits/{visit}/history", summary="考评的办理经过", response_model=views.History)
async def visit_history(
    request: Request, who: Caller, visit: Annotated[VisitId, Path()], query: Annotated[Page, Query()]
) -> Any:
    only(who, "office", "leader", "inspector", "unit")
    await request.app.state.progress.reach(query.min_position)
    row = await request.app.state.pool.fetchrow("select unit, account from visit where visit = $1", visit)
    if row is None:
        raise Problem(404, "没有这次考评，请核对考评编号。")
    own_unit(who, row["unit"])
    if who.role == "inspector" and who.account != row["account"]:
        raise Problem(403, "只能查看本人录入的考评。")
    return await _history(request, f"visit-{visit}", query)


async def _history(request: Request, stream: str, query: Page) -> dict[str, Any]:
    where = Filter()
    where.also("stream = {}", stream)
    return await page(request, HISTORY, where, query)


async def _known(request: Request, query: Reading, season: int, unit: str | None = None) -> None:
    """Raises a 404 problem for a season or a unit that nobody has heard of; waits first for what was just written."""
    await request.app.state.progress.reach(query.min_position)
    pool = request.app.state.pool
    if not await pool.fetchval("select true from season where season = $1", season):
        raise Problem(404, f"没有{season}赛季，请核对年度；尚未开启的赛季由竞赛办开启。")
    listed = """select true from directory where season = $1 and unit = $2
                union select true from participant where season = $1 and unit = $2"""
    if unit is not None and not await pool.fetchval(listed, season, unit):
        raise Problem(404, f"{season}赛季的参赛单位名录里没有“{unit}”，请核对单位编号。")


async def _people(request: Request, plan: PlanFiled, clear: bool) -> dict[str, Any]:
    refs = (plan.principal_leader, plan.deputy_leader, *plan.leading_group, *plan.participants)
    first, second, *others = await asyncio.gather(*(_person(request, ref, clear) for ref in refs))
    group = len(plan.leading_group)
    return {
        "principal_leader": first,
        "deputy_leader": second,
        "leading_group": others[:group],
        "participants": others[group:],
    }


async def _person(request: Request, ref: PersonRef, clear: bool) -> dict[str, Any] | None:
    return seen(await request.app.state.runtime.vault.get(ref), clear)

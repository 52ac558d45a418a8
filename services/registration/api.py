"""Queries of registration: seasons, where each unit stands, its form and its history."""

import asyncio
from typing import Annotated, Any

import msgspec
from fastapi import APIRouter, Path, Query, Request

from services.registration import views
from services.registration.documents.routes import router as documents
from services.registration.documents.template_routes import router as templates
from services.registration.drafts import router as drafts
from services.registration.materials.api import queries as materials
from services.registration.overview.api import router as overview
from services.registration.people.api import router as people
from services.registration.people.erasure import router as erasure
from services.registration.people.imports import router as imports
from services.registration.projections import form_of
from shared.contracts.common import Group, Season, UnitId
from shared.contracts.registration import RegistrationSubmitted
from shared.contracts.season import Choice, SeasonDocument
from shared.kernel.api import Caller, only, own_unit
from shared.kernel.messages import Actor, PersonRef
from shared.kernel.people import seen
from shared.kernel.problems import Problem
from shared.kernel.queries import Filter, Listing, Order, Page, Reading, Searchable, page, shown

queries = APIRouter(prefix="/api/v1/registration", tags=["registration"])
internal = APIRouter(prefix="/internal", include_in_schema=False)

SeasonPath = Annotated[Season, Path(title="赛季年度")]
UnitPath = Annotated[UnitId, Path(title="参赛单位")]
Read = Annotated[Reading, Query()]

ROW = """unit, name, short, unit_group as "group", official_order as "order", status, outcome, copies, copies_due,
         closes_at, submitted_at, submitted_late, accepted_at, completed_at, late_paper, on_behalf, updated_at,
         version"""
OFFICIAL = Order("official_order", "int")
EXTENSION = "extended_to, extension_reason, extension_approver"
SEASONS = Listing(
    f"season, name, opened_at, {EXTENSION}", "season", "season::text", {"season": Order("season", "int")}, "-season"
)
REGISTRATIONS = Listing(
    ROW,
    "registration",
    "unit",
    {
        "order": OFFICIAL,
        "unit": OFFICIAL,
        "name": OFFICIAL,
        "status": Order(
            "array_position(array['opened', 'started', 'submitted', 'returned', 'accepted', 'completed'], status)",
            "int",
        ),
        "copies": Order("copies", "int"),
        "closes_at": Order("closes_at", "timestamptz"),
        "submitted_at": Order("coalesce(submitted_at, 'infinity')", "timestamptz"),
        "updated_at": Order("updated_at", "timestamptz"),
    },
    "order",
)
HISTORY = Listing(
    """at, case when actor like 'service:%' then '系统' else actor end as actor,
       what, why, event as event_id, version""",
    "history",
    "version::text",
    {"version": Order("version", "int")},
    "version",
)


class RegistrationsQuery(Searchable):
    season: Season
    status: views.Status | None = None
    group: Group | None = None


@queries.get("/seasons", summary="赛季列表", response_model=views.SeasonList)
async def seasons(request: Request, who: Caller, query: Annotated[Page, Query()]) -> Any:
    only(who, "office", "leader", "unit", "inspector", "judge", "service")
    await request.app.state.progress.reach(query.min_position)
    return await page(request, SEASONS, Filter(), query)


@queries.get("/seasons/{season}", summary="赛季文件", response_model=views.SeasonDetail)
async def season(request: Request, who: Caller, season: SeasonPath, query: Read) -> Any:
    only(who, "office", "leader", "unit", "inspector", "judge", "service")
    await request.app.state.progress.reach(query.min_position)
    row = await _season(request, season)
    return {**shown(row), "season": season, "document": msgspec.json.decode(row["document"])}


@queries.get("/registrations", summary="登记进度", response_model=views.RegistrationList)
async def registrations(request: Request, who: Caller, query: Annotated[RegistrationsQuery, Query()]) -> Any:
    only(who, "office", "leader", "unit")
    await request.app.state.progress.reach(query.min_position)
    await _season(request, query.season)
    where = Filter()
    where.also("season = {}", query.season)
    if who.role == "unit":
        where.also("unit = {}", who.unit)
    if query.group:
        where.also("unit_group = {}", query.group)
    if query.q:
        where.contains(query.q, "name", "short", "unit")
    by_status = f"select status, count(*) as n from registration where {where.sql} group by status"
    counts = await request.app.state.pool.fetch(by_status, *where.values)
    if query.status:
        where.also("status = {}", query.status)
    found = await page(request, REGISTRATIONS, where, query)
    return {**found, "counts": {row["status"]: row["n"] for row in counts}}


@queries.get("/registrations/{season}/{unit}", summary="一个单位的登记表", response_model=views.RegistrationDetail)
async def registration(request: Request, who: Caller, season: SeasonPath, unit: UnitPath, query: Read) -> Any:
    row = await _registration(request, who, season, unit, query)
    document = SeasonDocument.model_validate_json((await _season(request, season))["document"])
    form = form_of(row)
    clear = who.role == "office" or who.unit == unit
    return {
        **shown(row),
        "form": await _form(request, form, document, clear) if form else None,
        "returned": msgspec.json.decode(row["returned"]) if row["returned"] else None,
    }


@queries.get("/registrations/{season}/{unit}/history", summary="登记表的办理经过", response_model=views.History)
async def history(
    request: Request, who: Caller, season: SeasonPath, unit: UnitPath, query: Annotated[Page, Query()]
) -> Any:
    await _registration(request, who, season, unit, query)
    where = Filter()
    where.also("stream = {}", f"registration-{season}-{unit}")
    return await page(request, HISTORY, where, query)


@internal.get("/contacts/{season}/{unit}", response_model=views.Contact)
async def contact(request: Request, who: Caller, season: SeasonPath, unit: UnitPath) -> Any:
    """Where the unit's contact person can be reached, asked at the moment of sending and not kept."""
    only(who, "service")
    form = form_of(await _row(request, season, unit))
    person = await request.app.state.runtime.vault.get(form.contact) if form else None
    return {"contact": person.model_dump(include={"name", "email", "mobile"}) if person else None}


async def _registration(request: Request, who: Actor, season: int, unit: str, query: Reading) -> Any:
    only(who, "office", "leader", "unit")
    own_unit(who, unit)
    await request.app.state.progress.reach(query.min_position)
    return await _row(request, season, unit)


async def _season(request: Request, season: int) -> Any:
    sql = f"select version, document, {EXTENSION} from season where season = $1"
    row = await request.app.state.pool.fetchrow(sql, season)
    if row is None:
        raise Problem(404, f"没有{season}赛季，请核对年度；尚未开启的赛季由竞赛办开启。")
    return row


async def _row(request: Request, season: int, unit: str) -> Any:
    sql = f"select season, {ROW}, form, returned from registration where season = $1 and unit = $2"
    row = await request.app.state.pool.fetchrow(sql, season, unit)
    if row is None:
        await _season(request, season)
        raise Problem(404, f"{season}赛季的参赛单位名录里没有“{unit}”，请核对单位编号。")
    return row


async def _form(request: Request, form: RegistrationSubmitted, season: SeasonDocument, clear: bool) -> dict[str, Any]:
    refs = [form.leader, form.deputy, form.contact, *(team.leader for team in form.teams)]
    leader, deputy, person, *of_teams = await asyncio.gather(
        *(_person(request, ref, clear) if ref else _nobody() for ref in refs)
    )
    return {
        **form.model_dump(include=set(views.FormView.model_fields) - {"teams", "leader", "deputy", "contact"}),
        **_chosen(form.field, form.category, season),
        "teams": [
            {"name": team.name, "size": team.size, "leader": head, **_chosen(team.field, team.category, season)}
            for team, head in zip(form.teams, of_teams, strict=True)
        ],
        "leader": leader,
        "deputy": deputy,
        "contact": person,
    }


def _chosen(field: str, category: str, season: SeasonDocument) -> dict[str, str]:
    rules = season.registration
    return {
        "field": field,
        "field_name": _name(field, rules.fields),
        "category": category,
        "category_name": _name(category, rules.categories),
    }


def _name(id: str, choices: tuple[Choice, ...]) -> str:
    return next(choice.name for choice in choices if choice.id == id)


async def _nobody() -> None:
    return None


async def _person(request: Request, ref: PersonRef, clear: bool) -> dict[str, Any] | None:
    return seen(await request.app.state.runtime.vault.get(ref), clear)


router = APIRouter()
router.include_router(queries)
router.include_router(materials)
router.include_router(documents)
router.include_router(templates)
router.include_router(internal)
router.include_router(overview)
router.include_router(drafts)
for area in (people, imports, erasure):
    router.include_router(area)

"""Who takes part: lists and counts, import from Excel, erasure."""

from typing import Annotated, Any
from uuid import UUID

import msgspec
from fastapi import APIRouter, Path, Query, Request
from pydantic import Field, StringConstraints

from services.registration.people import views
from shared.contracts.common import Season, UnitId
from shared.kernel.api import Caller, only, own_unit
from shared.kernel.messages import Actor, PersonRef
from shared.kernel.people import Badged, Person, Vault, masked
from shared.kernel.problems import Problem
from shared.kernel.queries import Filter, Listing, Order, Page, Reading, Searchable, page

router = APIRouter(prefix="/api/v1/registration/rosters", tags=["registration"])

SeasonPath = Annotated[Season, Path(title="赛季年度")]
UnitPath = Annotated[UnitId, Path(title="参赛单位")]

PEOPLE = Listing(
    "unit, person, record, team, affiliation, since, erased",
    "participant",
    "unit || person::text",
    {"place": Order("place", "bigint"), "team": Order("coalesce(team, '')", "text"), "since": Order("since", "date")},
    "place",
)
HISTORY = Listing(
    """at, case when actor like 'service:%' then '系统' else actor end as actor, why, event as event_id, version,
       replace(what, '{unit}', coalesce((select entry->>'name' from season, json_array_elements(document->'units') entry
           where season.season = split_part(stream, '-', 2)::int and entry->>'id' = other), '')) as what""",
    "roster_history",
    "version::text",
    {"version": Order("version", "int")},
    "version",
)


class PeopleQuery(Searchable):
    """`q` is looked for in teams and affiliations; a whole 执法证号 or mobile number finds the person."""

    unit: UnitId | None = Field(None, title="参赛单位")
    team: Annotated[str, StringConstraints(max_length=100)] | None = Field(None, title="所在团队")
    person: UUID | None = Field(None, title="人员编号")


class CountsQuery(Reading):
    season: Season


async def units_of(request: Request, season: int) -> dict[str, dict[str, Any]]:
    """The directory by unit. Raises a 404 problem."""
    text = await request.app.state.pool.fetchval("select document from season where season = $1", season)
    if text is None:
        raise Problem(404, f"没有{season}赛季，请核对年度；尚未开启的赛季由竞赛办开启。")
    return {unit["id"]: unit for unit in msgspec.json.decode(text)["units"]}


async def unit_of(request: Request, who: Actor, season: int, unit: str) -> dict[str, Any]:
    """The unit's entry in the directory. Raises a 403 problem for another unit, 404 where there is none."""
    own_unit(who, unit)
    found = (await units_of(request, season)).get(unit)
    if found is None:
        raise Problem(404, f"{season}赛季的参赛单位名录里没有“{unit}”，请核对单位编号。")
    return found


@router.get("", summary="各单位参赛人数", response_model=views.Counts)
async def counts(request: Request, who: Caller, query: Annotated[CountsQuery, Query()]) -> Any:
    """Every unit of the directory in official order; a unit gets its own."""
    only(who, "office", "leader", "unit")
    await request.app.state.rosters.reach(query.min_position)
    units = await units_of(request, query.season)
    rows = await request.app.state.pool.fetch(
        """select unit, count(*) filter (where not erased) as people, count(distinct team) as teams
           from participant where season = $1 group by unit""",
        query.season,
    )
    found = {row["unit"]: dict(row) for row in rows}
    ordered = sorted(units.values(), key=lambda unit: unit["order"])
    shown = [each["id"] for each in ordered if who.role != "unit" or who.unit == each["id"]]
    return {"items": [found.get(unit, {"unit": unit, "people": 0, "teams": 0}) for unit in shown]}


@router.get("/{season}/people", summary="参赛人员", response_model=views.ParticipantList)
async def people(request: Request, who: Caller, season: SeasonPath, query: Annotated[PeopleQuery, Query()]) -> Any:
    only(who, "office", "leader", "unit")
    if query.unit:
        own_unit(who, query.unit)
    await request.app.state.rosters.reach(query.min_position)
    units, vault = await units_of(request, season), request.app.state.runtime.vault
    where = Filter()
    where.also("season = {}", season)
    if unit := who.unit if who.role == "unit" else query.unit:
        where.also("unit = {}", unit)
    if query.team:
        where.also("team = {}", query.team)
    if query.person:
        where.also("person = {}", query.person)
    if query.q:
        _search(where, query.q, vault)
    found = await page(request, PEOPLE, where, query)
    return {**found, "items": await _with_details(request, found["items"], units, who)}


def _search(where: Filter, q: str, vault: Vault) -> None:
    numbers: list[UUID] = []
    for field in ("badge", "mobile"):
        try:
            numbers.append(vault.who(Badged.model_validate({"name": "？", field: q})))
        except ValueError:
            continue
    where.also(
        "(person = any({}) or strpos(lower(concat_ws(chr(10), team, affiliation)), lower({}::text)) > 0)", numbers, q
    )


async def _with_details(
    request: Request, items: list[dict[str, Any]], units: dict[str, dict[str, Any]], who: Actor
) -> list[dict[str, Any]]:
    refs = [PersonRef(person=item["person"], record=item.pop("record")) for item in items]
    known = await request.app.state.runtime.vault.many(refs)
    clear = who.role in ("office", "unit")
    return [
        {**item, "unit_name": units[item["unit"]]["name"], "details": _shown(known.get(ref.record), clear)}
        for item, ref in zip(items, refs, strict=True)
    ]


def _shown(person: Person | None, clear: bool) -> dict[str, str] | None:
    if person is None:
        return None
    badge = person.badge if isinstance(person, Badged) else ""
    mobile = person.mobile
    if not clear:
        mobile, badge = (masked(number) if number else "" for number in (mobile, badge))
    return {"name": person.name, "mobile": mobile, "badge": badge, "duty": person.duty}


@router.get("/{season}/{unit}/history", summary="参赛人员名单的办理经过", response_model=views.RosterHistory)
async def history(
    request: Request, who: Caller, season: SeasonPath, unit: UnitPath, query: Annotated[Page, Query()]
) -> Any:
    only(who, "office", "leader", "unit")
    await unit_of(request, who, season, unit)
    await request.app.state.rosters.reach(query.min_position)
    where = Filter()
    where.also("stream = {}", f"roster-{season}-{unit}")
    return await page(request, HISTORY, where, query)

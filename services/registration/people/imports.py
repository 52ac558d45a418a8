"""Import of a unit's people from Excel: the template, and the upload that is taken whole or not at all."""

import asyncio
from base64 import b64encode
from collections.abc import Sequence
from typing import Annotated, Any

import msgspec
from fastapi import APIRouter, Header, Request, Response

from services.registration.model.roster import scope, stream
from services.registration.model.roster_commands import ListParticipants, Participant
from services.registration.people import views
from services.registration.people.api import SeasonPath, UnitPath, unit_of, units_of
from services.registration.people.checking import Fault, check, held_elsewhere
from services.registration.people.sheets import annotated, template
from services.registration.people.upload import Row, rows_of
from shared.kernel.api import KEY, Caller, done, only
from shared.kernel.messages import command_id
from shared.kernel.problems import Problem
from shared.kernel.sheets import SHEET

router = APIRouter(prefix="/api/v1/registration/rosters/{season}/{unit}", tags=["registration"])

SHOWN = 200  # faults in the answer; the annotated copy has them all


async def _teams(request: Request, season: int, unit: str) -> list[str]:
    """The teams of the unit's form as submitted last; none before."""
    sql = "select form from registration where season = $1 and unit = $2"
    form = await request.app.state.pool.fetchval(sql, season, unit)
    return [team["name"] for team in msgspec.json.decode(form)["teams"]] if form else []


@router.get("/template", summary="参赛人员名单模板", response_class=Response)
async def empty(request: Request, who: Caller, season: SeasonPath, unit: UnitPath) -> Response:
    """A workbook with the lists that its columns choose from, and notes."""
    only(who, "office", "unit")
    entry = await unit_of(request, who, season, unit)
    affiliations = dict.fromkeys((entry["name"], entry["administrative_affiliation"]))
    book = await asyncio.to_thread(template, await _teams(request, season, unit), list(affiliations))
    return Response(book, media_type=SHEET, headers={"Content-Disposition": 'attachment; filename="roster.xlsx"'})


@router.post(
    "/files",
    summary="导入参赛人员",
    response_model=views.Imported,
    openapi_extra={
        "requestBody": {
            "required": True,
            "content": {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}},
        }
    },
)
async def upload(
    request: Request,
    who: Caller,
    season: SeasonPath,
    unit: UnitPath,
    idempotency_key: Annotated[str, Header(min_length=1, max_length=200, pattern=KEY)],
) -> Any:
    """The file itself is the body. Faults: 422 with `faults` (the first 200), their `total`, and the `annotated` copy.

    The copy is an .xlsx in base64; nothing of it is kept here.
    """
    only(who, "office", "unit")
    await unit_of(request, who, season, unit)
    people, updated = await _checked(request, season, unit)
    added = len(people) - updated
    answer = await request.app.state.handler(
        ListParticipants(season=season, unit=unit, people=_emptied(people)),
        who,
        command_id(who.account, idempotency_key),
    )
    return {**done(answer), "added": added, "updated": updated}


async def _checked(request: Request, season: int, unit: str) -> tuple[list[Participant], int]:
    """The people of the uploaded file, and how many of them are on the unit's list already. Raises the 422 problem."""
    rows = await rows_of(request.stream())
    people, faults = await asyncio.to_thread(check, rows, await _teams(request, season, unit))
    updated = 0
    if not faults:
        held, updated = await _held(request, season, unit, people)
        faults = held_elsewhere(rows, held)
    if faults:
        raise await _faulty(rows, faults)
    return people, updated


def _emptied(people: list[Participant]) -> tuple[Participant, ...]:
    """The kernel works on copies that have references: of 20,000 people these need not stay in memory beside them."""
    taken = tuple(people)
    people.clear()
    return taken


async def _held(request: Request, season: int, unit: str, people: Sequence[Participant]) -> tuple[dict[int, str], int]:
    """Which of the people another unit has, with its name; and how many this one has already."""
    vault, units = request.app.state.runtime.vault, await units_of(request, season)
    keys = await asyncio.to_thread(lambda: [str(vault.who(each.person)) for each in people])
    sql = "select key, stream from claim where scope = $1 and key = any($2)"
    holders = {row["key"]: row["stream"] for row in await request.app.state.pool.fetch(sql, scope(season), keys)}
    found = {n: holders[key] for n, key in enumerate(keys) if key in holders}
    elsewhere = {n: units[each.split("-")[2]]["name"] for n, each in found.items() if each != stream(season, unit)}
    return elsewhere, len(found) - len(elsewhere)


async def _faulty(rows: Sequence[Row], faults: Sequence[Fault]) -> Problem:
    book = await asyncio.to_thread(annotated, rows, faults)
    lines = len({fault.line for fault in faults})
    return Problem(
        422,
        f"名单有{lines}行有错误，没有导入任何人员；请按标注改正后重新上传。",
        faults=[{"line": each.line, "field": each.field, "detail": each.sentence} for each in faults[:SHOWN]],
        total=len(faults),
        annotated=b64encode(book).decode(),
    )

"""What is done about a form after it was handed in: taken back, corrected, moved to the other zone."""

from typing import Any

from fastapi import APIRouter
from fastapi.responses import Response

from services.gateway.console.components.form import Form
from services.gateway.console.page import Here, Visit
from services.gateway.console.registrations.fields import OPINIONS, PEOPLE, body_of, team_numbers, values_of, with_teams
from services.gateway.console.registrations.office_routes import COMMANDS, send, show
from services.gateway.console.registrations.routes import UnitPath, YearPath, registration
from services.gateway.console.season import season_of
from shared.kernel.problems import Problem

router = APIRouter(prefix="/registrations/{season}/{unit}")


@router.get("/withdrawal")
async def withdrawing(visit: Here, season: YearPath, unit: UnitPath) -> Response:
    visit.only("unit", "office")
    return await show(visit, "withdrawal", season, unit, Form())


@router.post("/withdrawal")
async def withdraw(visit: Here, season: YearPath, unit: UnitPath) -> Response:
    visit.only("unit", "office")
    form = Form.of(await visit.form())
    body = {"reason": form.values["reason"]} if form.values.get("reason") else {}
    return await send(visit, "withdrawal", "withdraw-registration", season, unit, form, body)


@router.get("/zone")
async def changing_zone(visit: Here, season: YearPath, unit: UnitPath) -> Response:
    visit.only("unit", "office")
    return await show(visit, "zone", season, unit, Form())


@router.post("/zone")
async def change_zone(visit: Here, season: YearPath, unit: UnitPath) -> Response:
    visit.only("unit", "office")
    form = Form.of(await visit.form())
    body = {name: value for name in ("outcome", "zone", "reason") if (value := form.values.get(name))}
    return await send(visit, "zone", "change-zone", season, unit, form, body)


@router.get("/amendment")
async def amending(visit: Here, season: YearPath, unit: UnitPath) -> Response:
    visit.only("office")
    row = await registration(visit, season, unit)
    return await _amendment(visit, season, row, Form(values_of(row["form"])))


@router.post("/amendment")
async def amend(visit: Here, season: YearPath, unit: UnitPath) -> Response:
    visit.only("office")
    form = Form.of(await visit.form())
    row = await registration(visit, season, unit)
    action = form.values.get("action", "")
    if action != "amend":
        form.values = with_teams(form.values, action)
        return await _amendment(visit, season, row, form)
    body = {"season": season, "unit": unit, **body_of(form.values)}
    if form.values.get("reason"):
        body["reason"] = form.values["reason"]
    try:
        done = await visit.services.post("registration", f"{COMMANDS}/amend-registration", body, form.key, form.version)
    except Problem as problem:
        return await _amendment(visit, season, row, form, form.refuse(problem))
    return visit.go(f"/registrations/{season}/{unit}?at={done['position']}")


async def _amendment(visit: Visit, season: int, row: dict[str, Any], form: Form, status: int = 200) -> Response:
    form.version = form.version if status != 412 and form.version else str(row["version"])
    return visit.page(
        "registrations/amendment.html",
        status,
        season=await season_of(visit, season),
        row=row,
        form=form,
        people=PEOPLE,
        opinions=OPINIONS,
        teams=team_numbers(form.values),
    )

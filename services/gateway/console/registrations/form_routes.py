"""The registration form 登记表 as a unit fills it in, or the office on its behalf; what is half done is kept."""

import secrets
from typing import Any

from fastapi import APIRouter
from fastapi.responses import Response

from services.gateway.console.components.form import Form
from services.gateway.console.page import Here, Visit
from services.gateway.console.registrations.fields import (
    LABELS,
    OPINIONS,
    PEOPLE,
    body_of,
    team_numbers,
    values_of,
    with_teams,
    written,
)
from services.gateway.console.registrations.routes import Position, UnitPath, YearPath, registration
from services.gateway.console.season import season_of
from shared.kernel.problems import Problem

router = APIRouter(prefix="/registrations/{season}/{unit}")

API = "/api/v1/registration"
OPEN = ("opened", "started", "returned")  # the form is with the unit


@router.post("/start")
async def start(visit: Here, season: YearPath, unit: UnitPath) -> Response:
    visit.only("unit", "office")
    form = Form.of(await visit.form())
    body = {"season": season, "unit": unit}
    done = await visit.services.post("registration", f"{API}/start-registration", body, form.key)
    return visit.go(f"/registrations/{season}/{unit}/form?at={done['position']}")


@router.get("/form")
async def fill_in(visit: Here, season: YearPath, unit: UnitPath, at: Position = 0) -> Response:
    visit.only("unit", "office")
    row = await registration(visit, season, unit, at)
    draft = await visit.services.get("registration", f"{API}/drafts/{season}/{unit}") if row["status"] in OPEN else None
    if draft is None or draft["version"] == 0:
        return await _show(visit, season, row, Form(values_of(row["form"])))
    return await _show(visit, season, row, Form(draft["values"]), draft=draft, resumed=True)


@router.post("/form")
async def submit(visit: Here, season: YearPath, unit: UnitPath) -> Response:
    visit.only("unit", "office")
    form = Form.of(await visit.form())
    row = await registration(visit, season, unit)
    action = form.values.get("action", "")
    if action != "submit":
        form.values = with_teams(form.values, action)
        return await _show(visit, season, row, form, draft=await _save(visit, season, unit, form))
    body = {"season": season, "unit": unit, **body_of(form.values)}
    try:
        done = await visit.services.post("registration", f"{API}/submit-registration", body, form.key, form.version)
    except Problem as problem:
        status = form.refuse(problem)
        return await _show(visit, season, row, form, status, draft=await _save(visit, season, unit, form))
    return visit.go(f"/registrations/{season}/{unit}?at={done['position']}")


@router.post("/draft")
async def autosave(visit: Here, season: YearPath, unit: UnitPath) -> Response:
    """What the page saves by itself; answers with the line that says so."""
    visit.only("unit", "office")
    form = Form.of(await visit.form())
    return visit.page("registrations/draft.html", draft=await _save(visit, season, unit, form))


async def _save(visit: Visit, season: int, unit: str, form: Form) -> dict[str, Any]:
    """The draft as it was saved; or the version that the page began with, and why it was not."""
    given = form.values.get("draft", "")
    version = int(given) if given.isascii() and given.isdigit() and len(given) < 10 else 0
    body = {"version": version, "page": form.values.get("page", ""), "values": written(form.values)}
    try:
        return await visit.services.put("registration", f"{API}/drafts/{season}/{unit}", body)
    except Problem as problem:
        return {"version": version, "refused": problem.detail}


async def _show(
    visit: Visit,
    season: int,
    row: dict[str, Any],
    form: Form,
    status: int = 200,
    draft: dict[str, Any] | None = None,
    resumed: bool = False,
) -> Response:
    form.version = form.version if status != 412 and form.version else str(row["version"])
    reasons = row["returned"]["reasons"] if row["returned"] else {}
    form.returned = {LABELS[label]: reason for label, reason in reasons.items() if label in LABELS}
    return visit.page(
        "registrations/form.html",
        status,
        season=await season_of(visit, season),
        row=row,
        form=form,
        draft=draft or {"version": 0},
        resumed=resumed,
        page=form.values.get("page") or secrets.token_urlsafe(12),
        editable=row["status"] in OPEN,
        people=PEOPLE,
        opinions=OPINIONS,
        teams=team_numbers(form.values),
    )

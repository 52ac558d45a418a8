"""More time for every unit of a season."""

from fastapi import APIRouter
from fastapi.responses import Response

from services.gateway.console.components.form import Form
from services.gateway.console.page import Here, Visit
from services.gateway.console.registrations.office_routes import COMMANDS, end_of
from services.gateway.console.registrations.routes import YearPath
from services.gateway.console.season import season_of
from shared.kernel.problems import Problem

router = APIRouter(prefix="/seasons/{season}/extension")


@router.get("")
async def extending(visit: Here, season: YearPath) -> Response:
    visit.only("office")
    return await _show(visit, season, Form())


@router.post("")
async def extend(visit: Here, season: YearPath) -> Response:
    visit.only("office")
    form = Form.of(await visit.form())
    closes_at = end_of(form.values.get("closes_at", ""))
    if closes_at is None:
        form.errors["closes_at"] = "请选择新的最后一天。"
    if form.missing("reason", "approver"):
        return await _show(visit, season, form, 422)
    body = {
        "season": season,
        "closes_at": closes_at,
        "reason": form.values["reason"],
        "approver": form.values["approver"],
    }
    try:
        done = await visit.services.post("registration", f"{COMMANDS}/extend-deadline-for-all", body, form.key)
    except Problem as problem:
        return await _show(visit, season, form, form.refuse(problem))
    return visit.go(f"/seasons?at={done['position']}")


async def _show(visit: Visit, season: int, form: Form, status: int = 200) -> Response:
    return visit.page("seasons/extension.html", status, season=await season_of(visit, season), form=form)

"""What the office does about a registration: review, extension."""

from datetime import date, datetime, timedelta
from typing import Any

from fastapi import APIRouter
from fastapi.responses import Response

from services.gateway.console.components.form import Form
from services.gateway.console.page import Here, Visit
from services.gateway.console.registrations.routes import UnitPath, YearPath, registration
from services.gateway.console.season import season_of
from shared.kernel.messages import SHANGHAI
from shared.kernel.problems import Problem

router = APIRouter(prefix="/registrations/{season}/{unit}")

COMMANDS = "/api/v1/registration"


async def show(visit: Visit, template: str, season: int, unit: str, form: Form, status: int = 200) -> Response:
    here, row = await season_of(visit, season), await registration(visit, season, unit)
    form.version = form.version or str(row["version"])
    return visit.page(f"registrations/{template}.html", status, season=here, row=row, form=form)


async def send(
    visit: Visit, template: str, command: str, season: int, unit: str, form: Form, body: dict[str, Any]
) -> Response:
    """Gives the command; back to the unit's page, or to the form with what is wrong."""
    try:
        done = await visit.services.post(
            "registration", f"{COMMANDS}/{command}", {"season": season, "unit": unit, **body}, form.key, form.version
        )
    except Problem as problem:
        status = form.refuse(problem)
        if status == 412:
            form.version = ""
        return await show(visit, template, season, unit, form, status)
    return visit.go(f"/registrations/{season}/{unit}?at={done['position']}")


def end_of(written: str) -> str | None:
    """A last day as the services want it: the first instant that is too late. None for what is no date."""
    try:
        day = date.fromisoformat(written) + timedelta(days=1)
    except (ValueError, OverflowError):
        return None
    return datetime(day.year, day.month, day.day, tzinfo=SHANGHAI).isoformat()


@router.get("/review")
async def reviewing(visit: Here, season: YearPath, unit: UnitPath) -> Response:
    visit.only("office")
    return await show(visit, "review", season, unit, Form())


@router.post("/review")
async def review(visit: Here, season: YearPath, unit: UnitPath) -> Response:
    visit.only("office")
    form = Form.of(await visit.form())
    reasons = {name[7:]: value for name, value in form.values.items() if name.startswith("reason.") and value}
    if form.values.get("decision") == "accept":
        if reasons:
            form.message = "已写明退回原因，不能同时审核通过；如需通过，请先清空退回原因。"
            return await show(visit, "review", season, unit, form, 422)
        return await send(visit, "review", "accept-registration", season, unit, form, {})
    before = end_of(form.values.get("resubmit_before", ""))
    if not reasons:
        form.message = "请在需要修改的项目旁写明退回原因。"
    if before is None:
        form.errors["resubmit_before"] = "请选择重新提交的最后一天。"
        form.message = form.message or "请补充重新提交的期限。"
    if form.message:
        return await show(visit, "review", season, unit, form, 422)
    body = {"reasons": reasons, "resubmit_before": before}
    return await send(visit, "review", "return-registration", season, unit, form, body)


@router.get("/extension")
async def extending(visit: Here, season: YearPath, unit: UnitPath) -> Response:
    visit.only("office")
    return await show(visit, "extension", season, unit, Form())


@router.post("/extension")
async def extend(visit: Here, season: YearPath, unit: UnitPath) -> Response:
    visit.only("office")
    form = Form.of(await visit.form())
    closes_at = end_of(form.values.get("closes_at", ""))
    if closes_at is None:
        form.errors["closes_at"] = "请选择新的最后一天。"
    form.missing("reason")
    if form.errors:
        form.message = "请改正标红的项目后重新提交。"
        return await show(visit, "extension", season, unit, form, 422)
    body = {"closes_at": closes_at, "reason": form.values["reason"]}
    if approver := form.values.get("approver"):
        body["approver"] = approver
    return await send(visit, "extension", "extend-deadline", season, unit, form, body)

"""The form on paper: printing it, and its receipt at the office."""

from typing import Any
from urllib.parse import quote

from fastapi import APIRouter
from fastapi.responses import Response

from services.gateway.console.components.form import Form
from services.gateway.console.components.workbook import attachment
from services.gateway.console.page import Here, Visit
from services.gateway.console.registrations.office_routes import COMMANDS
from services.gateway.console.registrations.routes import LIST, UnitPath, YearPath, registration
from services.gateway.console.season import season_of
from shared.kernel.problems import Problem

router = APIRouter(prefix="/registrations/{season}/{unit}")

KINDS = {
    "pdf": "application/pdf",
    "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
}
_RECEIVERS = "select login, name from account where role = 'office' order by name, login"


@router.get("/form.pdf")
async def pdf(visit: Here, season: YearPath, unit: UnitPath) -> Response:
    return await _print(visit, season, unit, "pdf")


@router.get("/form.docx")
async def docx(visit: Here, season: YearPath, unit: UnitPath) -> Response:
    return await _print(visit, season, unit, "docx")


async def _print(visit: Visit, season: int, unit: str, kind: str) -> Response:
    visit.only("unit", "office")
    row = await registration(visit, season, unit)
    content = await visit.services.file("registration", f"{LIST}/{season}/{unit}/form.{kind}")
    name = f"{season}年参赛登记表-{row['short']}.{kind}"
    return Response(content, media_type=KINDS[kind], headers=attachment(name))


@router.get("/paper")
async def receiving(visit: Here, season: YearPath, unit: UnitPath) -> Response:
    visit.only("office")
    return await _show(visit, season, unit, Form({"copies": "1", "received_by": visit.actor.account}))


@router.post("/paper")
async def receive(visit: Here, season: YearPath, unit: UnitPath) -> Response:
    visit.only("office")
    form = Form.of(await visit.form())
    copies = form.values.get("copies", "")
    body: dict[str, Any] = {"season": season, "unit": unit}
    body["copies"] = int(copies) if copies.isascii() and copies.isdigit() else copies
    if when := form.values.get("received_at"):
        body["received_at"] = f"{when}:00+08:00" if len(when) == 16 else when
    if by := form.values.get("received_by"):
        body["received_by"] = by
    try:
        if code := form.values.get("code"):
            body["printed_version"] = await _version(visit, season, unit, code)
        done = await visit.services.post("registration", f"{COMMANDS}/receive-paper", body, form.key, form.version)
    except Problem as problem:
        return await _show(visit, season, unit, form, form.refuse(problem))
    return visit.go(f"/registrations/{season}/{unit}?at={done['position']}")


async def _version(visit: Visit, season: int, unit: str, code: str) -> int:
    """The version that the paper was printed from. Raises the service's problem beside the field of the code."""
    try:
        found = await visit.services.get("registration", f"{COMMANDS}/prints/{quote(code, safe='')}")
    except Problem as problem:
        raise _beside(problem.detail) from None
    if (found["season"], found["unit"]) != (season, unit):
        raise _beside(f"这份纸质表是{found['season']}赛季“{found['name']}”的，请到该单位的页面登记收件。")
    version: int = found["version"]
    return version


def _beside(detail: str) -> Problem:
    return Problem(422, detail, errors=[{"field": "code", "detail": detail}])


async def _show(visit: Visit, season: int, unit: str, form: Form, status: int = 200) -> Response:
    here, row = await season_of(visit, season), await registration(visit, season, unit)
    form.version = form.version if form.version and status != 412 else str(row["version"])
    receivers = [(each["login"], each["name"]) for each in await visit.request.app.state.pool.fetch(_RECEIVERS)]
    return visit.page("registrations/paper.html", status, season=here, row=row, form=form, receivers=receivers)

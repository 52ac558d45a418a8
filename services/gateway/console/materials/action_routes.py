"""What is done about a material: a unit hands in a file; the office reviews it and signs for paper."""

from typing import Any

from fastapi import APIRouter
from fastapi.responses import Response
from starlette.datastructures import UploadFile

from services.gateway.console.components.form import Form
from services.gateway.console.materials.routes import MaterialPath, UnitPath, YearPath, show
from services.gateway.console.page import Here, Visit
from services.gateway.console.registrations.office_routes import end_of
from shared.kernel.problems import Problem

router = APIRouter(prefix="/materials/{season}/{unit}/{material}")

COMMANDS = "/api/v1/registration"


async def _send(
    visit: Visit, command: str, season: int, unit: str, material: str, form: Form, body: dict[str, Any]
) -> Response:
    """Gives the command; back to the material's page, with what is wrong where it was refused."""
    about = {"season": season, "unit": unit, "material": material}
    try:
        done = await visit.services.post(
            "registration", f"{COMMANDS}/{command}", {**about, **body}, form.key, form.version
        )
    except Problem as problem:
        status = form.refuse(problem)
        if status == 412:
            form.version = ""
        return await show(visit, season, unit, material, form, status)
    return visit.go(f"/materials/{season}/{unit}/{material}?at={done['position']}")


@router.post("/files")
async def upload(visit: Here, season: YearPath, unit: UnitPath, material: MaterialPath) -> Response:
    visit.only("office", "unit")
    sent = await visit.form()
    form, file = Form.of(sent), sent.get("file")
    if not isinstance(file, UploadFile) or not file.filename:
        form.errors["file"] = "请选择要报送的文件。"
        return await show(visit, season, unit, material, form, 422)
    try:
        kept = await visit.services.upload("registration", f"{COMMANDS}/files", file, unit=unit)
    except Problem as problem:
        status = form.refuse(problem)
        form.errors["file"] = form.message
        return await show(visit, season, unit, material, form, status)
    body = {"sha256": kept["sha256"], "name": file.filename}
    return await _send(visit, "submit-material", season, unit, material, form, body)


@router.post("/review")
async def review(visit: Here, season: YearPath, unit: UnitPath, material: MaterialPath) -> Response:
    visit.only("office")
    form = Form.of(await visit.form())
    if form.values.get("decision") == "accept":
        if form.values.get("reason"):
            form.message = "已写明退回原因，不能同时接收；如需接收，请先清空退回原因。"
            return await show(visit, season, unit, material, form, 422)
        return await _send(visit, "accept-material", season, unit, material, form, {})
    before = end_of(form.values.get("resubmit_before", ""))
    if before is None:
        form.errors["resubmit_before"] = "请选择重新报送的最后一天。"
    if form.missing("reason"):
        return await show(visit, season, unit, material, form, 422)
    body = {"reason": form.values["reason"], "resubmit_before": before}
    return await _send(visit, "return-material", season, unit, material, form, body)


@router.post("/paper")
async def receive(visit: Here, season: YearPath, unit: UnitPath, material: MaterialPath) -> Response:
    visit.only("office")
    form = Form.of(await visit.form())
    copies = form.values.get("copies", "")
    body: dict[str, Any] = {"copies": int(copies) if copies.isascii() and copies.isdigit() else copies}
    if when := form.values.get("received_at"):
        body["received_at"] = f"{when}:00+08:00" if len(when) == 16 else when
    return await _send(visit, "receive-material-paper", season, unit, material, form, body)

"""Import of a unit's people from Excel: taken whole, or returned with every fault marked."""

import os
from base64 import b64decode, urlsafe_b64decode, urlsafe_b64encode
from typing import Annotated, Any
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from fastapi import APIRouter, Query
from fastapi.responses import Response
from starlette.datastructures import UploadFile

from services.gateway.console.components.form import Form
from services.gateway.console.components.workbook import attachment
from services.gateway.console.page import Here, Visit
from services.gateway.console.participants.routes import ROSTERS, Unit
from services.gateway.console.registrations.routes import Year
from services.gateway.console.season import season_of
from shared.kernel.problems import Problem
from shared.kernel.sheets import SHEET

router = APIRouter(prefix="/people")

MOST_BYTES = 5_000_000


@router.get("/import")
async def choose(visit: Here, season: Year = None, unit: Unit = "") -> Response:
    visit.only("office", "unit")
    here = await season_of(visit, season)
    return await _show(visit, Form({"season": str(here.year), "unit": visit.actor.unit or unit}))


async def _show(visit: Visit, form: Form, status: int = 200, faulty: Any = None) -> Response:
    year = form.values.get("season", "")
    here = await season_of(visit, int(year) if year.isascii() and year.isdigit() else None)
    return visit.page("participants/import.html", status, season=here, form=form, faulty=faulty)


@router.post("/files")
async def upload(visit: Here) -> Response:
    visit.only("office", "unit")
    sent = await visit.form()
    form, file = Form.of(sent), sent.get("file")
    season, unit = form.values.get("season", ""), visit.actor.unit or form.values.get("unit", "")
    form.values = {**form.values, "unit": unit}
    if not unit:
        form.errors["unit"] = "请选择参赛单位。"
    if not isinstance(file, UploadFile) or not file.filename:
        form.errors["file"] = "请选择填写好的名单（.xlsx）。"
    elif (file.size or 0) > MOST_BYTES:
        form.errors["file"] = "文件超过5 MB，请删去多余的内容或拆分后上传。"
    if form.errors or not isinstance(file, UploadFile):
        return await _show(visit, form, 422)
    try:
        done = await visit.services.upload("registration", f"{ROSTERS}/{season}/{unit}/files", file, form.key)
    except Problem as problem:
        status = form.refuse(problem)
        return await _show(visit, form, status, await _kept(visit, problem) if "annotated" in problem.more else None)
    told = f"added={done['added']}&updated={done['updated']}"
    return visit.go(f"/people?season={season}&unit={unit}&at={done['position']}&{told}")


async def _kept(visit: Visit, problem: Problem) -> dict[str, Any]:
    """Keeps the annotated copy for a day, sealed with a key that only the page's link has: it is full of names."""
    pool, key, nonce = visit.request.app.state.pool, AESGCM.generate_key(128), os.urandom(12)
    account = visit.actor.account
    sealed = nonce + AESGCM(key).encrypt(nonce, b64decode(problem.more["annotated"]), account.encode())
    await pool.execute("delete from faulty_upload where made_at < now() - interval '1 day'")
    id = await pool.fetchval(
        "insert into faulty_upload (account, name, workbook) values ($1, '参赛人员', $2) returning id", account, sealed
    )
    link = f"/people/faulty/{id}?key={urlsafe_b64encode(key).decode().rstrip('=')}"
    return {"faults": problem.more["faults"], "total": problem.more["total"], "link": link}


@router.get("/faulty/{id}")
async def annotated(visit: Here, id: UUID, key: Annotated[str, Query(pattern=r"^[A-Za-z0-9_-]{22}$")]) -> Response:
    visit.only("office", "unit")
    account = visit.actor.account
    sealed = await visit.request.app.state.pool.fetchval(
        "select workbook from faulty_upload where id = $1 and account = $2", id, account
    )
    try:
        book = AESGCM(urlsafe_b64decode(f"{key}==")).decrypt(sealed[:12], sealed[12:], account.encode())
    except (TypeError, ValueError, InvalidTag):
        raise Problem(404, "错误标注表只保留一天，请重新上传文件。") from None
    return Response(book, media_type=SHEET, headers=attachment("参赛人员-错误标注.xlsx"))

"""赛季: the seasons that are open, and opening one by uploading its file."""

from typing import Any
from uuid import UUID

from fastapi import APIRouter
from fastapi.responses import Response
from starlette.datastructures import UploadFile

from services.gateway.console.components import workbook
from services.gateway.console.components.form import Form
from services.gateway.console.page import Here, Visit
from shared.contracts.season_file import MOST_BYTES, Fault, FaultySeason, parse
from shared.kernel.problems import Problem
from shared.kernel.sheets import SHEET

router = APIRouter(prefix="/seasons")

API = "/api/v1/registration"
SHOWN = 200  # faults; the workbook has them all


@router.get("")
async def page(visit: Here, at: int = 0) -> Response:
    visit.only("office")
    return await _show(visit, Form(), at=at)


async def _show(
    visit: Visit, form: Form, status: int = 200, at: int = 0, faults: list[Fault] | None = None, faulty: Any = None
) -> Response:
    found = await visit.services.get("registration", f"{API}/seasons", limit=200, min_position=at)
    faults = faults or []
    return visit.page(
        "seasons/page.html",
        status,
        seasons=found["items"],
        form=form,
        faults=faults[:SHOWN],
        total=len(faults),
        faulty=faulty,
    )


@router.post("")
async def upload(visit: Here) -> Response:
    visit.only("office")
    sent = await visit.form()
    form, file = Form.of(sent), sent.get("file")
    if not isinstance(file, UploadFile) or not file.filename:
        form.errors["file"] = "请选择赛季文件（season.yaml）。"
        return await _show(visit, form, 422)
    raw = await file.read(MOST_BYTES + 1)
    try:
        text = raw.decode("utf-8-sig")
        document = parse(text)
    except UnicodeDecodeError:
        form.errors["file"] = "文件不是UTF-8编码的文本，请在编辑器中另存为UTF-8后重新上传。"
        return await _show(visit, form, 422)
    except FaultySeason as faulty:
        form.message = f"赛季文件有{len(faulty.errors)}处错误，没有开启。请按下表逐处改正后重新上传。"
        kept = await _keep(visit, file.filename, workbook.annotated(text, faulty.errors))
        return await _show(visit, form, 422, faults=faulty.errors, faulty=kept)
    body = {"document": document.model_dump(mode="json")}
    try:
        done = await visit.services.post("registration", f"{API}/open-season", body, form.key)
    except Problem as problem:
        return await _show(visit, form, form.refuse(problem))
    return visit.go(f"/seasons?at={done['position']}")


async def _keep(visit: Visit, name: str, content: bytes) -> UUID:
    """Keeps an annotated workbook for a day, for whoever uploaded the file."""
    pool = visit.request.app.state.pool
    await pool.execute("delete from faulty_upload where made_at < now() - interval '1 day'")
    kept: UUID = await pool.fetchval(
        "insert into faulty_upload (account, name, workbook) values ($1, $2, $3) returning id",
        visit.actor.account,
        name[:100],
        content,
    )
    return kept


@router.get("/faulty/{id}")
async def annotated(visit: Here, id: UUID) -> Response:
    visit.only("office")
    row = await visit.request.app.state.pool.fetchrow(
        "select name, workbook from faulty_upload where id = $1 and account = $2", id, visit.actor.account
    )
    if row is None:
        raise Problem(404, "错误标注表只保留一天，请重新上传文件。")
    name = f"{row['name'].rsplit('.', 1)[0]}-错误标注.xlsx"
    return Response(row["workbook"], media_type=SHEET, headers=workbook.attachment(name))

"""登记表模板: the Word template that a season's forms are made from."""

from typing import Annotated, Any

from fastapi import APIRouter, Query
from fastapi.responses import Response
from starlette.datastructures import UploadFile

from services.gateway.console.components.form import Form
from services.gateway.console.components.workbook import attachment
from services.gateway.console.page import Here, Visit
from services.gateway.console.people import with_names
from services.gateway.console.season import season_of
from shared.kernel.problems import Problem

router = APIRouter(prefix="/prints/template")

API = "/api/v1/registration"
WORD = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"

Year = Annotated[int | None, Query(ge=2000, le=2100)]


@router.get("")
async def which(visit: Here, season: Year = None) -> Response:
    visit.only("office")
    return await _show(visit, season, Form())


@router.get("/file")
async def download(visit: Here, season: Year = None) -> Response:
    visit.only("office")
    here = await season_of(visit, season)
    content = await visit.services.file("registration", f"{API}/templates/{here.year}/file")
    return Response(content, media_type=WORD, headers=attachment(f"{here.year}年登记表模板.docx"))


@router.post("")
async def change(visit: Here, season: Year = None) -> Response:
    visit.only("office")
    sent = await visit.form()
    form, file, here = Form.of(sent), sent.get("file"), await season_of(visit, season)
    try:
        if form.values.get("action") == "revert":
            await visit.services.post("registration", f"{API}/revert-template", {"season": here.year}, form.key)
        elif isinstance(file, UploadFile) and file.filename:
            await visit.services.upload("registration", f"{API}/templates/{here.year}/own", file)
        else:
            form.errors["file"] = "请选择模板文件（.docx）。"
            return await _show(visit, season, form, 422)
    except Problem as problem:
        status = form.refuse(problem)
        form.errors["file"], form.message = form.message, ""
        return await _show(visit, season, form, status)
    return visit.go(f"/prints/template?season={here.year}")


async def _show(visit: Visit, season: int | None, form: Form, status: int = 200) -> Response:
    here = await season_of(visit, season)
    found: dict[str, Any] = await visit.services.get("registration", f"{API}/templates/{here.year}")
    changes = await with_names(visit.request.app.state.pool, found["items"])
    return visit.page("prints/template.html", status, season=here, name=found["name"], changes=changes, form=form)

"""The season's Word template: which one is used, the office's own taken in, the default one to start from."""

import asyncio
from typing import Annotated, Any
from urllib.parse import quote

from fastapi import APIRouter, Query, Request
from fastapi.responses import Response

from services.registration.documents import own_template
from services.registration.documents.views import TemplateView
from services.registration.documents.word_template import TEMPLATE
from services.registration.model import template as templates
from services.registration.model.template import ReplaceTemplate
from shared.contracts import catalogue
from shared.contracts.common import Season
from shared.contracts.materials import FileName
from shared.contracts.templates import TemplateReplaced
from shared.kernel import store
from shared.kernel.api import Caller, Done, done, only
from shared.kernel.filekinds import Unfit
from shared.kernel.messages import Actor, command_id
from shared.kernel.problems import Problem

router = APIRouter(prefix="/api/v1/registration", tags=["registration"])

DEFAULT = "默认模板.docx"
WORD = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
BODY = {"requestBody": {"required": True, "content": {"application/octet-stream": {"schema": {"format": "binary"}}}}}


@router.get("/templates/{season}", summary="登记表模板", response_model=TemplateView)
async def which(request: Request, who: Caller, season: Season) -> Any:
    only(who, "office")
    async with request.app.state.pool.acquire() as conn:
        stream = templates.stream(season)
        events = (await store.read_streams(conn, [stream]))[stream]
    found = [(each, catalogue.read(each.type, each.data)) for each in events]
    names = [(each, event.name if isinstance(event, TemplateReplaced) else None) for each, event in found]
    return {
        "season": season,
        "name": names[-1][1] if names else None,
        "items": [{"at": each.recorded, "actor": each.actor, "name": name} for each, name in names],
    }


@router.get(
    "/templates/{season}/file",
    summary="下载登记表模板",
    response_class=Response,
    responses={200: {"content": {WORD: {}}}},
)
async def download(request: Request, who: Caller, season: Season) -> Response:
    only(who, "office")
    own, name = await own_of(request, season)
    content = own or await asyncio.to_thread(TEMPLATE.read_bytes)
    headers = {"Content-Disposition": f"attachment; filename*=UTF-8''{quote(name)}"}
    return Response(content, media_type=WORD, headers=headers)


@router.post("/templates/{season}/own", summary="更换登记表模板", response_model=Done, openapi_extra=BODY)
async def replace(request: Request, who: Caller, season: Season, name: Annotated[FileName, Query()]) -> Any:
    """正文即文件。用样例数据试填，不能填写的不予保存；之后下载的Word登记表用这一模板。"""
    only(who, "office")
    content = await request.body()
    if not content:
        raise Problem(422, "文件是空的，请重新选择模板文件。")
    try:
        await asyncio.to_thread(own_template.check, content, name)
    except Unfit as unfit:
        raise Problem(415, str(unfit)) from None
    kept = await request.app.state.files.keep(_pieces(content), name=name)
    command = ReplaceTemplate(season=season, sha256=kept.sha256, name=name)
    # The service acts, in the name of whoever uploaded: the log says who that was. What is used already is not
    # recorded again, and what was used before can be again.
    version, _ = await request.app.state.handler.state(templates.stream(season))
    id = command_id(who.account, f"template\0{season}\0{kept.sha256}\0{version}")
    return done(await request.app.state.handler(command, Actor(who.account, "service"), id))


async def own_of(request: Request, season: int) -> tuple[bytes | None, str]:
    """The office's own template and its name; None where the default one is used."""
    _, state = await request.app.state.handler.state(templates.stream(season))
    if state is None:
        return None, DEFAULT
    return b"".join([part async for part in request.app.state.files.read(state.sha256)]), state.name


async def _pieces(content: bytes) -> Any:
    yield content

"""Queries of paper: the form to print, what a print's code opens, the receipts."""

import asyncio
from typing import Annotated, Any
from urllib.parse import quote

from fastapi import APIRouter, Path, Query, Request
from fastapi.responses import Response

from services.registration.documents import word
from services.registration.documents.pdf import Press
from services.registration.documents.printcode import Codes, Mistyped, Print
from services.registration.documents.sheet import Sheet, differences, lines, refs, sheet
from services.registration.documents.stored import Version, past
from services.registration.documents.template_routes import WORD, own_of
from services.registration.documents.views import PrintView, Receipts
from shared.contracts.common import Season, UnitId
from shared.contracts.season import SeasonDocument
from shared.kernel.api import Caller, only, own_unit
from shared.kernel.messages import Actor, Refused
from shared.kernel.problems import Problem
from shared.kernel.queries import Reading
from shared.kernel.service import Runtime

router = APIRouter(prefix="/api/v1/registration", tags=["registration"])

SeasonPath = Annotated[Season, Path(title="赛季年度")]
UnitPath = Annotated[UnitId, Path(title="参赛单位")]
Code = Annotated[str, Path(title="核验码", max_length=60)]
_FILE: dict[int | str, dict[str, Any]] = {200: {"content": {"application/pdf": {}}}}
_WORD_FILE: dict[int | str, dict[str, Any]] = {200: {"content": {WORD: {}}}}


class Papers:
    """What printing takes: the press, and the secret of the codes."""

    def __init__(self, runtime: Runtime) -> None:
        self.press = Press(runtime.settings.fonts)
        self.codes = Codes(runtime.settings.vault_key)


@router.get(
    "/registrations/{season}/{unit}/form.pdf",
    summary="打印登记表（PDF）",
    response_class=Response,
    responses=_FILE,
)
async def pdf(request: Request, who: Caller, season: SeasonPath, unit: UnitPath) -> Response:
    """按登记方式应交的份数逐份排印，每份页脚有份次和核验码。"""
    made = await _to_print(request, who, season, unit)
    content = await _papers(request).press.form(made)
    return Response(content, media_type="application/pdf", headers=_named(made, "pdf"))


@router.get(
    "/registrations/{season}/{unit}/form.docx",
    summary="下载登记表（Word）",
    response_class=Response,
    responses=_WORD_FILE,
)
async def docx(request: Request, who: Caller, season: SeasonPath, unit: UnitPath) -> Response:
    """一份，份次由打印人填写。"""
    made = await _to_print(request, who, season, unit)
    own, _ = await own_of(request, season)
    content = await asyncio.to_thread(word.form, made, own)
    return Response(content, media_type=WORD, headers=_named(made, "docx"))


@router.get("/registrations/{season}/{unit}/papers", summary="纸质登记表签收情况", response_model=Receipts)
async def papers(
    request: Request, who: Caller, season: SeasonPath, unit: UnitPath, query: Annotated[Reading, Query()]
) -> Any:
    only(who, "office", "leader", "unit")
    own_unit(who, unit)
    await request.app.state.progress.reach(query.min_position)
    await _of_the_season(request, season, unit)
    return {
        "items": [
            {
                **receipt.paper.model_dump(include={"copy_number", "copies", "received_at", "late"}),
                "received_by": receipt.paper.received_by or receipt.entered_by,
                "checked": receipt.paper.printed_version is not None,
            }
            for receipt in (await past(request.app.state.pool, season, unit)).receipts
        ]
    }


@router.get("/prints/{code}", summary="核验纸质登记表", response_model=PrintView)
async def verify(request: Request, who: Caller, code: Code) -> Any:
    """核验码指向打印时的版本：给出该版本的内容，以及与现在的电子登记表不同之处。"""
    only(who, "office")
    try:
        printed = _papers(request).codes.read(code)
    except Mistyped as error:
        raise Problem(422, str(error)) from None
    document = await _season(request, printed.season)
    unit = next((each for each in document.units if each.order == printed.order), None)
    found = await past(request.app.state.pool, printed.season, unit.id) if unit else None
    version = found.numbered(printed.version) if found else None
    if unit is None or found is None or version is None:
        raise Problem(404, "没有找到这个核验码对应的登记表；系统可能恢复过较早的备份，请让单位重新打印。")
    then = await _sheet(request, version, document)
    now = await _sheet(request, found.current, document) if found.current else then
    return {
        "season": printed.season,
        "unit": unit.id,
        "name": unit.name,
        "version": version.version,
        "at": version.at,
        "standing": _standing(version, found.current),
        "current_version": found.current.version if found.current else None,
        "current_at": found.current.at if found.current else None,
        "lines": [{"label": label, "text": text} for label, text in lines(then).items()],
        "differences": [
            {"label": label, "printed": before, "current": after} for label, before, after in differences(then, now)
        ],
    }


def _standing(printed: Version, current: Version | None) -> str:
    if current is None:
        return "returned"
    return "current" if current.version == printed.version else "superseded"


async def _to_print(request: Request, who: Actor, season: int, unit: str) -> Sheet:
    """The form at hand, with nobody's number masked: for the unit itself and the office only."""
    only(who, "office", "unit")
    own_unit(who, unit)
    document = await _of_the_season(request, season, unit)
    current = (await past(request.app.state.pool, season, unit)).current
    if current is None:
        raise Refused("REG-3", "登记表尚未提交（或已退回、撤回），提交后才能打印；纸质表与电子表应为同一版本。")
    return await _sheet(request, current, document)


async def _sheet(request: Request, version: Version, document: SeasonDocument) -> Sheet:
    people = await request.app.state.runtime.vault.many(refs(version.form))
    unit = document.unit(version.form.unit)
    assert unit is not None, "a registration is of the season's directory"
    code = _papers(request).codes.write(Print(document.season, unit.order, version.version))
    return sheet(version, people, document, code)


async def _season(request: Request, season: int) -> SeasonDocument:
    found = await request.app.state.pool.fetchval("select document from season where season = $1", season)
    if found is None:
        raise Problem(404, f"没有{season}赛季，请核对年度；尚未开启的赛季由竞赛办开启。")
    return SeasonDocument.model_validate_json(found)


async def _of_the_season(request: Request, season: int, unit: str) -> SeasonDocument:
    document = await _season(request, season)
    if document.unit(unit) is None:
        raise Problem(404, f"{season}赛季的参赛单位名录里没有“{unit}”，请核对单位编号。")
    return document


def _papers(request: Request) -> Papers:
    found: Papers = request.app.state.papers
    return found


def _named(made: Sheet, kind: str) -> dict[str, str]:
    name = quote(f"参赛登记表-{made['单位名称']}.{kind}")
    return {"Content-Disposition": f"attachment; filename*=UTF-8''{name}"}

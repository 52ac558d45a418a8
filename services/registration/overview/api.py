"""Queries for the office: the overview 登记总览, the contact list 通讯录 (附件4), the report upward as a document."""

from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response

from services.registration.model.standing import Status
from services.registration.overview import contacts, standings
from services.registration.overview.views import ContactList, Overview
from services.registration.report.document import DOCX, document
from shared.contracts.common import Group, Season
from shared.kernel.api import Caller, only
from shared.kernel.queries import Reading, Searchable

router = APIRouter(prefix="/api/v1/registration", tags=["registration"])


class OverviewQuery(Reading):
    season: Season
    status: Status | None = None
    group: Group | None = None
    outstanding: bool = False


class ReportQuery(Reading):
    season: Season


class ContactsQuery(Searchable):
    season: Season
    group: Group | None = None


@router.get("/overview", summary="登记总览")
async def overview(request: Request, who: Caller, query: Annotated[OverviewQuery, Query()]) -> Overview:
    """每个单位办到哪一步：电子登记表、纸质登记表、团队，以及区局、市属和合计的数字。"""
    only(who, "office", "leader")
    season = await _season(request, query, query.season)
    units = [
        unit
        for unit in season.units
        if query.status in (None, unit.status)
        and query.group in (None, unit.group)
        and not (query.outstanding and unit.waits_for is None)
    ]
    return Overview(
        season=season.season,
        name=season.name,
        closes_at=season.closes_at,
        items=units,
        total=len(units),
        groups=standings.sums(season.units),
    )


@router.get("/report", summary="登记情况汇总报告", response_class=Response)
async def report(request: Request, who: Caller, query: Annotated[ReportQuery, Query()]) -> Response:
    """报市住建委赛区、市竞赛办的汇总报告（Word文档）：分组数字、各单位情况、未完成单位及原因。"""
    only(who, "office", "leader")
    season = await _season(request, query, query.season)
    content = document(season, await request.app.state.runtime.clock.now())
    return Response(content, media_type=DOCX)


@router.get("/contacts", summary="通讯录", response_model=ContactList)
async def contact_list(request: Request, who: Caller, query: Annotated[ContactsQuery, Query()]) -> Any:
    """附件4：由已提交的登记表得出。领导小组看到的手机号码和邮箱打码；参赛单位对其他单位只看到姓名和职务。"""
    only(who, "office", "leader", "unit")
    await request.app.state.progress.reach(query.min_position)
    await standings.known(request.app.state.pool, query.season)
    return await contacts.listed(request, who, query, query.season, query.group)


async def _season(request: Request, query: Reading, season: int) -> standings.Season:
    await request.app.state.progress.reach(query.min_position)
    return await standings.of(request.app.state.pool, season, await request.app.state.runtime.clock.now())

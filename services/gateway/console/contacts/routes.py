"""通讯录 (附件4): whom the submitted forms name."""

from collections.abc import AsyncIterator
from typing import Any

from fastapi import APIRouter
from fastapi.responses import Response

from services.gateway import audit
from services.gateway.console import formats
from services.gateway.console.components.listing import Listing
from services.gateway.console.components.workbook import Column, export
from services.gateway.console.page import Here, Visit
from services.gateway.console.registrations.routes import Cursor, Group, Words, Year
from services.gateway.console.season import season_of

router = APIRouter(prefix="/contacts")

CONTACTS = "/api/v1/registration/contacts"
POSITIONS = {"leader": "主要领导", "deputy": "分管领导", "contact": "联系人", "team_leader": "团队负责人"}

COLUMNS = (
    Column("序号", lambda row: row["order"], 6),
    Column("参赛单位", lambda row: row["unit_name"], 36),
    Column("组别", lambda row: formats.GROUPS[row["group"]], 8),
    Column("类别", lambda row: POSITIONS[row["position"]], 12),
    Column("团队", lambda row: row["team"], 24),
    Column("姓名", lambda row: row["name"] or "已删除", 12),
    Column("职务", lambda row: row["duty"], 20),
    Column("手机号码", lambda row: row["mobile"], 18),
    Column("电子邮箱", lambda row: row["email"], 30),
)


@router.get("")
async def page(visit: Here, season: Year = None, group: Group = "", q: Words = "", cursor: Cursor = "") -> Response:
    visit.only("office", "leader", "unit")
    here = await season_of(visit, season)
    query = {"season": here.year, "group": group, "q": q, "cursor": cursor}
    found = await visit.services.get("registration", CONTACTS, **query)
    summary = f"共{found['total']}家单位已提交登记表"
    listing = Listing(query, {"season": here.year}, found["items"], found["next"], summary)
    return visit.page("contacts/page.html", season=here, listing=listing, positions=POSITIONS)


@router.get("/export")
async def download(visit: Here, season: Year = None, group: Group = "", q: Words = "") -> Response:
    visit.only("office", "leader", "unit")
    here = await season_of(visit, season)
    answer = await export(f"{here.year}年通讯录", COLUMNS, _people(visit, season=here.year, group=group, q=q))
    pool = visit.request.app.state.pool
    await audit.record(pool, "exported", visit.actor, f"contacts?{visit.request.url.query}", visit.address)
    return answer


async def _people(visit: Visit, **query: Any) -> AsyncIterator[dict[str, Any]]:
    """One row for each person."""
    async for unit in visit.services.every("registration", CONTACTS, **query):
        for person in unit["people"]:
            yield {"order": unit["order"], "unit_name": unit["name"], "group": unit["group"], **person}

"""Drafts of the registration form: kept sealed while it is being filled in, gone once it is handed in.

A draft is no event: nothing follows from it, and nobody but the unit and the office sees it.
"""

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

import msgspec
from fastapi import APIRouter, Path, Request
from pydantic import BaseModel, Field, StringConstraints, ValidationError

from shared.contracts.common import Season, UnitId
from shared.kernel.api import Caller, only, own_unit
from shared.kernel.messages import Actor
from shared.kernel.people import Person, Vault
from shared.kernel.problems import Problem
from shared.kernel.queries import shown

router = APIRouter(prefix="/api/v1/registration", tags=["registration"])

SeasonPath = Annotated[Season, Path(title="赛季年度")]
UnitPath = Annotated[UnitId, Path(title="参赛单位")]
FieldName = Annotated[str, StringConstraints(min_length=1, max_length=60)]
Written = Annotated[str, StringConstraints(max_length=2000)]


class Draft(BaseModel):
    """`version` is 0 and `values` are empty where nothing has been saved."""

    version: int
    saved_at: datetime | None
    saved_by: str | None
    values: dict[str, str] = Field(description="各栏已填的内容")


class SaveDraft(BaseModel):
    """`version` is that of the draft that the page has seen last, `page` what it calls itself.

    A page's own save may still be on its way when it saves again: it is never a conflict with itself.
    """

    version: Annotated[int, Field(ge=0, lt=2**31)]
    page: Annotated[str, StringConstraints(min_length=8, max_length=40)]
    values: dict[FieldName, Written] = Field(max_length=2500)


@router.get("/drafts/{season}/{unit}", summary="登记表草稿", response_model=Draft)
async def draft(request: Request, who: Caller, season: SeasonPath, unit: UnitPath) -> Any:
    _may(who, unit)
    sql = "select version, saved_at, saved_by, values from draft where season = $1 and unit = $2"
    row = await request.app.state.pool.fetchrow(sql, season, unit)
    if row is None:
        return {"version": 0, "saved_at": None, "saved_by": None, "values": {}}
    values = msgspec.json.decode(_vault(request).unseal(row["values"], _about(season, unit)))
    return {**shown(row), "values": values}


@router.put("/drafts/{season}/{unit}", summary="保存登记表草稿", response_model=Draft)
async def save(request: Request, who: Caller, season: SeasonPath, unit: UnitPath, body: SaveDraft) -> Any:
    """Only over the version that the page began with: of two browsers the second is told, and loses nothing."""
    _may(who, unit)
    pool, vault = request.app.state.pool, _vault(request)
    based_on = await _being_filled_in(pool, season, unit)
    now = await request.app.state.runtime.clock.now()
    row = await pool.fetchrow(
        """insert into draft as d (season, unit, version, based_on, values, people, saved_at, saved_by, page)
           select $1, $2, 1, $4, $5, $6, $7, $8, $9 where $3 = 0 or exists (
               select from draft where season = $1 and unit = $2)
           on conflict (season, unit) do update set version = d.version + 1, based_on = $4, values = $5, people = $6,
               saved_at = $7, saved_by = $8, page = $9 where d.version = $3 or d.page = $9
           returning version, saved_at, saved_by""",
        season,
        unit,
        body.version,
        based_on,
        vault.seal(msgspec.json.encode(body.values), _about(season, unit)),
        _named(vault, body.values),
        now,
        who.account,
        body.page,
    )
    if row is None:
        raise Problem(409, "这份草稿已在另一个页面修改，本页的内容没有保存；请刷新页面，在最新的草稿上继续填写。")
    return {**shown(row), "values": body.values}


def _may(who: Actor, unit: str) -> None:
    only(who, "unit", "office")
    own_unit(who, unit)


def _vault(request: Request) -> Vault:
    vault: Vault = request.app.state.runtime.vault
    return vault


def _about(season: int, unit: str) -> str:
    return f"draft-{season}-{unit}"


async def _being_filled_in(pool: Any, season: int, unit: str) -> int:
    """The version of the registration, whose form is with the unit. Raises a 404 or 409 problem."""
    sql = "select status, version from registration where season = $1 and unit = $2"
    row = await pool.fetchrow(sql, season, unit)
    if row is None:
        raise Problem(404, f"{season}赛季的参赛单位名录里没有“{unit}”，请核对单位编号。")
    if row["status"] not in ("opened", "started", "returned"):
        raise Problem(409, "登记表已提交，草稿不再保存；请返回登记页面查看。")
    version: int = row["version"]
    return version


def _named(vault: Vault, values: dict[str, str]) -> list[UUID]:
    """Whom the draft names, as far as their numbers are written out: who is erased is erased here as well."""
    found = []
    for name, mobile in values.items():
        if name.endswith(".mobile"):
            try:
                found.append(vault.who(Person(name="-", mobile=mobile)))
            except ValidationError:
                continue  # half a number is nobody's
    return found

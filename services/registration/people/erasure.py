"""Erasure of a person: their key first, which is what makes them unreadable; then what refers to them."""

from typing import Any
from uuid import UUID, uuid4

from fastapi import APIRouter, Request
from pydantic import BaseModel

from services.registration.model.roster_commands import ErasePerson
from shared.kernel.api import Caller, only
from shared.kernel.problems import Problem

router = APIRouter(prefix="/internal", include_in_schema=False)


class Erased(BaseModel):
    """`rosters` are the lists of people that the person was taken off."""

    rosters: int


@router.post("/people/{person}/erase", response_model=Erased)
async def erase(request: Request, who: Caller, person: UUID) -> Any:
    """Repeating it finishes what an earlier attempt began. Raises a 404 problem where nobody is known by this id."""
    only(who, "service")
    state = request.app.state
    had_key = await state.runtime.vault.erase(person)
    await state.pool.execute("delete from draft where $1 = any(people)", person)  # sealed as a whole, not for each
    # the claims, not the lists: these follow the log at a distance
    sql = "select stream from claim where key = $1 and starts_with(scope, 'affiliation-')"
    rows = await state.pool.fetch(sql, str(person))
    for row in rows:
        _, season, unit = row["stream"].split("-")
        await state.handler(ErasePerson(season=int(season), unit=unit, person=person), who, uuid4())
    if not had_key and not rows:
        raise Problem(404, "没有这个人员编号，或其个人信息已经删除；请核对编号。")
    return {"rosters": len(rows)}

"""工作台: what waits for the person who has signed in."""

import asyncio
from typing import Any

from fastapi import APIRouter
from fastapi.responses import Response

from services.gateway.boards import Board, audience_of
from services.gateway.console import formats
from services.gateway.console.boards.routes import shown, state_of
from services.gateway.console.components.form import Form
from services.gateway.console.page import Here, Visit
from services.gateway.console.registrations.routes import LIST, next_action, registration
from services.gateway.console.season import Season, season_of
from services.gateway.console.working_days import rest
from shared.kernel.problems import Problem

router = APIRouter()

TODO = 8  # rows


@router.get("/")
async def page(visit: Here) -> Response:
    if visit.actor.role == "partner":
        return visit.page("home/partner.html")
    season = await season_of(visit, None)
    board, rest = await asyncio.gather(_board(visit, season), _own(visit, season))
    table = shown(board, visit.who) if board else None
    return visit.page("home/page.html", season=season, table=table, blank=Form(), next_action=next_action, **rest)


async def _own(visit: Visit, season: Season) -> dict[str, Any]:
    """What the role's part of the page needs."""
    match visit.actor.role:
        case "office" | "leader":
            every, left = await asyncio.gather(
                visit.services.get("registration", LIST, season=season.year, limit=200), rest(visit, season.closes_at)
            )
            todo = [row for row in every["items"] if next_action(row, visit)[0] != "查看"]
            return {
                "counts": every["counts"],
                "total": every["total"],
                "todo": todo[:TODO],
                "waiting": len(todo),
                "rest": left,
                "over": formats.is_over(season.closes_at, visit.now),
            }
        case "unit" if visit.actor.unit:
            row = await registration(visit, season.year, visit.actor.unit)
            return {"row": row, "rest": await rest(visit, row["closes_at"])}
        case _:
            return {}


async def _board(visit: Visit, season: Season) -> Board | None:
    """None while there is none: before anything was scored, or while scoring is away."""
    if audience_of(visit.actor) is None:
        return None
    try:
        return await state_of(visit, season.year, "overall")
    except Problem as problem:
        if problem.status in (404, 503):
            return None
        raise

"""排行榜: the boards as tabs, live without reloading."""

import asyncio
from collections.abc import AsyncIterator
from typing import Annotated, Any

import msgspec
from fastapi import APIRouter, Query
from fastapi.responses import Response
from sse_starlette import EventSourceResponse, ServerSentEvent

from services.gateway.api import PING_SECONDS, BoardId, follow
from services.gateway.boards import Board, Hub, audience_of
from services.gateway.console.page import TEMPLATES, Here, Visit
from services.gateway.console.season import season_of
from services.gateway.identity import Identity
from shared.contracts.common import Season
from shared.kernel.problems import Problem

router = APIRouter(prefix="/boards")

CALM = 0.25  # seconds that a person is given between two states
BOARDS = "/api/v1/leaderboards"


@router.get("")
async def newest(visit: Here, season: Annotated[int | None, Query(ge=2000, le=2100)] = None) -> Response:
    here = await season_of(visit, season)
    return visit.go(f"/boards/{here.year}/overall")


@router.get("/{season}/{board}")
async def page(visit: Here, season: Season, board: BoardId) -> Response:
    here, tabs = await asyncio.gather(season_of(visit, season), visit.services.get("scoring", f"{BOARDS}/{season}"))
    if all(tab["board"] != board for tab in tabs["items"]):
        raise Problem(404, "没有这个榜单，请从排行榜页面选择。")
    state = await state_of(visit, season, board)
    return visit.page("boards/page.html", season=here, tabs=tabs["items"], chosen=board, **shown(state, visit.who))


async def state_of(visit: Visit, season: int, board: str) -> Board:
    """The board as the stream has it, so that the page and what follows agree; else as scoring has it."""
    audience = audience_of(visit.actor)
    if audience is None:
        raise Problem(403, "排行榜只供参赛单位和竞赛办查看。")
    hub: Hub = visit.request.app.state.hubs[audience]
    if state := hub.newest(f"{season}/{board}"):
        return state
    data = await visit.services.get("scoring", f"{BOARDS}/{season}/{board}")
    return Board.of(msgspec.json.encode(data))


def shown(state: Board, who: Identity) -> dict[str, Any]:
    """What the board's template takes."""
    rows = state.data["rows"]
    most = max((row["points"] for row in rows), default=0)
    return {"board": state.data, "moved": state.moved, "most": max(most, 1), "own": who.actor.unit}


@router.get("/{season}/{board}/stream")
async def stream(visit: Here, season: Season, board: BoardId) -> EventSourceResponse:
    """The board's table as HTML, at a pace that people can follow."""
    following = await follow(visit.request, visit.who, int(season), board, None)

    async def events() -> AsyncIterator[ServerSentEvent]:
        table = TEMPLATES.get_template("boards/table.html")
        async for state in following:
            yield ServerSentEvent(table.render(**shown(state, visit.who)), event="board", id=str(state.revision))
            await asyncio.sleep(CALM)
        yield ServerSentEvent("", event="signed-out")

    return EventSourceResponse(events(), ping=PING_SECONDS)

"""Queries of scoring: the boards, the points of a unit, and whether both follow from what was recorded."""

from typing import Annotated, Any

import aiohttp
import msgspec
from fastapi import APIRouter, Path, Query, Request, Response

from services.scoring import findings, points, standing, tallies
from services.scoring.intake import CONSUMER, TOPICS
from services.scoring.scheme import titles
from services.scoring.verify import Verifier
from shared.contracts.common import Season, UnitId
from shared.contracts.season import SeasonDocument
from shared.kernel.api import Caller, only, own_unit
from shared.kernel.cursors import load
from shared.kernel.messages import Role
from shared.kernel.problems import Problem, unavailable
from shared.kernel.service import Runtime

router = APIRouter()
queries = APIRouter(prefix="/api/v1", tags=["scoring"])
internal = APIRouter(prefix="/internal", include_in_schema=False)

PARTICIPANTS: tuple[Role, ...] = ("office", "leader", "unit", "inspector", "judge")  # AWD-7: ranks are for participants

SeasonPath = Annotated[Season, Path(title="赛季年度")]
BoardPath = Annotated[str, Path(title="榜单", pattern=r"^[a-z0-9][a-z0-9._-]{0,40}$")]
UnitPath = Annotated[UnitId, Path(title="参赛单位")]
LineQuery = Annotated[str | None, Query(title="计分项", pattern=r"^([a-z0-9][a-z0-9._-]{0,31})?$")]


async def _document(conn: Any, season: int) -> SeasonDocument:
    document = (await tallies.documents(conn)).get(season)
    if document is None:
        raise Problem(404, f"没有{season}年的赛季，请核对年度。")
    return document


def _json(value: Any) -> Response:
    return Response(msgspec.json.encode(value), media_type="application/json")


@queries.get("/leaderboards/{season}", summary="赛季的榜单")
async def boards(request: Request, who: Caller, season: SeasonPath) -> Response:
    only(who, *PARTICIPANTS)
    document = await _document(request.app.state.pool, season)
    items = [{"board": board, "title": title} for board, title in titles(document).items()]
    return _json({"items": items, "next": None, "total": len(items)})


@queries.get("/leaderboards/{season}/{board}", summary="榜单")
async def board(request: Request, who: Caller, season: SeasonPath, board: BoardPath) -> Response:
    """Ranks, points by scheme line, the position that the board stands at and whether it has been verified."""
    only(who, *PARTICIPANTS)
    pool = request.app.state.pool
    async with pool.acquire() as conn, conn.transaction(isolation="repeatable_read", readonly=True):
        document = await _document(conn, season)
        found = await standing.read_one(conn, document, board)
        if found is None:
            raise Problem(404, "没有这个榜单，请从赛季的榜单列表中选择。")
        pending = await conn.fetchval("select count(*) from dead_letter where consumer = $1", CONSUMER)
    head, rows, vector = found
    return _json(head.published(document, rows, vector, pending))


@queries.get("/units/{unit}/points", summary="单位的积分明细")
async def points_of_unit(
    request: Request,
    who: Caller,
    unit: UnitPath,
    season: Annotated[Season, Query(title="赛季年度")],
    line: LineQuery = None,
    cursor: Annotated[str | None, Query(title="翻页标记", max_length=600)] = None,
    limit: Annotated[int, Query(title="每页条数", ge=1, le=200)] = 50,
) -> Response:
    """Points by scheme line, and the facts behind them with the event that each comes from, the latest first."""
    only(who, "office", "leader", "unit")
    own_unit(who, unit)
    pool = request.app.state.pool
    async with pool.acquire() as conn, conn.transaction(isolation="repeatable_read", readonly=True):
        document = await _document(conn, season)
        return _json(await points.of_unit(conn, document, unit, line or None, cursor, limit))


@internal.post("/verify")
async def verify(request: Request, who: Caller) -> dict[str, Any]:
    """Guarantee 5 in full. `agree` only if all three say the same, and nobody has yet to be told of a mismatch."""
    only(who, "service")
    verifier: Verifier = request.app.state.verifier
    pool = request.app.state.pool
    try:
        finding = await verifier.verify(everything=True)
    except (aiohttp.ClientError, TimeoutError):
        raise unavailable() from None
    async with pool.acquire() as conn, conn.transaction():
        earlier = await findings.untold(conn)
        await findings.keep(conn, finding.agree, finding.reasons, told=True)
    return {
        "agree": finding.agree and not earlier,
        "boards": [{"season": s, "board": b, "agree": agrees} for (s, b), agrees in finding.boards.items()],
        "reasons": finding.reasons + earlier,
        "pending": finding.pending,
    }


async def status(runtime: Runtime) -> dict[str, Any]:
    """For `/internal/status`: how far facts and boards have come, and how the boards stand."""
    async with runtime.pool.acquire() as conn, conn.transaction(isolation="repeatable_read", readonly=True):
        cursors = await load(conn, CONSUMER)
        vector = await standing.read_vector(conn)
        heads = await standing.read_heads(conn)
    return {
        "subscriptions": {CONSUMER: TOPICS, "boards": TOPICS},
        "cursors": [
            *({"consumer": CONSUMER, "at": f"{t}/{p}", "pseq": at.pseq} for (t, p), at in cursors.items()),
            *({"consumer": "boards", "at": place, "pseq": pseq} for place, pseq in vector.items()),
        ],
        "boards": [
            {"season": season, "board": board, "revision": head.revision, "hash": head.hash, "verified": head.verified}
            for (season, board), head in heads.items()
        ],
    }


router.include_router(queries)
router.include_router(internal)

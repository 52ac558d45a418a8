"""The gateway's own part of the API: sessions, the live boards, the document of everything."""

from collections.abc import AsyncIterator
from typing import Annotated

from fastapi import APIRouter, Depends, Header, Request, Response
from pydantic import BaseModel, Field, StringConstraints
from sse_starlette import EventSourceResponse, ServerSentEvent

from services.gateway import audit, signin
from services.gateway.boards import Board, Hub, audience_of, states
from services.gateway.front import address_of, headers_of, same_origin
from services.gateway.identity import COOKIE, Identity, close_session
from shared.contracts.common import Season
from shared.kernel.messages import Role
from shared.kernel.problems import Problem

PING_SECONDS = 15
CHECK_SECONDS = 5.0  # a viewer whose session has ended is sent away at most this late

BoardId = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9._-]{0,31}$")]

router = APIRouter(prefix="/api/v1")


async def caller(request: Request) -> Identity:
    """Raises a 401 problem."""
    who: Identity = await request.app.state.identities.of(headers_of(request.scope))
    return who


Who = Annotated[Identity, Depends(caller)]


class Credentials(BaseModel):
    login: Annotated[str, StringConstraints(pattern=r"^[!-~]{1,64}$")] = Field(title="账号")
    password: Annotated[str, StringConstraints(min_length=1, max_length=200)] = Field(title="密码")


class Me(BaseModel):
    account: str = Field(title="账号")
    name: str = Field(title="名称")
    role: Role = Field(title="角色")
    unit: str | None = Field(title="参赛单位")
    partner: str | None = Field(title="协作单位")


def set_cookie(request: Request, response: Response, secret: str) -> None:
    """Secure wherever the browser reached us over TLS; a plain address on a desk has none."""
    encrypted = "https" in (request.url.scheme, request.headers.get("x-forwarded-proto"))
    response.set_cookie(COOKIE, secret, httponly=True, samesite="lax", secure=encrypted, path="/")


@router.post("/session", summary="登录")
async def sign_in(request: Request, response: Response, body: Credentials) -> Me:
    if not same_origin(headers_of(request.scope)):
        raise Problem(403, "请求来自其他网站，未予办理；请在本系统的页面中登录。")
    secret = await signin.sign_in(request.app.state.pool, body.login, body.password, address_of(request.scope))
    set_cookie(request, response, secret)
    return me(await request.app.state.identities.of({"cookie": f"{COOKIE}={secret}"}))


@router.get("/session", summary="当前登录的账号")
async def session(who: Who) -> Me:
    return me(who)


@router.delete("/session", status_code=204, summary="退出登录")
async def sign_out(request: Request, response: Response, who: Who) -> None:
    if not same_origin(headers_of(request.scope)):
        raise Problem(403, "请求来自其他网站，未予办理。")
    await close_session(request.app.state.pool, who)
    await audit.record(request.app.state.pool, "signed_out", who.actor, "session", address_of(request.scope))
    response.delete_cookie(COOKIE, path="/")


def me(who: Identity) -> Me:
    actor = who.actor
    return Me(account=actor.account, name=who.name, role=actor.role, unit=actor.unit, partner=actor.partner)


@router.get("/leaderboards/{season}/{board}/stream", summary="排行榜的实时推送", response_class=EventSourceResponse)
async def stream(
    request: Request,
    who: Who,
    season: Season,
    board: BoardId,
    last_event_id: Annotated[str | None, Header(max_length=20)] = None,
) -> EventSourceResponse:
    """Every event is the whole board as in `GET …/{board}`; its id is the revision."""
    seen = int(last_event_id) if last_event_id and last_event_id.isascii() and last_event_id.isdigit() else None
    following = await follow(request, who, int(season), board, seen)

    async def events() -> AsyncIterator[ServerSentEvent]:
        async for state in following:
            yield ServerSentEvent(data=state.raw.decode(), id=str(state.revision))

    return EventSourceResponse(events(), ping=PING_SECONDS)


async def follow(request: Request, who: Identity, season: int, board: str, seen: int | None) -> AsyncIterator[Board]:
    """States of a board as the caller may see it. Raises a 403 or 404 problem."""
    audience = audience_of(who.actor)
    if audience is None:
        raise Problem(403, "排行榜只供参赛单位和竞赛办查看。")
    hub: Hub = request.app.state.hubs[audience]
    key = f"{season}/{board}"
    if hub.newest(key) is None:
        await _must_exist(request, who, key)

    async def welcome() -> bool:
        still: bool = await request.app.state.identities.still(who)
        return still

    return states(hub, key, seen, welcome, CHECK_SECONDS)


async def _must_exist(request: Request, who: Identity, key: str) -> None:
    """A board that is not on the topic yet may come; one that scoring does not know never will."""
    target = f"/api/v1/leaderboards/{key}"
    async with request.app.state.upstream.open("scoring", "GET", target, who.actor, {}) as answer:
        if answer.status == 404:
            raise Problem(404, "没有这个榜单，请从排行榜页面选择。")

"""HTTP of a service: one route for each command, and the internal routes."""

import re
from collections.abc import Callable, Coroutine, Sequence
from functools import partial
from typing import Annotated, Any

import msgspec
from fastapi import APIRouter, Depends, Header, Request, Response
from fastapi.routing import APIRoute
from pydantic import BaseModel, ValidationError

from shared.kernel import store
from shared.kernel.decider import Aggregate
from shared.kernel.handle import Answer, Handler
from shared.kernel.messages import Actor, Role, command_id
from shared.kernel.problems import Problem, malformed
from shared.kernel.tokens import verify

KEY = r"^[\x21-\x7e]+$"  # of an Idempotency-Key


class Done(BaseModel):
    """What a command did."""

    stream: str
    version: int
    position: int
    events: list[dict[str, str]]


def kebab(name: str) -> str:
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "-", name).lower()


async def actor(request: Request) -> Actor:
    """Who calls, as the gateway vouches. Raises a 401 problem."""
    return verify(request.app.state.internal_key, request.headers.get("authorization"))


Caller = Annotated[Actor, Depends(actor)]


def only(who: Actor, *roles: Role) -> None:
    """Raises a 403 problem unless the caller has one of the roles."""
    if who.role not in roles:
        raise Problem(403, "您的角色不能查看这项内容；如确需查看，请联系竞赛办。")


def own_unit(who: Actor, unit: str) -> None:
    """Raises a 403 problem where a unit asks for another's data."""
    if who.role == "unit" and who.unit != unit:
        raise Problem(403, "只能查看本单位的内容。")


def version_of(if_match: str | None) -> int | None:
    """The version of an `If-Match: "<version>"`. Raises a 422 problem."""
    if if_match is None:
        return None
    found = re.fullmatch(r'"(\d{1,9})"', if_match.strip())
    if not found:
        raise Problem(422, 'If-Match 应为带引号的版本号，例如 "3"。')
    return int(found[1])


def command_routes(service: str, aggregates: Sequence[Aggregate[Any, Any, Any]]) -> APIRouter:
    """`POST /api/v1/<service>/<command-in-kebab-case>` for every command that people may give."""
    router = APIRouter(prefix=f"/api/v1/{service}", tags=[service])
    for aggregate in aggregates:
        for command in aggregate.commands:
            if command.roles != {"service"}:
                _add(router, command)
    return router


def _add(router: APIRouter, kind: type[Any]) -> None:
    async def documented(
        body: Any,
        idempotency_key: Annotated[str, Header(min_length=1, max_length=200, pattern=KEY)],
        if_match: Annotated[str | None, Header(max_length=50)] = None,
    ) -> Done:
        """What the document says of the route; requests go straight to `_handle`."""
        raise NotImplementedError

    class CommandRoute(APIRoute):
        def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
            return partial(_handle, kind)

    documented.__annotations__["body"] = kind
    router.add_api_route(
        f"/{kebab(kind.__name__)}",
        documented,
        methods=["POST"],
        summary=kind.title,
        name=kind.__name__,
        description=kind.__doc__,
        route_class_override=CommandRoute,
    )


async def _handle(kind: type[Any], request: Request) -> Response:
    """A command's way in, without the framework's resolving of parameters, which costs more than the command."""
    headers = request.headers
    who = verify(request.app.state.internal_key, headers.get("authorization"))
    key = headers.get("idempotency-key", "")
    if not re.fullmatch(KEY, key) or len(key) > 200:
        raise Problem(422, "请求须带请求头 Idempotency-Key（1至200个英文字符），重试时保持不变。")
    expected = version_of(headers.get("if-match"))
    media = headers.get("content-type", "application/json").partition(";")[0].strip().lower()
    if media != "application/json":
        raise Problem(415, "提交的内容应为JSON（Content-Type: application/json）。")
    raw = await request.body()
    if b"\\u0000" in raw or b"\0" in raw:
        raise Problem(422, "提交的内容含有不可见的控制字符，请删除后重试。")
    try:
        command = kind.model_validate_json(raw, strict=True)
    except ValidationError as error:
        raise malformed(list(error.errors(include_url=False, include_input=False))) from None
    handler: Handler = request.app.state.handler
    answer = await handler(command, who, command_id(who.account, key), expected=expected)
    body = msgspec.json.encode(done(answer))
    return Response(body, media_type="application/json", headers={"ETag": f'"{answer.version}"'})


def done(answer: Answer) -> dict[str, Any]:
    events = [{"id": str(id), "type": type} for id, type in answer.events]
    return {"stream": answer.stream, "version": answer.version, "position": answer.position, "events": events}


class Republish(BaseModel):
    topic: str
    partition: int
    pseq: int


def internal_routes() -> APIRouter:
    """What services ask of each other: heads, the log itself, sending again, cursors."""
    router = APIRouter(prefix="/internal", include_in_schema=False)

    @router.get("/heads")
    async def heads(request: Request, who: Caller, topic: str) -> dict[str, Any]:
        only(who, "service")
        found = await store.heads(request.app.state.pool)
        return {"heads": {str(p): pseq for (t, p), pseq in found.items() if t == topic}}

    @router.post("/republish", status_code=202)
    async def republish(request: Request, who: Caller, body: Republish) -> None:
        only(who, "service")
        await request.app.state.pool.execute(
            """insert into republish as r values ($1, $2, $3) on conflict (topic, partition)
               do update set pseq = least(r.pseq, excluded.pseq)""",
            body.topic,
            body.partition,
            body.pseq,
        )

    @router.get("/log")
    async def log(
        request: Request, who: Caller, topic: str, partition: int, after: int, upto: int, limit: int = 5000
    ) -> Response:
        """Events of a partition with `after` < pseq ≤ `upto`, as JSON lines, with the digest chain."""
        only(who, "service")
        rows = await request.app.state.pool.fetch(
            """select pseq, pos, id, stream, version, type, data::text as data, actor, recorded, encode(digest, 'hex') d
               from event where topic = $1 and partition = $2 and pseq > $3 and pseq <= $4 order by pseq limit $5""",
            topic,
            partition,
            after,
            upto,
            min(limit, 20_000),
        )
        return Response(b"\n".join(map(_line, rows)), media_type="application/x-ndjson")

    @router.get("/status")
    async def status(request: Request, who: Caller) -> dict[str, Any]:
        """Heads of the log, the relay's checkpoint, every consumer's cursors, what is pending; the service's own."""
        only(who, "service")
        state = request.app.state
        more = await state.status(state.runtime) if state.status else {}
        return {**await statusof(state.pool), "subscriptions": state.runtime.subscriptions, **more}

    return router


def _line(row: Any) -> bytes:
    return msgspec.json.encode(dict(row))


async def statusof(pool: Any) -> dict[str, Any]:
    async with pool.acquire() as conn, conn.transaction(isolation="repeatable_read", readonly=True):
        heads = await store.heads(conn)
        cursor = await conn.fetch("select consumer, topic, partition, pseq from cursor")
        own = await conn.fetch("select projection, pos from own_cursor")
        dead = await conn.fetch("select consumer, count(*) n from dead_letter group by consumer")
        return {
            "pos": await conn.fetchval("select pos from log_head"),
            "relayed": await conn.fetchval("select pos from relay"),
            "heads": {f"{t}/{p}": pseq for (t, p), pseq in heads.items()},
            "cursors": [
                {"consumer": r["consumer"], "at": f"{r['topic']}/{r['partition']}", "pseq": r["pseq"]} for r in cursor
            ],
            "projections": {r["projection"]: r["pos"] for r in own},
            "dead_letters": {r["consumer"]: r["n"] for r in dead},
        }

"""The feed that partners read, and the office's list of agreements."""

from datetime import datetime
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Header, Query, Request
from fastapi.responses import Response, StreamingResponse
from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator

from services.feeds import entries
from services.feeds.model import Agreement, PartnerId, Status, standing
from services.feeds.reading import Feed
from shared.contracts.common import Province
from shared.kernel.api import Caller, only
from shared.kernel.messages import Actor

router = APIRouter(tags=["feeds"])

LONGEST = 30_000  # milliseconds of a long poll
BATCH = "application/cloudevents-batch+json"
NOT_KEPT = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}


class AgreementsQuery(BaseModel):
    """`min_position` is always reached: agreements are read from the log. What is left empty counts as left out."""

    model_config = ConfigDict(extra="forbid")

    min_position: Annotated[int, Field(ge=0, lt=2**63)] = Field(0, title="最低位置")
    limit: Annotated[int, Field(ge=1, le=200)] = Field(50, title="每页条数")
    cursor: Annotated[str, StringConstraints(pattern=r"^[0-9]{1,9}$")] | None = Field(None, title="翻页标记")
    sort: Literal["agreement", "-agreement"] = Field("agreement", title="排序")
    q: Annotated[str, StringConstraints(max_length=100, pattern=r"^[^\x00-\x1f]*$")] = Field("", title="查找文字")
    partner: PartnerId | None = Field(None, title="协作单位编号")
    status: Status | None = Field(None, title="状态")

    @model_validator(mode="before")
    @classmethod
    def _without_empty(cls, given: Any) -> Any:
        return {name: value for name, value in given.items() if value != ""} if isinstance(given, dict) else given


class AgreementRow(BaseModel):
    """`entries` is how many events its feed has delivered or can deliver; `expires_at` is exclusive."""

    agreement: str
    partner: str
    province: Province
    name: str
    purpose: str
    legal_basis: str
    fields: dict[str, tuple[str, ...]]
    starts_at: str
    expires_at: str
    status: Status
    status_text: str
    revoked: str | None
    entries: int


class AgreementRows(BaseModel):
    items: list[AgreementRow]
    next: str | None
    total: int


@router.get(
    "/feeds/{agreement}",
    summary="读取共享数据源",
    response_class=Response,
    responses={200: {"content": {BATCH: {"schema": {"type": "array", "items": {"type": "object"}}}}}},
)
async def feed(
    agreement: str,
    request: Request,
    who: Caller,
    lastEventId: Annotated[str | None, Query(max_length=200)] = None,  # the name that http-feeds gives it
    timeout: Annotated[int, Query(ge=0, le=LONGEST)] = 0,
    limit: Annotated[int, Query(ge=1, le=1000)] = 1000,
    accept: Annotated[str, Header()] = "",
    last_event_id: Annotated[str | None, Header(max_length=200)] = None,
) -> Response:
    """共享数据源（http-feeds）：lastEventId 之后的事件；timeout 为长轮询毫秒数；Accept: text/event-stream 时为 SSE。"""
    only(who, "partner")
    opened = _open(agreement, request, who)
    await opened.admit(opened.pool)
    seq = await opened.start(last_event_id if last_event_id is not None else lastEventId)
    if "text/event-stream" in accept:
        return StreamingResponse(opened.follow(seq), media_type="text/event-stream", headers=NOT_KEPT)
    found = await opened.poll(seq, limit, timeout / 1000)
    body = b"[" + b",".join(entry.body for entry in found) + b"]"
    return Response(body, media_type=BATCH, headers=NOT_KEPT)


def _open(agreement: str, request: Request, who: Actor) -> Feed:
    runtime = request.app.state.runtime
    demo = runtime.settings.deployment == "demo"
    return Feed(agreement, who, runtime.pool, runtime.clock, request.app.state.news, demo)


@router.get("/api/v1/feeds/agreements", summary="共享协议")
async def agreements(request: Request, who: Caller, query: Annotated[AgreementsQuery, Query()]) -> AgreementRows:
    """共享协议，默认按编号排列；协作单位只见自己的协议。"""
    only(who, "office", "leader", "partner")
    runtime = request.app.state.runtime
    now = await runtime.clock.now()
    async with runtime.pool.acquire() as conn:
        found, counts = await entries.all_agreements(conn), await entries.counts(conn)
    rows = [_row(found[id], counts, now) for id in sorted(found, reverse=query.sort.startswith("-"))]
    rows = [row for row in rows if (who.role != "partner" or row.partner == who.partner) and _asked_for(row, query)]
    start = int(query.cursor or 0)
    end = start + query.limit
    return AgreementRows(items=rows[start:end], next=str(end) if end < len(rows) else None, total=len(rows))


def _asked_for(row: AgreementRow, query: AgreementsQuery) -> bool:
    if query.partner not in (None, row.partner) or query.status not in (None, row.status):
        return False
    return query.q.lower() in f"{row.agreement} {row.partner} {row.name} {row.purpose}".lower()


STATUSES: dict[Status, str] = {"future": "未生效", "current": "生效中", "expired": "已到期", "revoked": "已撤销"}


def _row(agreement: Agreement, counts: dict[str, int], now: datetime) -> AgreementRow:
    terms = agreement.terms
    assert terms is not None, "the log begins with the conclusion"
    status = standing(agreement, now)
    return AgreementRow(
        **terms.model_dump(exclude={"starts_at", "expires_at"}),
        starts_at=terms.starts_at.isoformat(),
        expires_at=terms.expires_at.isoformat(),
        status=status,
        status_text=STATUSES[status],
        revoked=agreement.revoked,
        entries=counts.get(terms.agreement, 0),
    )

"""What people ask of notification: their messages; and for the office, every reminder and what became of it."""

from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import APIRouter, Query, Request, Response
from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator

from services.notification.queue import CHANNEL
from services.notification.reminders import AFTER, URGED
from shared.contracts.common import Season, UnitId
from shared.kernel.api import Caller, only
from shared.kernel.messages import SHANGHAI, Actor
from shared.kernel.problems import Problem

router = APIRouter(prefix="/api/v1/notification", tags=["notification"])

State = Literal["waiting", "cancelled", "done", "superseded", "failed", "unknown", "nobody"]
Kind = Literal["reminder", "email"]

STATES: dict[tuple[str, str], str] = {
    ("reminder", "waiting"): "未到时间",
    ("reminder", "cancelled"): "已取消",
    ("reminder", "done"): "已提醒",
    ("reminder", "superseded"): "已由后一次提醒代替",
    ("email", "waiting"): "待发送",
    ("email", "cancelled"): "已取消",
    ("email", "done"): "已发送",
    ("email", "failed"): "发送失败",
    ("email", "unknown"): "可能已发送",
    ("email", "nobody"): "无收件人",
}


class Page(BaseModel):
    """What every list takes. A field left empty, as browsers send it, counts as left out."""

    model_config = ConfigDict(extra="forbid")

    limit: Annotated[int, Field(ge=1, le=200)] = Field(50, title="每页条数")
    cursor: Annotated[str, StringConstraints(pattern=r"^[0-9]{1,15}$")] | None = Field(
        None, title="翻页标记", description="上一页答复中的 next"
    )
    q: Annotated[str, StringConstraints(max_length=100, pattern=r"^[^\x00-\x1f]*$")] = Field("", title="查找文字")

    @model_validator(mode="before")
    @classmethod
    def _without_empty(cls, given: Any) -> Any:
        return {name: value for name, value in given.items() if value != ""} if isinstance(given, dict) else given


class MessagesQuery(Page):
    sort: Literal["-at"] = Field("-at", title="排序")
    unread: bool = Field(False, title="只看未读")


class RemindersQuery(Page):
    sort: Literal["due", "-due", "unit", "-unit", "state", "-state"] = Field("due", title="排序")
    season: Season | None = Field(None, title="赛季年度")
    unit: UnitId | None = Field(None, title="参赛单位")
    kind: Kind | None = Field(None, title="类别", description="reminder 提醒，email 邮件")
    state: State | None = Field(None, title="状态")


class Message(BaseModel):
    id: UUID
    title: str
    text: str
    at: str
    read_at: str | None
    season: int
    unit: str


class Messages(BaseModel):
    """`next` is the cursor of the following page."""

    items: list[Message]
    next: str | None
    total: int
    unread: int


class Reminder(BaseModel):
    """A timer (`reminder`) or an e-mail. `deadline_at` is exclusive; `when` says which of a deadline's reminders."""

    id: UUID
    kind: Kind
    season: int
    unit: str
    name: str
    deadline: str
    deadline_at: str
    when: str
    due: str
    state: State
    state_text: str
    tries: int
    reason: str | None
    repeatable: bool


class Reminders(BaseModel):
    items: list[Reminder]
    next: str | None
    total: int


def _own(who: Actor) -> tuple[str, str | None]:
    """Whose messages the caller reads: the unit's, the office's, or nobody's."""
    only(who, "unit", "office", "leader", "inspector", "judge")
    return who.role, who.unit if who.role == "unit" else None


_OWN = "audience = $1 and ($2::text is null or unit = $2)"


@router.get("/messages", summary="站内消息")
async def messages(request: Request, who: Caller, query: Annotated[MessagesQuery, Query()]) -> Messages:
    """本人的站内消息，新的在前。"""
    audience, unit = _own(who)
    where = f"""{_OWN} and (not $3 or read_at is null)
                and strpos(lower(title || body), lower($4)) > 0"""
    pool, given = request.app.state.pool, (audience, unit, query.unread, query.q)
    total = await pool.fetchval(f"select count(*) from message where {where}", *given)
    unread = await pool.fetchval(f"select count(*) from message where {_OWN} and read_at is null", audience, unit)
    rows = await pool.fetch(
        f"select * from message where {where} and ($5::bigint is null or n < $5) order by n desc limit $6",
        *given,
        int(query.cursor) if query.cursor else None,
        query.limit + 1,
    )
    more = len(rows) > query.limit
    rows = rows[: query.limit]
    return Messages(
        items=[_message(row) for row in rows], next=str(rows[-1]["n"]) if more else None, total=total, unread=unread
    )


@router.post("/messages/{id}/read", summary="标为已读")
async def read(request: Request, who: Caller, id: UUID) -> Message:
    """标为已读；重复操作不改变首次阅读的时间。"""
    audience, unit = _own(who)
    row = await request.app.state.pool.fetchrow(
        f"update message set read_at = coalesce(read_at, $4) where {_OWN} and id = $3 returning *",
        audience,
        unit,
        id,
        await request.app.state.runtime.clock.now(),
    )
    if row is None:
        raise Problem(404, "没有这条消息，请刷新消息列表后重试。")
    return _message(row)


@router.get("/reminders", summary="提醒和邮件")
async def reminders(request: Request, who: Caller, query: Annotated[RemindersQuery, Query()]) -> Reminders:
    """全部提醒和邮件，默认按时间从早到晚。"""
    only(who, "office")
    where = """($1::int is null or season = $1) and ($2::text is null or unit = $2)
               and ($3::text is null or kind = $3) and ($4::text is null or state = $4)
               and strpos(lower(name || unit), lower($5)) > 0"""
    given = (query.season, query.unit, query.kind, query.state, query.q)
    column, direction = query.sort.removeprefix("-"), "desc" if query.sort.startswith("-") else "asc"
    source = f"from job join registration using (season, unit) where {where}"
    pool, start = request.app.state.pool, int(query.cursor or 0)
    total = await pool.fetchval(f"select count(*) {source}", *given)
    rows = await pool.fetch(
        f"""select job.*, name {source}
            order by {column} {direction}, due, kind desc, unit, id offset $6 limit $7""",
        *given,
        start,
        query.limit,
    )
    end = start + len(rows)
    return Reminders(
        items=[_reminder(row) for row in rows], next=str(end) if rows and end < total else None, total=total
    )


@router.post("/reminders/{id}/repeat", status_code=202, summary="重发邮件")
async def repeat(request: Request, who: Caller, id: UUID) -> Response:
    """NOT-2: an e-mail that failed, or that may have been sent, is sent again only when the office says so."""
    only(who, "office")
    pool = request.app.state.pool
    if not await pool.fetchval("select 1 from job where id = $1 and kind = 'email'", id):
        raise Problem(404, "没有这封邮件，请刷新列表后重试。")
    repeated = await pool.fetchval(
        """with repeated as (
               update job set state = 'waiting', reason = null, due = now(), tries = 0
               where id = $1 and state = any($2) returning id)
           select pg_notify($3, '') is not null from repeated""",
        id,
        _REPEATABLE,
        CHANNEL,
    )
    if not repeated:
        raise Problem(409, "这封邮件无需重发：只有发送失败、可能已发送或无收件人的邮件才能重发。", rule="NOT-2")
    return Response(status_code=202)


_REPEATABLE = ("failed", "unknown", "nobody")


def _iso(at: Any) -> str:
    text: str = at.astimezone(SHANGHAI).isoformat(timespec="seconds")
    return text


def _message(row: Any) -> Message:
    return Message(
        id=row["id"],
        title=row["title"],
        text=row["body"],
        at=_iso(row["at"]),
        read_at=_iso(row["read_at"]) if row["read_at"] else None,
        season=row["season"],
        unit=row["unit"],
    )


def _reminder(row: Any) -> Reminder:
    return Reminder(
        id=row["id"],
        kind=row["kind"],
        season=row["season"],
        unit=row["unit"],
        name=row["name"],
        deadline={"registration": "登记截止", "resubmission": "重新提交截止"}[row["deadline"]],
        deadline_at=_iso(row["deadline_at"]),
        when={URGED: "竞赛办催办", AFTER: "逾期", 0: "当日"}.get(row["step"], f"前{row['step']}个工作日"),
        due=_iso(row["due"]),
        state=row["state"],
        state_text=STATES[(row["kind"], row["state"])],
        tries=row["tries"],
        reason=row["reason"],
        repeatable=row["kind"] == "email" and row["state"] in _REPEATABLE,
    )

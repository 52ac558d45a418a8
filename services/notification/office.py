"""What the office asks and does beyond reading its messages: urging units 催办, and counting working days."""

from datetime import date
from typing import Annotated, Any

from fastapi import APIRouter, Header, Query, Request
from pydantic import BaseModel, ConfigDict, Field

from services.notification import texts, urges, working_days
from services.notification.api import STATES, State
from shared.contracts.common import Season, UnitId
from shared.kernel.api import KEY, Caller, only
from shared.kernel.messages import SHANGHAI, command_id
from shared.kernel.problems import Problem

router = APIRouter(prefix="/api/v1/notification", tags=["notification"])

FAR = 800  # days: beyond that nobody counts working days


class UrgeUnits(BaseModel):
    model_config = ConfigDict(extra="forbid")

    season: Season = Field(title="赛季年度")
    units: list[UnitId] = Field(title="参赛单位", min_length=1, max_length=300)


class Refusal(BaseModel):
    unit: str
    rule: str
    detail: str


class Urged(BaseModel):
    """Who was told, and who was not and why."""

    urged: list[str]
    refused: list[Refusal]


class Urge(BaseModel):
    unit: str
    at: str
    today: bool = Field(description="今天已催办，不能再次催办")
    mail: State
    mail_text: str


class Urges(BaseModel):
    items: list[Urge]


class UrgesQuery(BaseModel):
    model_config = ConfigDict(extra="forbid")

    season: Season = Field(title="赛季年度")


class DaysQuery(BaseModel):
    model_config = ConfigDict(extra="forbid")

    day: list[date] = Field(title="末日", description="期限的最后一天，可写多个", min_length=1, max_length=50)


class Rest(BaseModel):
    """`left` counts today and not the last day; 0 on it and after it."""

    day: date
    left: int
    words: str = Field(description="例如“剩余7个工作日”“今日截止”“已截止”")
    over: bool
    published: bool = Field(description="当年放假安排已经公布；未公布的暂按周一至周五计算")


class Rests(BaseModel):
    items: list[Rest]


@router.post("/urge-units", summary="催办")
async def urge_units(
    request: Request,
    who: Caller,
    body: UrgeUnits,
    idempotency_key: Annotated[str, Header(min_length=1, max_length=200, pattern=KEY)],
) -> Urged:
    """向单位发站内消息，并发电子邮件给其联系人。每个单位每天最多一次；一个也没有催办时为409。"""
    only(who, "office")
    pool, command = request.app.state.pool, command_id(who.account, idempotency_key)
    if missing := await urges.unknown(pool, body.season, body.units):
        raise Problem(404, f"{body.season}赛季的参赛单位名录里没有“{missing[0]}”，请核对单位编号。")
    if not await urges.accept(pool, command, body.season, body.units):
        raise Problem(409, "该请求标识（Idempotency-Key）已用于另一项内容，请换用新的标识。")
    now = await request.app.state.runtime.clock.now()
    async with pool.acquire() as conn:
        answers = await urges.tell_all(conn, command, body.season, body.units, now)
    refused = {unit: sentence for unit, sentence in answers.items() if sentence is not None}
    if len(refused) == len(answers):
        few = list(refused.values())[:3]
        more = f"等，共{len(refused)}家单位，均未催办。" if len(refused) > len(few) else ""
        raise Problem(409, "".join(few) + more, rule="NOT-4")
    return Urged(
        urged=[unit for unit in answers if unit not in refused],
        refused=[Refusal(unit=unit, rule="NOT-4", detail=sentence) for unit, sentence in refused.items()],
    )


@router.get("/urges", summary="最近的催办")
async def latest(request: Request, who: Caller, query: Annotated[UrgesQuery, Query()]) -> Urges:
    """每个单位最近一次催办的时间和邮件结果；没有催办过的单位不列出。"""
    only(who, "office", "leader")
    today = (await request.app.state.runtime.clock.now()).astimezone(SHANGHAI).date()
    rows = await urges.latest(request.app.state.pool, query.season)
    return Urges(items=[_urge(row, today) for row in rows])


def _urge(row: Any, today: date) -> Urge:
    at, mail = row["at"].astimezone(SHANGHAI), row["state"]
    return Urge(
        unit=row["unit"],
        at=at.isoformat(timespec="seconds"),
        today=at.date() == today,
        mail=mail,
        mail_text=STATES[("email", mail)],
    )


@router.get("/working-days", summary="剩余工作日")
async def working_days_left(request: Request, who: Caller, query: Annotated[DaysQuery, Query()]) -> Rests:
    """从今天到期限最后一天还有几个法定工作日（含调休），次序与所问相同。"""
    only(who, "office", "leader", "unit", "inspector", "judge")
    today = (await request.app.state.runtime.clock.now()).astimezone(SHANGHAI).date()
    if any(abs((day - today).days) > FAR for day in query.day):
        detail = f"只能计算今天前后{FAR}天之内的日期。"
        raise Problem(422, detail, errors=[{"field": "query.day", "detail": detail}])
    return Rests(items=[_rest(day, today) for day in query.day])


def _rest(day: date, today: date) -> Rest:
    return Rest(
        day=day,
        left=working_days.left(today, day),
        words=texts.rest_until(day, today),
        over=today > day,
        published=all(map(working_days.published, {today.year, day.year})),
    )

"""What the lists and histories of plans, activities and visits show, kept up with the log."""

from collections.abc import Sequence
from datetime import datetime
from itertools import groupby
from operator import itemgetter
from typing import Any, assert_never, cast

import msgspec

from services.activity.model.activity import ActivityEvent
from services.activity.model.participant import ParticipantEvent
from services.activity.model.visit import VisitEvent
from shared.contracts.activity import (
    ActivityReportCorrected,
    ActivityReported,
    ActivityScheduled,
    CrossProvinceOperationConducted,
    PlanFiled,
    SeasonRulesAdopted,
    UnitAdmitted,
)
from shared.contracts.common import Part, Province
from shared.contracts.inspection import VisitCorrected, VisitRecorded
from shared.contracts.registration import SeasonOpened
from shared.contracts.season import points
from shared.kernel.bus import Received
from shared.kernel.messages import SHANGHAI, Recorded
from shared.kernel.projector import Projection

Told = ActivityEvent | VisitEvent  # events that a history tells
OwnEvent = SeasonRulesAdopted | ParticipantEvent | Told
Change = tuple[str, tuple[Any, ...]]

PARTS: dict[Part, str] = {"initial": "年初部署", "routine": "日常考核", "midyear": "中途检查", "final": "年终考核"}
PROVINCES: dict[Province, str] = {"jiangsu": "江苏", "zhejiang": "浙江", "anhui": "安徽"}

_SEASON = "insert into season (season) values ($1)"
_ADMIT = """
    insert into participant as p (season, unit, version, items) values ($1, $2, $3, $4)
    on conflict (season, unit) do update set version = $3, items = $4"""
_PLAN = "update participant set version = $3, plan_filed_at = $4, plan = $5 where season = $1 and unit = $2"
_SCHEDULE = """
    insert into activity
        (activity, version, updated_at, season, unit, item, campaign, name, place, planned_for, status)
    values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, 'scheduled')"""
_REPORT = """
    update activity set version = $2, updated_at = $3, occurred_at = $4, headcount = $5, outcome = $6, status = $7
    where activity = $1"""
_CONDUCT = "update activity set version = $2, updated_at = $3 where activity = $1"
_RECORD = """
    insert into visit
        (visit, version, recorded_at, account, season, unit, part, checklist, total, occurred_at, after_the_fact)
    values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)"""
_MEND = "update visit set version = $2, total = $3, occurred_at = $4 where visit = $1"
_HISTORY = """
    insert into history (stream, version, event, at, actor, what, why) values ($1, $2, $3, $4, $5, $6, $7)"""
_DIRECTORY = "insert into directory (season, unit, official_order, name, short) values ($1, $2, $3, $4, $5)"


async def apply(conn: Any, received: Sequence[Received]) -> None:
    changes = [change(cast(OwnEvent, each.event), each.recorded) for each in received]
    for sql, alike in groupby(changes, key=itemgetter(0)):
        await conn.executemany(sql, [values for _, values in alike])
    entries = [_entry(each.event, each.recorded) for each in received if isinstance(each.event, Told)]
    await conn.executemany(_HISTORY, entries)


def change(event: OwnEvent, at: Recorded) -> Change:
    """The one row that an event changes, and how."""
    match event:
        case SeasonRulesAdopted():
            return _SEASON, (event.season,)
        case UnitAdmitted():
            return _ADMIT, (event.season, event.unit, at.version, list(event.items))
        case PlanFiled():
            return _PLAN, (event.season, event.unit, at.version, at.recorded, event.model_dump_json())
        case ActivityScheduled(activity=id, season=season, unit=unit, item=item):
            about = (event.campaign, event.name, event.place, event.planned_for)
            return _SCHEDULE, (id, at.version, at.recorded, season, unit, item, *about)
        case ActivityReported():
            return _REPORT, (*_reported(event, at), "reported")
        case ActivityReportCorrected():
            return _REPORT, (*_reported(event, at), "withdrawn" if event.withdrawn else "reported")
        case CrossProvinceOperationConducted():
            return _CONDUCT, (event.activity, at.version, at.recorded)
        case VisitRecorded(visit=id, season=season, unit=unit, part=part):
            sheet = (event.checklist, event.total, event.occurred_at, event.after_the_fact)
            return _RECORD, (id, at.version, at.recorded, at.actor, season, unit, part, *sheet)
        case VisitCorrected():
            return _MEND, (event.visit, at.version, event.total, event.occurred_at)
        case _:
            assert_never(event)


def _reported(event: ActivityReported | ActivityReportCorrected, at: Recorded) -> tuple[Any, ...]:
    return event.activity, at.version, at.recorded, event.occurred_at, event.headcount, event.outcome


def _entry(event: Told, at: Recorded) -> tuple[Any, ...]:
    what, why = words(event)
    return at.stream, at.version, at.id, at.recorded, at.actor, what, why


def words(event: Told) -> tuple[str, str | None]:
    """What happened, as the history says it after the actor's name; and why, where a reason was given."""
    match event:
        case ActivityScheduled():
            where = f"{moment(event.planned_for)}，{event.place}"
            return f"排定竞赛活动“{event.name}”（竞赛内容{event.item}）：{where}", None
        case ActivityReported():
            return f"上报竞赛活动：{_took_place(event)}", None
        case ActivityReportCorrected(withdrawn=True):
            return "撤回活动上报，不再计入", event.reason
        case ActivityReportCorrected():
            return f"更正活动上报：{_took_place(event)}", event.reason
        case CrossProvinceOperationConducted():
            partner = f"{PROVINCES[event.province]}{event.authority}"
            cases = f"对方{event.partner_headcount}人参加，发现案件{event.cases_found}件"
            return f"上报跨省联合执法：与{partner}在{event.place}，{cases}", None
        case VisitRecorded():
            later = f"（{moment(event.occurred_at)}考评，事后录入）" if event.after_the_fact else ""
            paper = "据纸质考评表" if event.on_paper else ""
            return f"{paper}录入{PARTS[event.part]}考评，得{points(event.total)}分{later}", None
        case VisitCorrected():
            return f"更正{PARTS[event.part]}考评，改为{points(event.total)}分", event.reason
        case _:
            assert_never(event)


def _took_place(event: ActivityReported | ActivityReportCorrected) -> str:
    return f"{moment(event.occurred_at)}开展，{event.headcount}人参加"


def moment(at: datetime) -> str:
    """`2021年5月24日09:00`, in Shanghai."""
    at = at.astimezone(SHANGHAI)
    return f"{at.year}年{at.month}月{at.day}日{at:%H:%M}"


async def keep_directory(conn: Any, received: Sequence[Received]) -> None:
    """Applies registration's events: the directory of each season that opens."""
    for each in received:
        if isinstance(each.event, SeasonOpened):
            document = each.event.document
            rows = [(document.season, unit.id, unit.order, unit.name, unit.short) for unit in document.units]
            await conn.executemany(_DIRECTORY, rows)


LISTS = Projection("activity-lists", apply)


def plan_of(row: Any) -> PlanFiled | None:
    """The plan that a participant's row keeps."""
    return PlanFiled.model_validate(msgspec.json.decode(row["plan"])) if row["plan"] else None

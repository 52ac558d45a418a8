"""Event → facts (SCO-1): what an event says that a scheme may count, as upserts by (key, version)."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec

from shared.contracts.activity import (
    ActivityReportCorrected,
    ActivityReported,
    CrossProvinceOperationConducted,
    PlanFiled,
)
from shared.contracts.inspection import VisitCorrected, VisitRecorded
from shared.contracts.registration import PaperReceived, RegistrationCompleted, ZoneChanged
from shared.contracts.season import Kind, points
from shared.kernel.messages import Event, Recorded

PARTS = {"initial": "年初部署", "routine": "日常考核", "midyear": "中途检查", "final": "年终考核"}


class Fact(msgspec.Struct, frozen=True, gc=False):
    """Of the facts with the same `key` the one with the highest `version` holds; none if that is `withdrawn`.

    `key` begins with the stream's id and `version` is the stream's, so a key belongs to exactly one stream (SCO-3).
    `value` is in hundredths where the kind has a measure (a visit's total of 10000), otherwise 1.
    The rest says which event it comes from; `what` is that in Chinese, for people.
    """

    key: str
    version: int
    season: int
    unit: str
    kind: Kind
    item: str | None
    part: str | None
    value: int
    occurred_at: datetime
    withdrawn: bool
    what: str
    event: UUID
    type: str
    topic: str
    partition: int
    pseq: int
    stream: str
    recorded: datetime


def facts(event: Event, at: Recorded) -> Iterator[Fact]:
    """SCO-1: an event states facts, upserts by key and stream version; a retraction is a fact too, a withdrawn one.

    Most events state none.
    """
    match event:
        case ActivityReported():
            what = f"开展活动“{event.name}”，地点{event.place}，{event.headcount}人参加"
            yield _fact(event, at, "activity", event.occurred_at, what, item=event.item)
        case ActivityReportCorrected():
            yield from _corrected(event, at)
        case VisitRecorded():
            late = "，事后补录" if event.after_the_fact else ""
            what = f"{PARTS[event.part]}考评得{points(event.total)}分{late}"
            yield _fact(event, at, "visit", event.occurred_at, what, part=event.part, value=event.total)
        case VisitCorrected():
            what = f"{PARTS[event.part]}考评更正为{points(event.total)}分：{event.reason}"
            yield _fact(event, at, "visit", event.occurred_at, what, part=event.part, value=event.total)
        case CrossProvinceOperationConducted():
            what = f"会同{event.authority}开展跨省联合执法“{event.name}”，地点{event.place}"
            yield _fact(event, at, "cross_province", event.occurred_at, what)
        case PlanFiled():
            yield _fact(event, at, "plan", at.recorded, f"报送全年竞赛计划“{event.theme}”")
        case PaperReceived():
            what = f"第{event.copy_number}份纸质登记表（共{event.copies}份）{'迟到' if event.late else '按时送达'}"
            n = event.copy_number
            yield _fact(event, at, "late_paper", event.received_at, what, nth=n, withdrawn=not event.late)
        case RegistrationCompleted():
            yield _fact(event, at, "registration_complete", at.recorded, "登记完成：电子表审核通过，纸质材料收齐")
            what = "按时登记" if event.on_time else "登记未按时完成"
            yield _fact(event, at, "registration_on_time", at.recorded, what, withdrawn=not event.on_time)
        case ZoneChanged():
            what = "变更赛区，登记须重新完成"  # the paper was printed for the former zone and comes again (REG-1)
            yield _fact(event, at, "registration_complete", at.recorded, what, withdrawn=True)
            yield _fact(event, at, "registration_on_time", at.recorded, what, withdrawn=True)
        case _:
            return


def _corrected(event: ActivityReportCorrected, at: Recorded) -> Iterator[Fact]:
    """A withdrawn report takes the cross-province operation that came with it (same stream) along."""
    verb = "撤回" if event.withdrawn else "更正"
    what = f"{verb}活动上报，{event.headcount}人参加：{event.reason}"
    yield _fact(event, at, "activity", event.occurred_at, what, item=event.item, withdrawn=event.withdrawn)
    if event.withdrawn:
        yield _fact(event, at, "cross_province", event.occurred_at, what, withdrawn=True)


def _fact(
    event: Any,
    at: Recorded,
    kind: Kind,
    occurred_at: datetime,
    what: str,
    *,
    item: str | None = None,
    part: str | None = None,
    nth: int | None = None,
    value: int = 1,
    withdrawn: bool = False,
) -> Fact:
    return Fact(
        key=f"{at.stream}#{kind}" if nth is None else f"{at.stream}#{kind}-{nth}",
        version=at.version,
        season=event.season,
        unit=event.unit,
        kind=kind,
        item=item,
        part=part,
        value=value,
        occurred_at=occurred_at,
        withdrawn=withdrawn,
        what=what,
        event=at.id,
        type=at.type,
        topic=at.topic,
        partition=at.partition,
        pseq=at.pseq,
        stream=at.stream,
        recorded=at.recorded,
    )

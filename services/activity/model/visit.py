"""A visit of the assessment 考评, scoring a checklist (notice §四(三))."""

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, ClassVar, assert_never
from uuid import UUID, uuid5

from pydantic import Field, StringConstraints

from services.activity.model import participant as participants
from services.activity.model import rules as seasons
from services.activity.model.participant import UnitCommand
from shared.contracts.common import Moment, Text
from shared.contracts.inspection import VisitCorrected, VisitRecorded
from shared.contracts.season import Checklist, Id, Points, points
from shared.kernel.decider import Aggregate, Context, Decider
from shared.kernel.messages import SHANGHAI, Actor, Refused, Role

VisitId = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{32}$")]
Scores = Annotated[dict[Id, Points], Field(title="各项得分", min_length=1, max_length=50)]
INSPECTORS: frozenset[Role] = frozenset({"inspector", "office"})


class RecordVisit(UnitCommand):
    """`scores` are points by checklist entry. Its id is in the answer's stream: `visit-<id>`."""

    roles: ClassVar[frozenset[Role]] = INSPECTORS
    title: ClassVar[str] = "录入考评"

    checklist: Id = Field(title="考评表")
    scores: Scores
    occurred_at: Moment = Field(title="考评时间")
    on_paper: bool = Field(False, title="据纸质考评表录入")
    note: Text | None = Field(None, title="备注")


class CorrectVisit(UnitCommand):
    """All scores anew; the time only where it was wrong."""

    roles: ClassVar[frozenset[Role]] = INSPECTORS
    title: ClassVar[str] = "更正考评"

    visit: VisitId = Field(title="考评编号")
    scores: Scores
    occurred_at: Moment | None = Field(None, title="考评时间")
    reason: Text = Field(title="更正原因")


VisitCommand = RecordVisit | CorrectVisit
VisitEvent = VisitRecorded | VisitCorrected


@dataclass(frozen=True)
class VisitState:
    """`sheet` is what stands now."""

    sheet: VisitRecorded | VisitCorrected | None = None


def checklist(id: str, checklists: tuple[Checklist, ...]) -> Checklist:
    """INS-1: each visit scores a checklist version of one of the four parts (§四(三))."""
    found = next((checklist for checklist in checklists if checklist.id == id), None)
    if found is None:
        choices = "、".join(f"{each.id}（{each.name}）" for each in checklists)
        raise Refused("INS-1", f"本赛季没有编号为“{id}”的考评表，请选择：{choices}。")
    return found


def total(scores: dict[str, int], sheet: Checklist) -> int:
    """INS-1: every entry of the checklist is scored, between nothing and its most (§四(三)). In hundredths."""
    most = {entry.id: entry for entry in sheet.entries}
    unknown = [id for id in scores if id not in most]
    if unknown:
        raise Refused("INS-1", f"“{sheet.name}”没有“{unknown[0]}”这一项，请核对考评表版本。")
    missing = [entry.name for entry in sheet.entries if entry.id not in scores]
    if missing:
        raise Refused("INS-1", f"还有考评项没有打分：{'、'.join(missing)}。请补齐。")
    for id, score in scores.items():
        if not 0 <= score <= most[id].most:
            raise Refused("INS-1", f"“{most[id].name}”应在0至{points(most[id].most)}分之间，请改正。")
    return sum(scores.values())


def not_the_own_unit(unit: str, actor: Actor) -> None:
    """INS-2: an inspector never inspects their own unit (§四(三), office rule)."""
    if actor.unit == unit:
        raise Refused("INS-2", "考评员不能考评本单位，请由竞赛办另派考评员。")


def has_happened(occurred_at: datetime, now: datetime) -> None:
    """INS-4: what happened when and when it was recorded are two things, and the first is not in the future."""
    if occurred_at > now:
        raise Refused("INS-4", "考评时间不能晚于现在，请按实际考评时间填写。")


def entered_later(occurred_at: datetime, now: datetime) -> bool:
    """INS-4: a visit entered on a later day, in Shanghai, than it took place was entered after the fact."""
    return occurred_at.astimezone(SHANGHAI).date() < now.astimezone(SHANGHAI).date()


def id_of(command: UUID) -> str:
    """The visit that a RecordVisit with this command id creates."""
    return uuid5(command, "visit").hex


def record(cmd: RecordVisit, visit: VisitState, ctx: Context) -> list[VisitEvent]:
    not_the_own_unit(cmd.unit, ctx.actor)
    if visit.sheet is not None:
        raise Refused("INS-5", "这次考评已录入，请勿重复提交；分数有误的，请用“更正考评”。")
    rules = seasons.adopted(ctx.see(seasons.rules.decider, seasons.stream(cmd.season)), cmd.season)
    participants.admitted(ctx.see(participants.participant.decider, participants.stream(cmd.season, cmd.unit)))
    has_happened(cmd.occurred_at, ctx.now)
    sheet = checklist(cmd.checklist, rules.checklists)
    return [
        VisitRecorded(
            season=cmd.season,
            unit=cmd.unit,
            visit=id_of(ctx.id),
            part=sheet.part,
            checklist=sheet.id,
            checklist_version=sheet.version,
            scores=dict(cmd.scores),
            total=total(cmd.scores, sheet),
            occurred_at=cmd.occurred_at,
            after_the_fact=entered_later(cmd.occurred_at, ctx.now),
            on_paper=cmd.on_paper,
            note=cmd.note,
        )
    ]


def correct(cmd: CorrectVisit, visit: VisitState, ctx: Context) -> list[VisitEvent]:
    """INS-5: a visit is recorded once and then changed only by a correction with a reason (office rule)."""
    not_the_own_unit(cmd.unit, ctx.actor)
    standing = visit.sheet
    if standing is None or (standing.unit, standing.season) != (cmd.unit, cmd.season):
        raise Refused("INS-5", "没有找到对该单位的这次考评，请核对考评编号；尚未录入的，请先录入。")
    rules = seasons.adopted(ctx.see(seasons.rules.decider, seasons.stream(cmd.season)), cmd.season)
    sheet = checklist(standing.checklist, rules.checklists)
    if cmd.occurred_at is not None:
        has_happened(cmd.occurred_at, ctx.now)
    return [
        VisitCorrected(
            season=cmd.season,
            unit=cmd.unit,
            visit=standing.visit,
            part=standing.part,
            checklist=standing.checklist,
            checklist_version=sheet.version,
            scores=dict(cmd.scores),
            total=total(cmd.scores, sheet),
            occurred_at=cmd.occurred_at or standing.occurred_at,
            reason=cmd.reason,
        )
    ]


def decide(cmd: VisitCommand, visit: VisitState, ctx: Context) -> list[VisitEvent]:
    match cmd:
        case RecordVisit():
            return record(cmd, visit, ctx)
        case CorrectVisit():
            return correct(cmd, visit, ctx)
        case _:
            assert_never(cmd)


def evolve(_: VisitState, event: VisitEvent) -> VisitState:
    match event:
        case VisitRecorded() | VisitCorrected():
            return VisitState(event)
        case _:
            assert_never(event)


def stream(cmd: VisitCommand, id: UUID) -> str:
    """`id` is the command's own: what it creates is named by it."""
    match cmd:
        case RecordVisit():
            return f"visit-{id_of(id)}"
        case CorrectVisit():
            return f"visit-{cmd.visit}"
        case _:
            assert_never(cmd)


def reads(cmd: VisitCommand) -> tuple[str, ...]:
    return (seasons.stream(cmd.season), participants.stream(cmd.season, cmd.unit))


visit: Aggregate[VisitCommand, VisitEvent, VisitState] = Aggregate(
    kind="visit",
    commands=(RecordVisit, CorrectVisit),
    events=(VisitRecorded, VisitCorrected),
    decider=Decider(VisitState(), decide, evolve),
    stream=stream,
    reads=reads,
)

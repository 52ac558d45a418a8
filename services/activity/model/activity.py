"""An activity in one of the nine items: scheduled, then reported, perhaps corrected (notice §二, §四(二))."""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Annotated, ClassVar, assert_never
from uuid import UUID, uuid5

from pydantic import Field, StringConstraints

from services.activity.model import participant as participants
from services.activity.model import rules as seasons
from services.activity.model.participant import UnitCommand
from shared.contracts.activity import (
    ActivityReportCorrected,
    ActivityReported,
    ActivityScheduled,
    CrossProvinceOperationConducted,
    SeasonRulesAdopted,
)
from shared.contracts.common import Moment, Name, Province, Text
from shared.contracts.season import ItemId
from shared.kernel.decider import Aggregate, Context, Decider
from shared.kernel.messages import Message, Refused, Role

CROSS_PROVINCE = "1.3"  # 长三角一体化执法 (§二(一)3)

ActivityId = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{32}$")]
Headcount = Annotated[int, Field(ge=1, le=1_000_000)]
WRITERS: frozenset[Role] = frozenset({"unit", "office"})


class ScheduleActivity(UnitCommand):
    """Announces an activity. Its id is in the answer's stream: `activity-<id>`."""

    roles: ClassVar[frozenset[Role]] = WRITERS
    title: ClassVar[str] = "排定竞赛活动"

    item: ItemId = Field(title="竞赛内容")
    campaign: Name | None = Field(None, title="专项活动")
    name: Name = Field(title="活动名称")
    place: Name = Field(title="地点")
    planned_for: Moment = Field(title="计划时间")


class CrossProvinceOperation(Message):
    """What a joint operation with a neighbouring province says beside the report (ACT-4)."""

    province: Province = Field(title="协作省份")
    authority: Name = Field(title="协作单位")
    place: Name = Field(title="执法地点")
    legal_basis: Text = Field(title="执法依据")
    partner_headcount: Headcount = Field(title="对方参加人数")
    cases_found: Annotated[int, Field(ge=0, le=1_000_000)] = Field(title="发现案件数")
    summary: Text = Field(title="行动概况")


class ReportActivity(UnitCommand):
    roles: ClassVar[frozenset[Role]] = WRITERS
    title: ClassVar[str] = "上报竞赛活动"

    activity: ActivityId = Field(title="活动编号")
    occurred_at: Moment = Field(title="开展时间")
    headcount: Headcount = Field(title="参加人数")
    outcome: Text = Field(title="成效")
    cross_province: CrossProvinceOperation | None = Field(None, title="跨省联合执法")


class CorrectReport(UnitCommand):
    """Replaces what is given and leaves the rest; `withdrawn` when the activity does not count at all."""

    roles: ClassVar[frozenset[Role]] = WRITERS
    title: ClassVar[str] = "更正活动上报"

    activity: ActivityId = Field(title="活动编号")
    occurred_at: Moment | None = Field(None, title="开展时间")
    headcount: Headcount | None = Field(None, title="参加人数")
    outcome: Text | None = Field(None, title="成效")
    withdrawn: bool = Field(False, title="撤回")
    reason: Text = Field(title="更正原因")


ActivityCommand = ScheduleActivity | ReportActivity | CorrectReport
ActivityEvent = ActivityScheduled | ActivityReported | ActivityReportCorrected | CrossProvinceOperationConducted


@dataclass(frozen=True)
class ActivityState:
    """`report` is what stands now."""

    scheduled: ActivityScheduled | None = None
    report: ActivityReported | ActivityReportCorrected | None = None


def in_one_item(cmd: ScheduleActivity, rules: SeasonRulesAdopted) -> None:
    """ACT-1: an activity belongs to exactly one of the nine items, and its campaign to that item (§二)."""
    item = next((item for item in rules.items if item.id == cmd.item), None)
    if item is None:
        raise Refused("ACT-1", f"本赛季没有编号为“{cmd.item}”的竞赛内容，请从九项内容中选择一项。")
    if cmd.campaign is None or cmd.campaign in item.campaigns:
        return
    if not item.campaigns:
        raise Refused("ACT-1", f"“{item.id} {item.name}”下没有专项活动，请将“专项活动”留空。")
    choices = "、".join(item.campaigns)
    raise Refused("ACT-1", f"“{cmd.campaign}”不属于“{item.id} {item.name}”，请选择：{choices}，或留空。")


def open_to(item: str, items: tuple[str, ...]) -> None:
    """ACT-2: a unit takes part in what the season allows the outcome of its registration (§五(二))."""
    if item not in items:
        raise Refused("ACT-2", f"按本单位的登记方式，可参加的竞赛内容是{'、'.join(items)}，不含{item}；请改选。")


def cross_province_only(cmd: ReportActivity, item: str) -> None:
    """ACT-4: a joint operation with a neighbouring province belongs to item 1.3 (§二(一)3)."""
    if cmd.cross_province is not None and item != CROSS_PROVINCE:
        raise Refused("ACT-4", f"跨省联合执法属于“{CROSS_PROVINCE}”，本活动属于“{item}”；请另行排定或删去该部分。")


def scheduled(cmd: ReportActivity | CorrectReport, activity: ActivityState) -> ActivityScheduled:
    """ACT-5: a unit reports the activities that it scheduled, each once (office rule)."""
    found = activity.scheduled
    if found is None or (found.unit, found.season) != (cmd.unit, cmd.season):
        raise Refused("ACT-5", "没有找到该单位的这项活动，请核对活动编号；尚未排定的，请先排定再上报。")
    return found


def has_happened(occurred_at: datetime, ctx: Context) -> None:
    """ACT-6: only what has taken place is reported (§四(二))."""
    if occurred_at > ctx.now:
        raise Refused("ACT-6", "开展时间不能晚于现在；尚未开展的活动请在开展后上报。")


def id_of(command: UUID) -> str:
    """The activity that a ScheduleActivity with this command id creates."""
    return uuid5(command, "activity").hex


def schedule(cmd: ScheduleActivity, activity: ActivityState, ctx: Context) -> list[ActivityEvent]:
    if activity.scheduled is not None:
        raise Refused("ACT-5", "这项活动已排定，请勿重复提交。")
    rules = seasons.adopted(ctx.see(seasons.rules.decider, seasons.stream(cmd.season)), cmd.season)
    unit = ctx.see(participants.participant.decider, participants.stream(cmd.season, cmd.unit))
    items = participants.admitted(unit)
    in_one_item(cmd, rules)
    open_to(cmd.item, items)
    return [ActivityScheduled(activity=id_of(ctx.id), **cmd.model_dump())]


def report(cmd: ReportActivity, activity: ActivityState, ctx: Context) -> list[ActivityEvent]:
    plan = scheduled(cmd, activity)
    if activity.report is not None:
        raise Refused("ACT-5", "这项活动已上报，请勿重复上报；内容有误的，请用“更正活动上报”。")
    has_happened(cmd.occurred_at, ctx)
    cross_province_only(cmd, plan.item)
    reported = ActivityReported(
        season=plan.season,
        unit=plan.unit,
        activity=plan.activity,
        item=plan.item,
        campaign=plan.campaign,
        name=plan.name,
        place=plan.place,
        occurred_at=cmd.occurred_at,
        headcount=cmd.headcount,
        outcome=cmd.outcome,
    )
    return [reported, *_conducted(cmd, plan)]


def _conducted(cmd: ReportActivity, plan: ActivityScheduled) -> list[ActivityEvent]:
    if cmd.cross_province is None:
        return []
    return [
        CrossProvinceOperationConducted(
            season=plan.season,
            unit=plan.unit,
            activity=plan.activity,
            name=plan.name,
            occurred_at=cmd.occurred_at,
            headcount=cmd.headcount,
            **cmd.cross_province.model_dump(),
        )
    ]


def correct(cmd: CorrectReport, activity: ActivityState, ctx: Context) -> list[ActivityEvent]:
    """ACT-7: a report is changed by a correction with a reason, and a withdrawn one stays so (office rule)."""
    plan, standing = scheduled(cmd, activity), activity.report
    if standing is None:
        raise Refused("ACT-7", "这项活动还没有上报，无需更正。")
    if isinstance(standing, ActivityReportCorrected) and standing.withdrawn:
        raise Refused("ACT-7", "这项活动的上报已撤回，不能再更正；如需计入，请重新排定并上报。")
    given = (cmd.occurred_at, cmd.headcount, cmd.outcome)
    if not cmd.withdrawn and given == (None, None, None):
        raise Refused("ACT-7", "请至少更正一项内容，或选择撤回。")
    if cmd.occurred_at is not None:
        has_happened(cmd.occurred_at, ctx)
    return [
        ActivityReportCorrected(
            season=plan.season,
            unit=plan.unit,
            activity=plan.activity,
            item=plan.item,
            occurred_at=cmd.occurred_at or standing.occurred_at,
            headcount=cmd.headcount or standing.headcount,
            outcome=cmd.outcome or standing.outcome,
            reason=cmd.reason,
            withdrawn=cmd.withdrawn,
        )
    ]


def decide(cmd: ActivityCommand, activity: ActivityState, ctx: Context) -> list[ActivityEvent]:
    match cmd:
        case ScheduleActivity():
            return schedule(cmd, activity, ctx)
        case ReportActivity():
            return report(cmd, activity, ctx)
        case CorrectReport():
            return correct(cmd, activity, ctx)
        case _:
            assert_never(cmd)


def evolve(activity: ActivityState, event: ActivityEvent) -> ActivityState:
    match event:
        case ActivityScheduled():
            return replace(activity, scheduled=event)
        case ActivityReported() | ActivityReportCorrected():
            return replace(activity, report=event)
        case CrossProvinceOperationConducted():
            return activity  # it comes with a report, which is what stands
        case _:
            assert_never(event)


def stream(cmd: ActivityCommand, id: UUID) -> str:
    """`id` is the command's own: what it creates is named by it."""
    match cmd:
        case ScheduleActivity():
            return f"activity-{id_of(id)}"
        case ReportActivity() | CorrectReport():
            return f"activity-{cmd.activity}"
        case _:
            assert_never(cmd)


def reads(cmd: ActivityCommand) -> tuple[str, ...]:
    if not isinstance(cmd, ScheduleActivity):
        return ()
    return (seasons.stream(cmd.season), participants.stream(cmd.season, cmd.unit))


activity: Aggregate[ActivityCommand, ActivityEvent, ActivityState] = Aggregate(
    kind="activity",
    commands=(ScheduleActivity, ReportActivity, CorrectReport),
    events=(ActivityScheduled, ActivityReported, ActivityReportCorrected, CrossProvinceOperationConducted),
    decider=Decider(ActivityState(), decide, evolve),
    stream=stream,
    reads=reads,
)

"""Events of `ligong.activity`: admitted units, their plans and activities (notice §二, §四(一)–(二), §五(一))."""

from typing import ClassVar

from shared.contracts.common import Moment, Name, PersonRef, Province, Season, Text, UnitId
from shared.contracts.season import Checklist, Item
from shared.kernel.messages import Event


class ActivityEvent(Event):
    topic: ClassVar[str] = "ligong.activity"
    season: Season


class SeasonRulesAdopted(ActivityEvent):
    """What activities and assessment need of an opened season."""

    items: tuple[Item, ...]
    checklists: tuple[Checklist, ...]


class UnitActivityEvent(ActivityEvent):
    unit: UnitId


class UnitAdmitted(UnitActivityEvent):
    """ACT-2: the unit is registered; `items` are those of §二 that it may take part in."""

    items: tuple[str, ...]


class PlanFiled(UnitActivityEvent):
    """PLN-1: the unit's plan of the year with the four named parts of its mechanism (§五(一))."""

    theme: Text
    goals: tuple[Text, ...]
    measures: tuple[Text, ...]
    timetable: tuple[Text, ...]
    principal_leader: PersonRef  # 主要领导负总责
    deputy_leader: PersonRef  # 分管领导具体抓
    leading_group: tuple[PersonRef, ...]  # 领导小组重协调
    participants: tuple[PersonRef, ...]  # 参赛人员促落实


class ActivityScheduled(UnitActivityEvent):
    """The unit announced an activity in one of the nine items (ACT-1)."""

    activity: str
    item: str
    campaign: Name | None
    name: Name
    place: Name
    planned_for: Moment


class ActivityReported(UnitActivityEvent):
    """The activity took place at `occurred_at`."""

    activity: str
    item: str
    campaign: Name | None
    name: Name
    place: Name
    occurred_at: Moment
    headcount: int
    outcome: Text


class ActivityReportCorrected(UnitActivityEvent):
    """What was reported is replaced; `withdrawn` when the activity does not count at all."""

    activity: str
    item: str
    occurred_at: Moment
    headcount: int
    outcome: Text
    reason: Text
    withdrawn: bool


class CrossProvinceOperationConducted(UnitActivityEvent):
    """ACT-4: a joint operation with a neighbouring province's authority (沪苏浙省际毗邻区域共同管辖执法协作机制).

    The only event of this topic that an agreement may share.
    """

    activity: str
    name: Name
    province: Province
    authority: Name
    place: Name
    legal_basis: Text
    occurred_at: Moment
    headcount: int
    partner_headcount: int
    cases_found: int
    summary: Text


EVENTS: tuple[type[Event], ...] = (
    SeasonRulesAdopted,
    UnitAdmitted,
    PlanFiled,
    ActivityScheduled,
    ActivityReported,
    ActivityReportCorrected,
    CrossProvinceOperationConducted,
)

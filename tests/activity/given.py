"""What the activity specs start from: the rules of 2021, and 黄浦 admitted to all nine items."""

from typing import Any
from uuid import UUID

from services.activity.model import activity, participant, rules, visit
from services.activity.model.activity import CrossProvinceOperation, ReportActivity, ScheduleActivity
from services.activity.model.visit import RecordVisit
from shared.contracts.activity import (
    ActivityReported,
    ActivityScheduled,
    PlanFiled,
    SeasonRulesAdopted,
    UnitAdmitted,
)
from shared.contracts.common import PersonRef
from shared.contracts.inspection import VisitRecorded
from shared.contracts.season_file import parse
from shared.kernel.messages import Actor
from shared.kernel.people import Person
from tests.registration.given import SEASON_FILE
from tests.spec import COMMAND, Spec, at

DOCUMENT = parse(SEASON_FILE.read_text(encoding="utf-8"))
HUANGPU: Any = {"season": 2021, "unit": "huangpu"}
CONTACT = Actor("huangpu-1", "unit", unit="huangpu")
INSPECTOR = Actor("inspector-1", "inspector", unit="xuhui")

RULES = SeasonRulesAdopted(season=2021, items=DOCUMENT.items, checklists=DOCUMENT.checklists)
NINE = tuple(item.id for item in DOCUMENT.items)
ADMITTED = UnitAdmitted(**HUANGPU, items=NINE)
ON_FILE = UnitAdmitted(**HUANGPU, items=DOCUMENT.registration.outcomes.administrative.items)

ACTIVITY, VISIT = activity.id_of(COMMAND), visit.id_of(COMMAND)

a_participant = Spec(participant.participant)


def _among_participants(spec: Spec, *past: Any) -> Spec:
    return spec.beside(rules.rules, "rules-2021", RULES).beside(
        participant.participant, "participant-2021-huangpu", *past
    )


an_activity = _among_participants(Spec(activity.activity), ADMITTED)
an_activity_on_file = _among_participants(Spec(activity.activity), ON_FILE)
an_activity_of_nobody = _among_participants(Spec(activity.activity))
a_visit = _among_participants(Spec(visit.visit), ADMITTED)
a_visit_of_nobody = _among_participants(Spec(visit.visit))


def ref(n: int) -> PersonRef:
    return PersonRef(person=UUID(int=n), record=UUID(int=1000 + n))


def person(n: int) -> Person:
    """Somebody whose details the kernel has sealed, as it does before a rule asks."""
    return Person(name=f"样例{n}", mobile=f"000-0000-{n:04d}", ref=ref(n))


PLAN_TEXT: Any = {
    **HUANGPU,
    "theme": "人民城市人民建",
    "goals": ("重大活动保障零差错",),
    "measures": ("每月一次岗位练兵",),
    "timetable": ("6月动员，7月至11月实施，12月总结",),
}
PLAN = PlanFiled(
    **PLAN_TEXT,
    principal_leader=ref(1),
    deputy_leader=ref(2),
    leading_group=(ref(3), ref(4)),
    participants=(ref(5),),
)

BRIEF: Any = {"item": "1.1", "campaign": "建党百年", "name": "外滩夜间保障", "place": "外滩"}
SCHEDULE = ScheduleActivity(**HUANGPU, **BRIEF, planned_for=at("07-01 18:00"))
SCHEDULED = ActivityScheduled(**HUANGPU, **BRIEF, activity=ACTIVITY, planned_for=at("07-01 18:00"))
OUTCOME: Any = {"occurred_at": at("07-01 19:30"), "headcount": 60, "outcome": "秩序井然，零投诉"}
REPORT = ReportActivity(**HUANGPU, activity=ACTIVITY, **OUTCOME)
REPORTED = ActivityReported(**HUANGPU, **BRIEF, activity=ACTIVITY, **OUTCOME)

DELTA: Any = {"item": "1.3", "campaign": None, "name": "省际道口联合整治", "place": "白鹤道口"}
SCHEDULED_DELTA = ActivityScheduled(**HUANGPU, **DELTA, activity=ACTIVITY, planned_for=at("07-01 18:00"))
OPERATION = CrossProvinceOperation(
    province="jiangsu",
    authority="昆山市城市管理局",
    place="花桥与安亭交界",
    legal_basis="沪苏浙省际毗邻区域共同管辖执法协作机制",
    partner_headcount=25,
    cases_found=7,
    summary="联合查处渣土偷倒",
)

SCORES = {"plan": 28_00, "mechanism": 27_50, "mobilisation": 25_00, "ledger": 0}


def scores(**changes: str) -> dict[str, str]:
    """As they are sent: points, not hundredths."""
    return {"plan": "28", "mechanism": "27.5", "mobilisation": "25", "ledger": "0", **changes}


def sheet(**changes: Any) -> RecordVisit:
    complete: dict[str, Any] = {
        **HUANGPU,
        "checklist": "initial",
        "scores": scores(),
        "occurred_at": at("07-05 10:00"),
    }
    return RecordVisit(**{**complete, **changes})


RECORDED = VisitRecorded(
    **HUANGPU,
    visit=VISIT,
    part="initial",
    checklist="initial",
    checklist_version=1,
    scores=SCORES,
    total=80_50,
    occurred_at=at("07-05 10:00"),
    after_the_fact=False,
    on_paper=False,
    note=None,
)

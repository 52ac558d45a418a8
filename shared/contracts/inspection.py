"""Events of `ligong.inspection`: the assessment 考评 in its four parts (notice §四(三))."""

from typing import ClassVar

from shared.contracts.common import Hundredths, Moment, Part, Season, Text, UnitId
from shared.kernel.messages import Event


class InspectionEvent(Event):
    topic: ClassVar[str] = "ligong.inspection"
    season: Season
    unit: UnitId
    visit: str


class VisitRecorded(InspectionEvent):
    """INS-1, INS-4: a visit at `occurred_at` scored checklist `checklist` in version `checklist_version`.

    `scores` are hundredths by checklist entry, `total` their sum (of 10000).
    `after_the_fact` when it was entered on a later day than it took place.
    """

    part: Part
    checklist: str
    checklist_version: int
    scores: dict[str, Hundredths]
    total: Hundredths
    occurred_at: Moment
    after_the_fact: bool
    on_paper: bool
    note: Text | None


class VisitCorrected(InspectionEvent):
    """The scores of a visit were wrong: these replace them, for `reason`."""

    part: Part
    checklist: str
    checklist_version: int
    scores: dict[str, Hundredths]
    total: Hundredths
    occurred_at: Moment
    reason: Text


EVENTS: tuple[type[Event], ...] = (VisitRecorded, VisitCorrected)

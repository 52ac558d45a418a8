"""What is remembered of a unit's registration."""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Literal, assert_never

from shared.contracts.common import Outcome
from shared.contracts.registration import (
    DeadlineExtended,
    PaperReceived,
    RegistrationAccepted,
    RegistrationAmended,
    RegistrationCompleted,
    RegistrationForm,
    RegistrationOpened,
    RegistrationReturned,
    RegistrationStarted,
    RegistrationSubmitted,
    RegistrationWithdrawn,
    ZoneChanged,
)

RegistrationEvent = (
    RegistrationOpened
    | DeadlineExtended
    | RegistrationStarted
    | RegistrationSubmitted
    | RegistrationWithdrawn
    | RegistrationAmended
    | ZoneChanged
    | RegistrationReturned
    | RegistrationAccepted
    | PaperReceived
    | RegistrationCompleted
)
Status = Literal["未开通", "未开始", "填报中", "待审核", "退回修改", "待收纸质", "已完成"]


@dataclass(frozen=True)
class RegistrationState:
    """`closes_at` is the unit's own deadline (exclusive); `copies` are of the form at hand, `late` if one was.

    `version` is the stream's, `form_version` the one at which the form at hand came to say what it says.
    """

    status: Status = "未开通"
    closes_at: datetime | None = None
    outcome: Outcome | None = None
    zone: str | None = None
    credit_code: str | None = None
    copies: int = 0
    late: bool = False
    version: int = 0
    form_version: int = 0


def evolve(reg: RegistrationState, event: RegistrationEvent) -> RegistrationState:
    version, after = reg.version + 1, _changed(reg, event)
    states_the_form = isinstance(event, RegistrationForm | ZoneChanged)
    return replace(after, version=version, form_version=version if states_the_form else after.form_version)


def _changed(reg: RegistrationState, event: RegistrationEvent) -> RegistrationState:
    match event:
        case RegistrationOpened(closes_at=closes_at):
            return replace(reg, status="未开始", closes_at=closes_at)
        case DeadlineExtended(closes_at=closes_at):
            return replace(reg, closes_at=closes_at)
        case RegistrationStarted():
            return replace(reg, status="填报中")
        case RegistrationSubmitted(outcome=outcome, zone=zone, credit_code=code):
            return replace(reg, status="待审核", outcome=outcome, zone=zone, credit_code=code)
        case RegistrationWithdrawn():
            return RegistrationState(status="填报中", closes_at=reg.closes_at)
        case RegistrationAmended(zone=zone, credit_code=code):
            return replace(reg, zone=zone, credit_code=code)
        case ZoneChanged(outcome=outcome, zone=zone):
            # The acceptance that follows says again what the unit may take part in.
            return replace(reg, status="待审核", outcome=outcome, zone=zone, copies=0, late=False)
        case RegistrationReturned(resubmit_before=before):
            # What is on paper was printed from the form that went back: it has to come again (同步报送).
            closes_at = max(before, reg.closes_at or before)
            return RegistrationState(status="退回修改", closes_at=closes_at)
        case RegistrationAccepted():
            return replace(reg, status="待收纸质")
        case PaperReceived(copy_number=number, late=late):
            return replace(reg, copies=number, late=reg.late or late)
        case RegistrationCompleted():
            return replace(reg, status="已完成")
        case _:
            assert_never(event)

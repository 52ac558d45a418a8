"""What is remembered of a unit's registration."""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Literal, assert_never

from shared.contracts.common import Outcome
from shared.contracts.registration import (
    DeadlineExtended,
    PaperReceived,
    RegistrationAccepted,
    RegistrationCompleted,
    RegistrationOpened,
    RegistrationReturned,
    RegistrationStarted,
    RegistrationSubmitted,
)

RegistrationEvent = (
    RegistrationOpened
    | DeadlineExtended
    | RegistrationStarted
    | RegistrationSubmitted
    | RegistrationReturned
    | RegistrationAccepted
    | PaperReceived
    | RegistrationCompleted
)
Status = Literal["未开通", "未开始", "填报中", "待审核", "退回修改", "待收纸质", "已完成"]


@dataclass(frozen=True)
class RegistrationState:
    """`closes_at` is the unit's own deadline (exclusive); `copies` are of the form at hand, `late` if one was."""

    status: Status = "未开通"
    closes_at: datetime | None = None
    outcome: Outcome | None = None
    credit_code: str | None = None
    copies: int = 0
    late: bool = False


def evolve(reg: RegistrationState, event: RegistrationEvent) -> RegistrationState:
    match event:
        case RegistrationOpened(closes_at=closes_at):
            return replace(reg, status="未开始", closes_at=closes_at)
        case DeadlineExtended(closes_at=closes_at):
            return replace(reg, closes_at=closes_at)
        case RegistrationStarted():
            return replace(reg, status="填报中")
        case RegistrationSubmitted(outcome=outcome, credit_code=code):
            return replace(reg, status="待审核", outcome=outcome, credit_code=code)
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

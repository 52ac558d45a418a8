"""How far a unit's registration is: electronic form and paper apart, and what is left to do (notice §五(二))."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal, assert_never

from shared.contracts.common import Outcome

Status = Literal["opened", "started", "submitted", "returned", "accepted", "completed"]
Timeliness = Literal["pending", "overdue", "on_time", "extended", "late"]
Side = Literal["unit", "office"]


@dataclass(frozen=True)
class Registration:
    """`closes_at` is exclusive; `copies_due` is None until a form has been handed in.

    `submitted_late`: first handed in after the season's own deadline; `late_paper`: a copy came after the unit's.
    """

    status: Status
    outcome: Outcome | None
    closes_at: datetime
    submitted_late: bool | None
    copies: int
    copies_due: int | None
    late_paper: bool

    @property
    def handed_in(self) -> bool:
        return self.status in ("submitted", "accepted", "completed")

    @property
    def copies_missing(self) -> int | None:
        """None while nobody knows how many are due."""
        return None if self.copies_due is None else max(self.copies_due - self.copies, 0)


def electronic(reg: Registration, now: datetime) -> Timeliness:
    """REG-2: whether the electronic form came in time; `extended` is after the season's deadline, by an extension."""
    if not reg.handed_in:
        return "overdue" if now >= reg.closes_at else "pending"
    return "extended" if reg.submitted_late else "on_time"


def paper(reg: Registration, now: datetime) -> Timeliness:
    """REG-2, REG-3: whether the paper came in time, apart from the electronic form; what came late is marked late."""
    if reg.late_paper:
        return "late"
    if reg.copies_missing == 0:
        return "on_time"
    return "overdue" if now >= reg.closes_at else "pending"


def waits_for(reg: Registration) -> Side | None:
    """REG-3: whose turn it is; the unit's as long as anything of its own is missing, nobody's once it is complete."""
    if reg.status == "completed":
        return None
    return "office" if reg.status in ("submitted", "accepted") and reg.copies_missing == 0 else "unit"


def lacking(reg: Registration) -> tuple[str, ...]:
    """What keeps the registration from being complete, in words."""
    if reg.status == "completed":
        return ()
    return (*_lacking_form(reg), *_lacking_paper(reg))


def _lacking_form(reg: Registration) -> tuple[str, ...]:
    match reg.status:
        case "opened":
            return ("电子登记表尚未填报",)
        case "started":
            return ("电子登记表尚未提交",)
        case "returned":
            return ("电子登记表退回后尚未重新提交",)
        case "submitted":
            return ("电子登记表待审核",)
        case "accepted" | "completed":
            return ()
        case _:
            assert_never(reg.status)


def _lacking_paper(reg: Registration) -> tuple[str, ...]:
    missing = reg.copies_missing
    if missing is None:
        return ("纸质登记表尚未报送",)
    if missing == 0:
        return ()
    return (f"复印件尚缺{missing}份" if reg.outcome == "administrative" else f"纸质登记表尚缺{missing}份",)

"""What is due from a unit, and when it is reminded of it (NOT-1). Pure: no clock, no database."""

from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from typing import Literal, assert_never
from uuid import UUID, uuid5

from services.notification import working_days
from shared.contracts.registration import (
    DeadlineExtended,
    PaperReceived,
    RegistrationAccepted,
    RegistrationCompleted,
    RegistrationOpened,
    RegistrationReturned,
    RegistrationSubmitted,
    RegistrationWithdrawn,
    ZoneChanged,
)
from shared.kernel.messages import COMMANDS, SHANGHAI, Refused

Stage = Literal["opened", "submitted", "returned", "accepted", "completed"]
Kind = Literal["registration", "resubmission"]
Audience = Literal["unit", "office"]
Followed = (
    RegistrationOpened
    | DeadlineExtended
    | RegistrationSubmitted
    | RegistrationWithdrawn
    | ZoneChanged
    | RegistrationReturned
    | RegistrationAccepted
    | PaperReceived
    | RegistrationCompleted
)

NINE = time(9, tzinfo=SHANGHAI)  # offices are at work: nobody is woken by a reminder (office rule)
AFTER = -1  # the step after the deadline; the others are numbers of working days before it
URGED = -2  # no step of a plan: the office's own word
REMINDERS = uuid5(COMMANDS, "reminders")


@dataclass(frozen=True)
class Registration:
    """A unit's registration as far as reminders need it. Moments at which something closes are exclusive.

    `copies_due` is 0 until a paper copy has arrived; `contact` is whether the unit has ever named one;
    `since` when the deadline at hand was set.
    """

    season: int
    unit: str
    name: str
    closes_at: datetime
    since: datetime
    stage: Stage = "opened"
    resubmit_before: datetime | None = None
    contact: bool = False
    copies: int = 0
    copies_due: int = 0

    @property
    def waits_for_office(self) -> bool:
        """The unit has handed in everything: only the office's acceptance is missing."""
        return self.stage == "submitted" and 0 < self.copies_due <= self.copies


@dataclass(frozen=True)
class Deadline:
    """`at` is exclusive."""

    kind: Kind
    at: datetime


@dataclass(frozen=True)
class Reminder:
    step: int
    due: datetime


def evolve(reg: Registration | None, event: Followed, recorded: datetime) -> Registration:
    """The registration after an event of its stream, whose first is `RegistrationOpened`."""
    if isinstance(event, RegistrationOpened):
        return Registration(event.season, event.unit, event.name, event.closes_at, recorded)
    if reg is None:
        raise LookupError(f"{event.unit} was never opened in {event.season}")
    after = _after(reg, event)
    return after if deadline(after) == deadline(reg) else replace(after, since=recorded)


def _after(reg: Registration, event: Followed) -> Registration:
    match event:
        case RegistrationOpened():
            return reg
        case DeadlineExtended(closes_at=closes_at):
            return replace(reg, closes_at=closes_at, resubmit_before=closes_at if reg.resubmit_before else None)
        case RegistrationSubmitted():
            return replace(reg, stage="submitted", resubmit_before=None, contact=True)
        case RegistrationWithdrawn():
            return replace(reg, stage="opened", copies=0, copies_due=0)
        case ZoneChanged():
            return replace(reg, stage="submitted", copies=0, copies_due=0)
        case RegistrationReturned(resubmit_before=before):
            # The paper comes again with the new form; the unit may hand it in until the later of both dates (REG-2).
            later = max(before, reg.closes_at)
            return replace(reg, stage="returned", closes_at=later, resubmit_before=before, copies=0, copies_due=0)
        case RegistrationAccepted():
            return replace(reg, stage="accepted")
        case PaperReceived(copy_number=number, copies=copies):
            return replace(reg, copies=number, copies_due=copies)
        case RegistrationCompleted():
            return replace(reg, stage="completed")
        case _:
            assert_never(event)


def deadline(reg: Registration) -> Deadline | None:
    """NOT-1: what a unit is reminded of; of nothing any more once its registration is complete (REG-2, REG-3)."""
    if reg.stage == "completed":
        return None
    if reg.resubmit_before is not None:
        return Deadline("resubmission", reg.resubmit_before)
    return Deadline("registration", reg.closes_at)


def plan(due: Deadline, days: tuple[int, ...], since: datetime) -> list[Reminder]:
    """NOT-1: reminders so many working days before a deadline (0: on the day), and one on the next working day after.

    `days` is the season's own list; `since` is when the deadline was set: what would have been before is left out.
    """
    last = working_days.last_day(due.at)
    steps = [Reminder(n, _on(working_days.before(last, n), due.at)) for n in sorted(set(days), reverse=True)]
    after = Reminder(AFTER, datetime.combine(working_days.next_after(last), NINE))
    return [reminder for reminder in (*steps, after) if reminder.due > since]


def _on(day: date, closes: datetime) -> datetime:
    """Nine o'clock; where the deadline is earlier that day, the day's beginning."""
    nine = datetime.combine(day, NINE)
    return nine if nine < closes else nine - timedelta(hours=NINE.hour)


def audiences(reg: Registration, step: int) -> tuple[Audience, ...]:
    """NOT-1: the unit is told while something is left for it to do, and after the deadline the office as well."""
    unit: tuple[Audience, ...] = () if reg.waits_for_office else ("unit",)
    return (*unit, "office") if step == AFTER else unit


def reminder_id(reg: Registration, due: Deadline, step: int) -> UUID:
    """NOT-1: each at most once: the same deadline and step of a unit are the same reminder however often planned."""
    return uuid5(REMINDERS, f"{reg.season}/{reg.unit}/{due.kind}/{due.at.timestamp():.6f}/{step}")


def urge(reg: Registration, again: bool) -> Deadline:
    """NOT-4: the office urges a unit while something is left for it to do, once a day at most (office rule).

    `again` is whether it has been urged today. What it is urged to do by when.
    """
    due = deadline(reg)
    if due is None:
        raise Refused("NOT-4", f"{reg.name}已完成登记，不需要催办。")
    if reg.waits_for_office:
        raise Refused("NOT-4", f"{reg.name}的表件已经报齐，请审核其登记表，不需要催办。")
    if again:
        raise Refused("NOT-4", f"今天已催办过{reg.name}，请明天再催办，或复制催办文字直接联系该单位。")
    return due


def urge_id(season: int, unit: str, today: date) -> UUID:
    """NOT-4: what a unit is urged to on one day is one reminder, whoever asks for it."""
    return uuid5(REMINDERS, f"{season}/{unit}/urged/{today.isoformat()}")

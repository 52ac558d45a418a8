"""Events of `ligong.registration`: seasons and the registrations of units in them (notice §五(二))."""

from datetime import date
from typing import ClassVar, Literal

from shared.contracts.common import Group, Moment, Name, Outcome, PersonRef, Season, Text, UnitId
from shared.contracts.season import SeasonDocument
from shared.kernel.messages import Event, Message


class Team(Message):
    """A team 团队 of the unit: its own field of participation and subject category (REG-4)."""

    name: Name
    field: str
    category: str
    size: int
    leader: PersonRef | None = None


class RegistrationEvent(Event):
    topic: ClassVar[str] = "ligong.registration"
    season: Season


class SeasonOpened(RegistrationEvent):
    """The office opened a season: the validated document is the year's rules as data."""

    document: SeasonDocument


class DeadlineExtendedForAll(RegistrationEvent):
    """The office gave all units of the directory until `closes_at` (exclusive); who is not complete follows."""

    closes_at: Moment
    reason: Text
    approver: Name
    units: tuple[UnitId, ...]


class UnitRegistrationEvent(RegistrationEvent):
    unit: UnitId


class RegistrationOpened(UnitRegistrationEvent):
    """The season's directory names the unit: it may register until `closes_at` (exclusive)."""

    name: Name
    group: Group
    closes_at: Moment


class DeadlineExtended(UnitRegistrationEvent):
    """The office gave this unit until `closes_at` (exclusive)."""

    closes_at: Moment
    reason: Text
    approver: Name | None = None


class RegistrationStarted(UnitRegistrationEvent):
    """The unit began to fill in the form."""


class RegistrationForm(UnitRegistrationEvent):
    """What the form says. `zone` is what a unit that registers elsewhere declares.

    `signed_off_by`: which of the two leaders that the form names signed it, on `signed_off_on` (REG-10).
    """

    outcome: Outcome
    zone: Name
    credit_code: str | None
    no_credit_code_reason: Text | None
    field: str
    category: str
    theme: Text
    teams: tuple[Team, ...]
    leader: PersonRef
    deputy: PersonRef
    contact: PersonRef
    unit_nature: Name | None = None
    address: Name | None = None
    affiliation: Name | None = None
    goals: Text | None = None
    opinion_unit: Text | None = None
    opinion_superior: Text | None = None
    opinion_zone: Text | None = None
    signed_off_by: Literal["leader", "deputy"] | None = None
    signed_off_on: date | None = None
    on_behalf: bool = False  # entered by the office for the unit 代录


class RegistrationSubmitted(RegistrationForm):
    """The unit handed in the electronic form."""


class RegistrationWithdrawn(UnitRegistrationEvent):
    """A form under review was taken back 撤回, by the unit, or by the office with a reason; its code is free again."""

    credit_code: str | None = None
    reason: Text | None = None


class RegistrationAmended(RegistrationForm):
    """The office corrected an accepted form 更正. Paper that has been received stays valid.

    `former_credit_code`: what the form stated until then.
    """

    reason: Text
    former_credit_code: str | None = None


class ZoneChanged(UnitRegistrationEvent):
    """The unit registers by the other outcome 变更赛区; paper was printed for the former one and comes again."""

    former: Outcome
    outcome: Outcome
    zone: Name
    reason: Text


class RegistrationReturned(UnitRegistrationEvent):
    """The office sent the form back: reasons by field, and by when to hand it in again (exclusive).

    The form's credit code, where it stated one, is free again (REG-1).
    """

    credit_code: str | None = None
    reasons: dict[str, Text]
    resubmit_before: Moment


class RegistrationAccepted(UnitRegistrationEvent):
    """The office found the electronic form in order; `items` of §二 are those the unit may take part in."""

    outcome: Outcome
    items: tuple[str, ...]


class PaperReceived(UnitRegistrationEvent):
    """Paper copy `copy_number` of `copies` arrived; `late` when after the unit's deadline.

    `received_by` is the account that took it; `printed_version` the form's version that its verification code names.
    """

    copy_number: int
    copies: int
    received_at: Moment
    late: bool
    received_by: str | None = None
    printed_version: int | None = None


class RegistrationCompleted(UnitRegistrationEvent):
    """REG-3: the electronic form is accepted and every paper copy is here."""

    on_time: bool


EVENTS: tuple[type[Event], ...] = (
    SeasonOpened,
    DeadlineExtendedForAll,
    RegistrationOpened,
    DeadlineExtended,
    RegistrationStarted,
    RegistrationSubmitted,
    RegistrationWithdrawn,
    RegistrationAmended,
    ZoneChanged,
    RegistrationReturned,
    RegistrationAccepted,
    PaperReceived,
    RegistrationCompleted,
)

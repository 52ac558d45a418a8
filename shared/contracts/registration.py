"""Events of `ligong.registration`: seasons and the registrations of units in them (notice §五(二))."""

from typing import ClassVar

from shared.contracts.common import Group, Moment, Name, Outcome, PersonRef, Season, Text, UnitId
from shared.contracts.season import SeasonDocument
from shared.kernel.messages import Event, Message


class Team(Message):
    """A team 团队 of the unit: its own field of participation and subject category (REG-4)."""

    name: Name
    field: str
    category: str
    size: int


class RegistrationEvent(Event):
    topic: ClassVar[str] = "ligong.registration"
    season: Season


class SeasonOpened(RegistrationEvent):
    """The office opened a season: the validated document is the year's rules as data."""

    document: SeasonDocument


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


class RegistrationStarted(UnitRegistrationEvent):
    """The unit began to fill in the form."""


class RegistrationSubmitted(UnitRegistrationEvent):
    """The unit handed in the electronic form. `zone` is what a unit that registers elsewhere declares."""

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
    """Paper copy `copy_number` of `copies` arrived; `late` when after the unit's deadline."""

    copy_number: int
    copies: int
    received_at: Moment
    late: bool


class RegistrationCompleted(UnitRegistrationEvent):
    """REG-3: the electronic form is accepted and every paper copy is here."""

    on_time: bool


EVENTS: tuple[type[Event], ...] = (
    SeasonOpened,
    RegistrationOpened,
    DeadlineExtended,
    RegistrationStarted,
    RegistrationSubmitted,
    RegistrationReturned,
    RegistrationAccepted,
    PaperReceived,
    RegistrationCompleted,
)

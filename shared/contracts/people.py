"""Events of `ligong.registration`: who takes part for a unit 参赛人员 (notice §五(二)). People by reference only."""

from datetime import date
from typing import Literal
from uuid import UUID

from shared.contracts.common import Name, PersonRef, UnitId
from shared.contracts.registration import UnitRegistrationEvent
from shared.kernel.messages import Event, Message

Leaving = Literal["moved", "retired", "withdrawn", "mistake"]  # 调离、退休、退出竞赛、登记有误


class Listed(Message):
    """A participant: whose management affiliation 管理归属 is `affiliation`, in `team` of the unit or in none."""

    person: PersonRef
    team: Name | None = None
    affiliation: Name


class ParticipantsListed(UnitRegistrationEvent):
    """The unit named these people, some anew, some with other details than before. A long list is several events."""

    people: tuple[Listed, ...]


class ParticipantCorrected(UnitRegistrationEvent):
    """What was stated about `was` is now this; another person where 执法证号 or mobile number had been wrong."""

    was: UUID
    now: Listed


class ParticipantLeft(UnitRegistrationEvent):
    """The person takes part for this unit no longer, from the date `on`; another unit may name them."""

    person: UUID
    on: date
    reason: Leaving


class ParticipantTransferred(UnitRegistrationEvent):
    """The person left this unit for the unit `to` on the date `on` 转隶; `now` is how they take part there."""

    now: Listed
    to: UnitId
    on: date


class ParticipantReceived(UnitRegistrationEvent):
    """The person came from the unit `source` on the date `on` 转隶."""

    now: Listed
    source: UnitId
    on: date


class PersonErased(UnitRegistrationEvent):
    """The person's details are gone for good; only this reference is left."""

    person: UUID


EVENTS: tuple[type[Event], ...] = (
    ParticipantsListed,
    ParticipantCorrected,
    ParticipantLeft,
    ParticipantTransferred,
    ParticipantReceived,
    PersonErased,
)

"""What is asked about who takes part for a unit 参赛人员."""

from datetime import date
from typing import ClassVar
from uuid import UUID

from pydantic import Field

from services.registration.model.commands import UnitCommand
from shared.contracts.common import Name, UnitId
from shared.contracts.people import Leaving, Listed
from shared.kernel.messages import Message, Role
from shared.kernel.people import Badged

MOST_PEOPLE = 20_000  # in one list

_BY_UNITS: frozenset[Role] = frozenset({"unit", "office"})
_BY_SERVICES: frozenset[Role] = frozenset({"service"})


class Participant(Message):
    person: Badged = Field(title="人员")
    team: Name | None = Field(None, title="所在团队")
    affiliation: Name = Field(title="管理归属")


class ListParticipants(UnitCommand):
    """Adds people to the unit's list; of those who are on it already the details become what is said here."""

    roles: ClassVar[frozenset[Role]] = _BY_UNITS
    title: ClassVar[str] = "登报参赛人员"

    people: tuple[Participant, ...] = Field(title="参赛人员", min_length=1, max_length=MOST_PEOPLE)


class CorrectParticipant(UnitCommand):
    """`participant` is who is on the list now; the details said here replace theirs."""

    roles: ClassVar[frozenset[Role]] = _BY_UNITS
    title: ClassVar[str] = "更正参赛人员"

    participant: UUID = Field(title="人员编号")
    now: Participant = Field(title="更正后")


class RemoveParticipant(UnitCommand):
    """`reason`: moved 调离, retired 退休, withdrawn 退出竞赛, mistake 登记有误."""

    roles: ClassVar[frozenset[Role]] = _BY_UNITS
    title: ClassVar[str] = "移出参赛人员"

    participant: UUID = Field(title="人员编号")
    on: date = Field(title="离开日期")
    reason: Leaving = Field(title="原因")


class TransferParticipant(UnitCommand):
    """From `unit` to the unit `to`, where the person has this team and management affiliation."""

    roles: ClassVar[frozenset[Role]] = _BY_UNITS
    title: ClassVar[str] = "转隶参赛人员"

    participant: UUID = Field(title="人员编号")
    to: UnitId = Field(title="转入单位")
    on: date = Field(title="转隶日期")
    team: Name | None = Field(None, title="所在团队")
    affiliation: Name = Field(title="管理归属")


class ReceiveParticipant(UnitCommand):
    """Follows from a transfer, in the list of the unit that the person goes to."""

    roles: ClassVar[frozenset[Role]] = _BY_SERVICES
    title: ClassVar[str] = "接收转隶人员"

    now: Listed
    source: UnitId
    on: date


class ErasePerson(UnitCommand):
    """Takes what is left of a person, whose details have been deleted, off the unit's list."""

    roles: ClassVar[frozenset[Role]] = _BY_SERVICES
    title: ClassVar[str] = "删除个人信息"

    person: UUID


RosterCommand = (
    ListParticipants | CorrectParticipant | RemoveParticipant | TransferParticipant | ReceiveParticipant | ErasePerson
)

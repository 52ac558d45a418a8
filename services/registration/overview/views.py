"""What the overview and the contact list answer with."""

from datetime import datetime
from typing import Literal

from pydantic import BaseModel, Field

from services.registration.model.standing import Side, Status, Timeliness
from shared.contracts.common import Group, Moment, Outcome

Position = Literal["leader", "deputy", "contact", "team_leader"]


class Standing(BaseModel):
    """How far a unit is. `closes_at` is exclusive; `headcount` is what the form states of its teams, `people` how many
    the unit has named.
    """

    unit: str
    name: str
    short: str
    group: Group
    order: int
    status: Status
    outcome: Outcome | None
    electronic: Timeliness = Field(
        description="pending 未到期，overdue 逾期未交，on_time 按时，extended 延期内提交，late 逾期"
    )
    paper: Timeliness
    copies: int
    copies_due: int | None
    teams: int
    headcount: int
    people: int
    closes_at: datetime
    extended_because: str | None = Field(description="最近一次延期的原因")
    returned_because: dict[str, str] | None = Field(description="登记表退回期间：各栏的退回原因")
    waits_for: Side | None = Field(description="unit 等待单位，office 等待竞赛办；登记完成为 null")
    lacking: tuple[str, ...] = Field(description="尚未完成的事项")
    submitted_at: datetime | None
    accepted_at: datetime | None
    completed_at: datetime | None
    version: int


class Sum(BaseModel):
    """Counts of a group, or of all units together (`group` null)."""

    group: Group | None
    units: int
    submitted: int = Field(description="已提交电子登记表")
    accepted: int = Field(description="电子登记表已审核通过")
    papers: int = Field(description="纸质登记表已收齐")
    completed: int
    overdue: int = Field(description="电子或纸质已逾期")
    teams: int
    headcount: int
    people: int


class Overview(BaseModel):
    """Every unit of the season in official order, as far as asked for; `groups` always of all of them."""

    season: int
    name: str
    closes_at: Moment
    items: list[Standing]
    total: int
    groups: list[Sum]


class ContactEntry(BaseModel):
    """Somebody whom the form names, as far as the asker may see them; an erased person's name is null."""

    position: Position = Field(description="leader 主要领导，deputy 分管领导，contact 联系人，team_leader 团队负责人")
    team: str | None
    name: str | None
    duty: str | None
    mobile: str | None
    email: str | None


class UnitContacts(BaseModel):
    unit: str
    name: str
    short: str
    group: Group
    order: int
    people: list[ContactEntry]


class ContactList(BaseModel):
    items: list[UnitContacts]
    next: str | None
    total: int

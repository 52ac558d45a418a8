"""What registration's queries answer with."""

from datetime import date, datetime
from typing import Any, Literal
from uuid import UUID

from pydantic import BaseModel, Field

from shared.contracts.common import Group, Outcome

Status = Literal["opened", "started", "submitted", "returned", "accepted", "completed"]


class Extension(BaseModel):
    """Until when (exclusive) the office gave all units, why, and who approved it."""

    extended_to: datetime | None
    extension_reason: str | None
    extension_approver: str | None


class SeasonView(Extension):
    season: int
    name: str
    opened_at: datetime


class SeasonDetail(Extension):
    season: int
    version: int
    document: dict[str, Any] = Field(description="赛季文件（见 season.schema.json）")


class SeasonList(BaseModel):
    items: list[SeasonView]
    next: str | None
    total: int


class RegistrationView(BaseModel):
    """A unit's row. `closes_at` is exclusive; `version` is for If-Match."""

    unit: str
    name: str
    short: str
    group: Group
    order: int
    status: Status = Field(
        description="opened 未开始，started 填报中，submitted 待审核，returned 退回修改，accepted 待收纸质，"
        "completed 已完成"
    )
    outcome: Outcome | None
    copies: int
    copies_due: int | None
    closes_at: datetime
    submitted_at: datetime | None
    submitted_late: bool | None = Field(description="首次提交晚于赛季的截止时刻（经延期）")
    accepted_at: datetime | None
    completed_at: datetime | None
    late_paper: bool
    on_behalf: bool = Field(description="由竞赛办代录")
    updated_at: datetime
    version: int


class RegistrationList(BaseModel):
    items: list[RegistrationView]
    next: str | None
    total: int
    counts: dict[Status, int]


class PersonView(BaseModel):
    """Somebody's details, as far as the asker may see them."""

    name: str
    mobile: str
    email: str | None
    duty: str


class TeamView(BaseModel):
    name: str
    field: str
    field_name: str
    category: str
    category_name: str
    size: int
    leader: PersonView | None


class FormView(BaseModel):
    """The electronic form as submitted last. A person who has been erased is null."""

    outcome: Outcome
    zone: str
    credit_code: str | None
    no_credit_code_reason: str | None
    field: str
    field_name: str
    category: str
    category_name: str
    theme: str
    goals: str | None
    unit_nature: str | None
    address: str | None
    affiliation: str | None
    opinion_unit: str | None
    opinion_superior: str | None
    opinion_zone: str | None
    signed_off_by: Literal["leader", "deputy"] | None
    signed_off_on: date | None
    teams: list[TeamView]
    leader: PersonView | None
    deputy: PersonView | None
    contact: PersonView | None


class ReturnedView(BaseModel):
    reasons: dict[str, str]
    resubmit_before: datetime


class RegistrationDetail(RegistrationView):
    season: int
    form: FormView | None
    returned: ReturnedView | None


class Entry(BaseModel):
    at: datetime
    actor: str
    what: str
    why: str | None
    event_id: UUID
    version: int


class History(BaseModel):
    items: list[Entry]
    next: str | None
    total: int


class ContactPerson(BaseModel):
    name: str
    email: str | None
    mobile: str


class Contact(BaseModel):
    contact: ContactPerson | None = Field(description="尚未提交登记表或已删除时为 null")

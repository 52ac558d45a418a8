"""What activity's queries answer with."""

from datetime import datetime
from typing import Literal
from uuid import UUID

from pydantic import BaseModel, Field

from shared.contracts.common import Part

Status = Literal["scheduled", "reported", "withdrawn"]


class ParticipantView(BaseModel):
    unit: str
    items: list[str] = Field(description="可参加的竞赛内容")
    plan_filed_at: datetime | None


class ParticipantList(BaseModel):
    items: list[ParticipantView]
    next: str | None
    total: int


class PersonView(BaseModel):
    """Somebody's details, as far as the asker may see them."""

    name: str
    mobile: str
    email: str | None
    duty: str


class PlanView(BaseModel):
    """The plan as filed last. A person who has been erased is null."""

    season: int
    unit: str
    version: int
    filed_at: datetime
    theme: str
    goals: list[str]
    measures: list[str]
    timetable: list[str]
    principal_leader: PersonView | None
    deputy_leader: PersonView | None
    leading_group: list[PersonView | None]
    participants: list[PersonView | None]


class ActivityView(BaseModel):
    activity: str
    unit: str
    item: str
    campaign: str | None
    name: str
    place: str
    planned_for: datetime
    occurred_at: datetime | None
    headcount: int | None
    outcome: str | None
    status: Status = Field(description="scheduled 已排定，reported 已上报，withdrawn 已撤回")
    version: int
    updated_at: datetime


class ActivityList(BaseModel):
    items: list[ActivityView]
    next: str | None
    total: int


class VisitView(BaseModel):
    """`total` in hundredths of a point."""

    visit: str
    unit: str
    part: Part
    checklist: str
    total: int
    occurred_at: datetime
    recorded_at: datetime
    after_the_fact: bool
    version: int


class VisitList(BaseModel):
    items: list[VisitView]
    next: str | None
    total: int


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

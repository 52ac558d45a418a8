"""What the queries about people answer with."""

from datetime import date
from uuid import UUID

from pydantic import BaseModel, Field

from services.registration.views import Entry
from shared.kernel.api import Done


class Detail(BaseModel):
    name: str
    mobile: str = Field(description="竞赛办和本单位看到完整号码，其他角色看到隐去中间几位的号码；没有时为空")
    badge: str = Field(description="执法证号，同上")
    duty: str


class ParticipantView(BaseModel):
    """Somebody on a unit's list. A person who has been erased has no details."""

    unit: str
    unit_name: str
    person: UUID = Field(description="人员编号：与赛季和单位无关，同一人始终相同")
    team: str | None
    affiliation: str
    since: date
    erased: bool
    details: Detail | None


class ParticipantList(BaseModel):
    items: list[ParticipantView]
    next: str | None
    total: int


class Count(BaseModel):
    unit: str
    people: int
    teams: int = Field(description="名单中出现的团队数")


class Counts(BaseModel):
    items: list[Count]


class RosterHistory(BaseModel):
    items: list[Entry]
    next: str | None
    total: int


class Imported(Done):
    added: int = Field(description="新列入名单的人数")
    updated: int = Field(description="已在名单中、以新填内容为准的人数")

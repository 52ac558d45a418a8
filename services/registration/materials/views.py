"""What the queries about materials answer with."""

from datetime import datetime
from typing import Literal

from pydantic import BaseModel, Field

from services.registration.views import Entry
from shared.contracts.common import Group
from shared.contracts.season import MaterialFormat

Status = Literal["due", "submitted", "returned", "accepted", "completed"]


class FileView(BaseModel):
    """An uploaded file: what to hand in with it."""

    sha256: str = Field(description="校验值（SHA-256），报送时填写")
    size: int = Field(description="字节数")
    kind: MaterialFormat


class MaterialView(BaseModel):
    """How far one unit is with one material. `due` is exclusive; `version` is for If-Match."""

    unit: str
    unit_name: str
    short: str
    group: Group
    order: int
    material: str
    name: str
    formats: list[MaterialFormat]
    due: datetime
    status: Status = Field(
        description="due 未报送，submitted 待审核，returned 退回修改，accepted 待收纸质，completed 已完成"
    )
    number: int = Field(description="最新版本号，0为尚未报送")
    late: bool
    copies: int
    copies_due: int
    late_paper: bool
    reason: str | None
    resubmit_before: datetime | None
    submitted_at: datetime | None
    accepted_at: datetime | None
    updated_at: datetime
    version: int


class MaterialList(BaseModel):
    items: list[MaterialView]
    next: str | None
    total: int
    counts: dict[Status, int]


class Receipt(BaseModel):
    """A version with its receipt 回执: who handed in what and when, with the file's checksum."""

    number: int
    at: datetime
    actor: str
    on_behalf: bool
    sha256: str
    name: str
    size: int
    kind: MaterialFormat
    late: bool


class MaterialDetail(MaterialView):
    season: int
    versions: list[Receipt]


class History(BaseModel):
    items: list[Entry]
    next: str | None
    total: int

"""What the queries of paper answer with."""

from datetime import datetime
from typing import Literal

from pydantic import BaseModel, Field


class ReceiptView(BaseModel):
    """A paper copy as received; `received_by` is an account."""

    copy_number: int
    copies: int
    received_at: datetime
    received_by: str
    late: bool
    checked: bool = Field(description="签收时核对过核验码")


class Receipts(BaseModel):
    items: list[ReceiptView]


class Line(BaseModel):
    label: str
    text: str


class Difference(BaseModel):
    label: str
    printed: str = Field(description="纸质表所印；空为没有这一项")
    current: str = Field(description="现在的电子登记表；空为没有这一项")


class PrintView(BaseModel):
    """The stored version that a print was made from, held against the one at hand."""

    season: int
    unit: str
    name: str
    version: int
    at: datetime = Field(description="这一版本的提交或变更时间")
    standing: Literal["current", "superseded", "returned"] = Field(
        description="current 就是现在的版本，superseded 已有更新的版本，returned 登记表已退回或撤回，尚未重新提交"
    )
    current_version: int | None
    current_at: datetime | None
    lines: list[Line]
    differences: list[Difference]


class TemplateChange(BaseModel):
    at: datetime
    actor: str
    name: str | None = Field(description="更换成的模板；恢复默认模板时为 null")


class TemplateView(BaseModel):
    season: int
    name: str | None = Field(description="使用中的自定义模板；使用默认模板时为 null")
    items: list[TemplateChange]

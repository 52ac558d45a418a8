"""What is asked of a registration. Field titles are the labels of the printed form."""

from typing import Annotated, ClassVar

from pydantic import Field, StringConstraints

from shared.contracts.common import Moment, Name, Outcome, Season, Text, UnitId
from shared.contracts.season import Id
from shared.kernel.messages import Command, Message, Role
from shared.kernel.people import Person

Label = Annotated[str, StringConstraints(min_length=1, max_length=20)]


class UnitCommand(Command):
    season: Season = Field(title="赛季年度")
    unit: UnitId = Field(title="参赛单位")


class OpenRegistration(UnitCommand):
    """Follows from the opening of the season, for each unit of its directory."""

    roles: ClassVar[frozenset[Role]] = frozenset({"service"})
    title: ClassVar[str] = "开通登记"


class StartRegistration(UnitCommand):
    roles: ClassVar[frozenset[Role]] = frozenset({"unit", "office"})
    title: ClassVar[str] = "开始填报登记表"


class TeamForm(Message):
    """A team 团队 as the form states it (REG-4)."""

    name: Name = Field(title="团队名称")
    field: Id = Field(title="参赛领域")
    category: Id = Field(title="主体类别")
    size: Annotated[int, Field(ge=1, le=100_000)] = Field(title="人数")


class SubmitRegistration(UnitCommand):
    """The electronic form 登记表. `zone` is left out by a unit that registers here."""

    roles: ClassVar[frozenset[Role]] = frozenset({"unit", "office"})
    title: ClassVar[str] = "提交登记表"

    outcome: Outcome = Field(title="登记方式")
    zone: Name | None = Field(None, title="所属赛区")
    credit_code: Annotated[str, StringConstraints(max_length=40)] | None = Field(None, title="统一社会信用代码")
    no_credit_code_reason: Text | None = Field(None, title="无信用代码的原因")
    field: Id = Field(title="参赛领域")
    category: Id = Field(title="主体类别")
    theme: Text = Field(title="竞赛主题")
    teams: tuple[TeamForm, ...] = Field((), title="参赛团队", max_length=200)
    leader: Person = Field(title="主要领导")
    deputy: Person = Field(title="分管领导")
    contact: Person = Field(title="联系人")


class ReturnRegistration(UnitCommand):
    """`reasons` by the form's label of the field; `resubmit_before` is exclusive."""

    roles: ClassVar[frozenset[Role]] = frozenset({"office"})
    title: ClassVar[str] = "退回登记表"

    reasons: dict[Label, Text] = Field(title="退回原因", max_length=20)
    resubmit_before: Moment = Field(title="重新提交的期限")


class AcceptRegistration(UnitCommand):
    roles: ClassVar[frozenset[Role]] = frozenset({"office"})
    title: ClassVar[str] = "审核通过登记表"


class ReceivePaper(UnitCommand):
    """`received_at` when the copies arrived earlier than they are entered."""

    roles: ClassVar[frozenset[Role]] = frozenset({"office"})
    title: ClassVar[str] = "签收纸质登记表"

    copies: Annotated[int, Field(ge=1, le=20)] = Field(1, title="份数")
    received_at: Moment | None = Field(None, title="收到时间")


class ExtendDeadline(UnitCommand):
    """`closes_at` is exclusive."""

    roles: ClassVar[frozenset[Role]] = frozenset({"office"})
    title: ClassVar[str] = "延长登记期限"

    closes_at: Moment = Field(title="新的截止时刻")
    reason: Text = Field(title="延期原因")


FORM_LABELS: tuple[str, ...] = tuple(
    str(field.title) for name, field in SubmitRegistration.model_fields.items() if name not in ("season", "unit")
)

RegistrationCommand = (
    OpenRegistration
    | StartRegistration
    | SubmitRegistration
    | ReturnRegistration
    | AcceptRegistration
    | ReceivePaper
    | ExtendDeadline
)

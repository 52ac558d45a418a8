"""What is asked of a registration. Field titles are the labels of the printed form."""

from datetime import date
from typing import Annotated, ClassVar, Literal

from pydantic import Field, StringConstraints

from shared.contracts.common import Moment, Name, Outcome, Season, Text, UnitId
from shared.contracts.season import Id
from shared.kernel.messages import Command, Message, Role
from shared.kernel.people import Person

Account = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9._-]{1,63}$")]  # a sign-in name
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
    leader: Person | None = Field(None, title="团队负责人")


class FormCommand(UnitCommand):
    """The electronic form 登记表. `zone` is left out by a unit that registers here."""

    outcome: Outcome = Field(title="登记方式")
    zone: Name | None = Field(None, title="所属赛区")
    credit_code: Annotated[str, StringConstraints(max_length=40)] | None = Field(None, title="统一社会信用代码")
    no_credit_code_reason: Text | None = Field(None, title="无信用代码的原因")
    unit_nature: Name | None = Field(None, title="单位性质")
    address: Name | None = Field(None, title="单位地址")
    affiliation: Name | None = Field(None, title="行政关系")
    field: Id = Field(title="参赛领域")
    category: Id = Field(title="主体类别")
    theme: Text = Field(title="竞赛主题")
    goals: Text | None = Field(None, title="竞赛目标")
    teams: tuple[TeamForm, ...] = Field((), title="参赛团队", max_length=200)
    leader: Person = Field(title="主要领导")
    deputy: Person = Field(title="分管领导")
    contact: Person = Field(title="联系人")
    opinion_unit: Text | None = Field(None, title="本单位意见")
    opinion_superior: Text | None = Field(None, title="上级意见")
    opinion_zone: Text | None = Field(None, title="赛区意见")
    signed_off_by: Literal["leader", "deputy"] | None = Field(None, title="签署领导")
    signed_off_on: date | None = Field(None, title="签署日期")


class SubmitRegistration(FormCommand):
    """The electronic form as the unit's own leader has signed it off."""

    roles: ClassVar[frozenset[Role]] = frozenset({"unit", "office"})
    title: ClassVar[str] = "提交登记表"


class WithdrawRegistration(UnitCommand):
    """Of a form under review. The office says why; a unit need not."""

    roles: ClassVar[frozenset[Role]] = frozenset({"unit", "office"})
    title: ClassVar[str] = "撤回登记表"

    reason: Text | None = Field(None, title="撤回原因")


class AmendRegistration(FormCommand):
    """The whole form as it reads after the correction."""

    roles: ClassVar[frozenset[Role]] = frozenset({"office"})
    title: ClassVar[str] = "更正登记表"

    reason: Text = Field(title="更正原因")


class ChangeZone(UnitCommand):
    """`zone` is left out by a unit that now registers here."""

    roles: ClassVar[frozenset[Role]] = frozenset({"unit", "office"})
    title: ClassVar[str] = "变更赛区"

    outcome: Outcome = Field(title="登记方式")
    zone: Name | None = Field(None, title="所属赛区")
    reason: Text = Field(title="变更原因")


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
    """`received_at` when the copies arrived earlier than they are entered, `received_by` when a colleague took them.

    `printed_version` is the one that the copies' verification code names (`GET …/prints/{code}`).
    """

    roles: ClassVar[frozenset[Role]] = frozenset({"office"})
    title: ClassVar[str] = "签收纸质登记表"

    copies: Annotated[int, Field(ge=1, le=20)] = Field(1, title="份数")
    received_at: Moment | None = Field(None, title="收到时间")
    received_by: Account | None = Field(None, title="签收人账号")
    printed_version: Annotated[int, Field(ge=1, lt=2**31)] | None = Field(None, title="打印的版本")


class ExtendDeadline(UnitCommand):
    """`closes_at` is exclusive. Follows from an extension for all as well."""

    roles: ClassVar[frozenset[Role]] = frozenset({"office", "service"})
    title: ClassVar[str] = "延长登记期限"

    closes_at: Moment = Field(title="新的截止时刻")
    reason: Text = Field(title="延期原因")
    approver: Name | None = Field(None, title="批准人", description="写职务，不写姓名")


FORM_LABELS: tuple[str, ...] = tuple(
    str(field.title) for name, field in FormCommand.model_fields.items() if name not in ("season", "unit")
)

RegistrationCommand = (
    OpenRegistration
    | StartRegistration
    | SubmitRegistration
    | WithdrawRegistration
    | AmendRegistration
    | ChangeZone
    | ReturnRegistration
    | AcceptRegistration
    | ReceivePaper
    | ExtendDeadline
)

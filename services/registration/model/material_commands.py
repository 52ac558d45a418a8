"""What is asked of a material 报送资料."""

from typing import Annotated, ClassVar

from pydantic import Field

from services.registration.model.commands import UnitCommand
from shared.contracts.common import Moment, Text
from shared.contracts.materials import FileName, Sha256
from shared.contracts.season import Id
from shared.kernel.messages import Role


class AboutMaterial(UnitCommand):
    roles: ClassVar[frozenset[Role]] = frozenset({"office"})

    material: Id = Field(title="报送资料")


class SubmitMaterial(AboutMaterial):
    """A file that has been uploaded before. The office may hand it in on the unit's behalf."""

    roles: ClassVar[frozenset[Role]] = frozenset({"unit", "office"})
    title: ClassVar[str] = "报送资料"

    sha256: Sha256 = Field(title="文件校验值", description="上传文件时答复的 sha256")
    name: FileName = Field(title="文件名")


class ReturnMaterial(AboutMaterial):
    """`resubmit_before` is exclusive."""

    title: ClassVar[str] = "退回报送资料"

    reason: Text = Field(title="退回原因")
    resubmit_before: Moment = Field(title="重新报送的截止时刻")


class AcceptMaterial(AboutMaterial):
    title: ClassVar[str] = "接收报送资料"


class ReceiveMaterialPaper(AboutMaterial):
    """Left out, `received_at` is now."""

    title: ClassVar[str] = "签收纸质资料"

    copies: Annotated[int, Field(ge=1, le=100)] = Field(title="份数")
    received_at: Moment | None = Field(None, title="收到时间")


MaterialCommand = SubmitMaterial | ReturnMaterial | AcceptMaterial | ReceiveMaterialPaper

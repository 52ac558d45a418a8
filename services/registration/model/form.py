"""What the electronic form must say: zone, field, category, credit code (notice §五(二))."""

from collections.abc import Sequence
from datetime import datetime
from typing import assert_never

from stdnum.cn import uscc
from stdnum.exceptions import InvalidChecksum, ValidationError

from services.registration.model.commands import FORM_LABELS, ChangeZone, FormCommand, ReturnRegistration
from services.registration.model.dates import until
from shared.contracts.season import Choice, SeasonDocument, Unit
from shared.kernel.messages import SHANGHAI, Refused


def of_the_system(id: str, season: SeasonDocument) -> Unit:
    """REG-6: only units of the system take part: those in the season's directory (§三)."""
    unit = season.unit(id)
    if unit is None:
        raise Refused("REG-6", "该单位不在本赛季的参赛单位名录内，请核对单位或联系竞赛办。")
    return unit


def zone(cmd: FormCommand | ChangeZone, season: SeasonDocument) -> str:
    """REG-3: a unit registers here, or in the zone of its administrative affiliation, which it names (§五(二))."""
    match cmd.outcome:
        case "here":
            if cmd.zone not in (None, season.zone.name):
                raise Refused("REG-3", f"在本分赛区登记的，“所属赛区”请留空；已在“{cmd.zone}”登记的，请改选登记方式。")
            return season.zone.name
        case "administrative":
            if cmd.zone is None or cmd.zone == season.zone.name:
                raise Refused("REG-3", "在行政关系所属赛区登记的，请在“所属赛区”写明该赛区的名称。")
            return cmd.zone
        case _:
            assert_never(cmd.outcome)


def field_and_category(cmd: FormCommand, season: SeasonDocument) -> None:
    """REG-4: unit and teams each state a field and a category from the season's lists (§五(二))."""
    rules = season.registration
    teams = ((f"团队“{team.name}”", team.field, team.category) for team in cmd.teams)
    for whose, field, category in (("本单位", cmd.field, cmd.category), *teams):
        _listed(field, rules.fields, f"{whose}的“参赛领域”")
        _listed(category, rules.categories, f"{whose}的“主体类别”")


def _listed(id: str, choices: Sequence[Choice], what: str) -> None:
    if all(choice.id != id for choice in choices):
        raise Refused("REG-4", f"{what}不在选项之内，请选择：{'、'.join(choice.name for choice in choices)}。")


def credit_code(cmd: FormCommand, season: SeasonDocument) -> str | None:
    """REG-7: a credit code is well formed (GB 32100), of a region of the directory; without one a reason is given."""
    if cmd.credit_code is None:
        if cmd.no_credit_code_reason is None:
            raise Refused("REG-7", "请填写统一社会信用代码；没有代码的，请写明原因。")
        return None
    if cmd.no_credit_code_reason is not None:
        raise Refused("REG-7", "已填写统一社会信用代码，请清空“无信用代码的原因”。")
    try:
        code: str = uscc.validate(cmd.credit_code)
    except InvalidChecksum:
        raise Refused("REG-7", "统一社会信用代码的校验位不符，请对照证书逐位核对。") from None
    except ValidationError:
        raise Refused("REG-7", "统一社会信用代码应为18位数字或大写字母，请对照证书核对。") from None
    if code[2:8] not in {unit.region for unit in season.units}:
        raise Refused("REG-7", f"统一社会信用代码第3至8位“{code[2:8]}”不是名录中的区划代码，请对照证书核对。")
    return code


def signed_off(cmd: FormCommand, season: SeasonDocument, now: datetime) -> None:
    """REG-10: where the season asks for it, one of the unit's two leaders has signed the form (office rule)."""
    if (cmd.signed_off_by is None) != (cmd.signed_off_on is None):
        raise Refused("REG-10", "签署领导和签署日期应同时填写，请补齐。")
    if cmd.signed_off_on is None:
        if season.registration.sign_off:
            raise Refused("REG-10", "登记表须由主要领导或分管领导签署同意后提交，请填写签署领导和签署日期。")
        return
    if cmd.signed_off_on > now.astimezone(SHANGHAI).date():
        raise Refused("REG-10", "签署日期不能晚于今天，请核对。")


def reasons(cmd: ReturnRegistration, now: datetime) -> None:
    """REG-9: a return says what to mend, field by field of the form, and leaves time for it (office rule)."""
    if not cmd.reasons:
        raise Refused("REG-9", "请至少写明一项退回原因，让单位知道改什么。")
    unknown = [label for label in cmd.reasons if label not in FORM_LABELS]
    if unknown:
        raise Refused("REG-9", f"登记表没有“{unknown[0]}”这一栏，请从以下栏目中选择：{'、'.join(FORM_LABELS)}。")
    if cmd.resubmit_before <= now:
        raise Refused("REG-9", f"重新提交的期限{until(cmd.resubmit_before)}已过，请改为今后的时间。")

"""The form on paper: received copy by copy, and held against the electronic form (notice §五(二))."""

from functools import reduce

from services.registration.model.commands import AcceptRegistration, ReceivePaper
from services.registration.model.rules import rule_of, season_of
from services.registration.model.state import RegistrationEvent, RegistrationState, evolve
from shared.contracts.registration import PaperReceived, RegistrationCompleted
from shared.contracts.season import OutcomeRule
from shared.kernel.decider import Context
from shared.kernel.messages import Refused


def receive_paper(cmd: ReceivePaper, reg: RegistrationState, ctx: Context) -> list[RegistrationEvent]:
    """REG-3: paper is received copy by copy, and never turned away for being late (§五(二))."""
    season = season_of(cmd, ctx)
    if reg.outcome is None or reg.closes_at is None:
        raise Refused("REG-3", "该单位尚未提交电子登记表（或已退回修改），请待其提交后再签收纸质表。")
    rule, received_at = rule_of(reg.outcome, season), cmd.received_at or ctx.now
    missing = rule.copies - reg.copies
    if missing <= 0:
        raise Refused("REG-3", f"纸质登记表{rule.copies}份已收齐，无需再签收。")
    if cmd.copies > missing:
        raise Refused("REG-3", f"共需{rule.copies}份，只差{missing}份，请核对本次签收的份数。")
    if received_at > ctx.now:
        raise Refused("REG-3", "收到时间不能晚于现在，请核对。")
    same_version(cmd, reg)
    papers = [
        PaperReceived(
            season=cmd.season,
            unit=cmd.unit,
            copy_number=reg.copies + n,
            copies=rule.copies,
            received_at=received_at,
            late=received_at >= reg.closes_at,
            received_by=cmd.received_by or ctx.actor.account,
            printed_version=cmd.printed_version,
        )
        for n in range(1, cmd.copies + 1)
    ]
    return [*papers, *completed(cmd, reduce(evolve, papers, reg), rule)]


def same_version(cmd: ReceivePaper, reg: RegistrationState) -> None:
    """REG-3: paper and electronic form are handed in together, so both say the same (同步报送, §五(二))."""
    if cmd.printed_version is not None and cmd.printed_version != reg.form_version:
        raise Refused(
            "REG-3", "这份纸质表打印自较早的版本，与现在的电子登记表不是同一版本；请单位重新打印、盖章后报送。"
        )


def completed(
    cmd: AcceptRegistration | ReceivePaper, reg: RegistrationState, rule: OutcomeRule
) -> list[RegistrationEvent]:
    """REG-3: complete once the electronic form is accepted and every paper copy has arrived (§五(二))."""
    if reg.status != "待收纸质" or reg.copies < rule.copies:
        return []
    return [RegistrationCompleted(season=cmd.season, unit=cmd.unit, on_time=not reg.late)]

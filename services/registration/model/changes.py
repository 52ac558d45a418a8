"""What may change after a form was handed in: taken back, corrected, moved to the other zone."""

from datetime import datetime
from typing import Any

from services.registration.model.commands import (
    AmendRegistration,
    ChangeZone,
    FormCommand,
    TeamForm,
    WithdrawRegistration,
)
from services.registration.model.dates import until
from services.registration.model.form import credit_code, field_and_category, signed_off, zone
from services.registration.model.rules import in_order, in_time, rule_of, season_of, where
from services.registration.model.state import RegistrationEvent, RegistrationState
from shared.contracts.registration import (
    RegistrationAccepted,
    RegistrationAmended,
    RegistrationWithdrawn,
    Team,
    ZoneChanged,
)
from shared.contracts.season import SeasonDocument
from shared.kernel.decider import Context
from shared.kernel.messages import Refused


def entered(cmd: FormCommand, season: SeasonDocument) -> dict[str, Any]:
    """What the form says, as its event states it. Raises Refused where the season does not allow it."""
    field_and_category(cmd, season)
    plain = cmd.model_dump(exclude={"reason", "zone", "credit_code", "teams", "leader", "deputy", "contact"})
    return {
        **plain,
        "zone": zone(cmd, season),
        "credit_code": credit_code(cmd, season),
        "teams": tuple(_team(team) for team in cmd.teams),
        "leader": cmd.leader.named(),
        "deputy": cmd.deputy.named(),
        "contact": cmd.contact.named(),
    }


def _team(team: TeamForm) -> Team:
    return Team(**team.model_dump(exclude={"leader"}), leader=team.leader.named() if team.leader else None)


def withdraw(cmd: WithdrawRegistration, reg: RegistrationState, ctx: Context) -> list[RegistrationEvent]:
    """REG-11: a form is taken back while under review; by the unit in time, by the office with a reason (office rule).

    Paper that came with it comes again with the next form.
    """
    season_of(cmd, ctx)
    in_order(reg, ("待审核",), "撤回")
    if ctx.actor.role == "office" and cmd.reason is None:
        raise Refused("REG-11", "竞赛办撤回登记表须写明原因，请补充。")
    if ctx.actor.role == "unit" and reg.closes_at is not None and ctx.now >= reg.closes_at:
        raise Refused(
            "REG-11",
            f"登记已于{until(reg.closes_at)}截止，撤回后不能再提交；如需修改，请联系竞赛办退回。",
        )
    return [RegistrationWithdrawn(season=cmd.season, unit=cmd.unit, credit_code=reg.credit_code, reason=cmd.reason)]


def amend(
    cmd: AmendRegistration, reg: RegistrationState, season: SeasonDocument, now: datetime
) -> list[RegistrationEvent]:
    """REG-12: an accepted form is corrected by the office only, with a reason; paper received stays (office rule)."""
    in_order(reg, ("待收纸质", "已完成"), "更正")
    if cmd.outcome != reg.outcome:
        raise Refused("REG-12", "更正不能改变登记方式；如需改变，请使用“变更赛区”。")
    signed_off(cmd, season, now)
    return [RegistrationAmended(**entered(cmd, season), reason=cmd.reason, former_credit_code=reg.credit_code)]


def change_zone(
    cmd: ChangeZone, reg: RegistrationState, season: SeasonDocument, ctx: Context
) -> list[RegistrationEvent]:
    """REG-1: until the deadline a unit may change to the other zone, in one act: never in both nor in none (§五(二)).

    An accepted registration is changed by the office, whose acceptance it keeps.
    """
    by_unit = ctx.actor.role == "unit"
    in_order(reg, ("待审核",) if by_unit else ("待审核", "待收纸质", "已完成"), "变更赛区")
    in_time(reg, season, ctx.now)
    chosen = zone(cmd, season)
    if reg.outcome is None or (cmd.outcome, chosen) == (reg.outcome, reg.zone):
        raise Refused("REG-1", f"本单位已{where(reg)}，无需变更；请核对要改成的登记方式和赛区。")
    changed = ZoneChanged(
        season=cmd.season, unit=cmd.unit, former=reg.outcome, outcome=cmd.outcome, zone=chosen, reason=cmd.reason
    )
    if reg.status == "待审核":
        return [changed]
    items = rule_of(cmd.outcome, season).items
    return [changed, RegistrationAccepted(season=cmd.season, unit=cmd.unit, outcome=cmd.outcome, items=items)]

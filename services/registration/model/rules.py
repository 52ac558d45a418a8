"""What every act on a registration asks first: the season, the order, the deadline, one zone only."""

from datetime import datetime
from typing import assert_never

from services.registration.model import season as seasons
from services.registration.model.commands import RegistrationCommand
from services.registration.model.dates import moment, until
from services.registration.model.form import of_the_system
from services.registration.model.state import RegistrationState, Status
from shared.contracts.common import Outcome
from shared.contracts.season import OutcomeRule, SeasonDocument
from shared.kernel.decider import Context
from shared.kernel.messages import Refused


def one_zone(reg: RegistrationState) -> None:
    """REG-1: a unit registers in one zone only; while a form is in, neither outcome is open to it (§五(二))."""
    match reg.status:
        case "待审核":
            raise Refused("REG-1", f"登记表已提交（{where(reg)}），正在审核，请勿重复提交；如需修改，请先撤回。")
        case "待收纸质" | "已完成":
            raise Refused(
                "REG-1", f"本单位已登记（{where(reg)}），一个参赛单位只能登记在一个赛区；如需变更，请联系竞赛办。"
            )
        case "未开通" | "未开始" | "填报中" | "退回修改":
            return
        case _:
            assert_never(reg.status)


def in_time(reg: RegistrationState, season: SeasonDocument, now: datetime) -> None:
    """REG-2: the form is handed in from the opening until the deadline, exclusive, or the unit's own (§五(二))."""
    if now < season.registration.opens_at:
        raise Refused("REG-2", f"登记于{moment(season.registration.opens_at)}开始，请届时填报。")
    if reg.closes_at is not None and now >= reg.closes_at:
        raise Refused("REG-2", f"登记已于{until(reg.closes_at)}截止；如需补报，请先向竞赛办申请延期。")


def in_order(reg: RegistrationState, allowed: tuple[Status, ...], wish: str) -> None:
    """REG-8: a registration is started, submitted, returned or accepted, and completed, in this order (office rule)."""
    if reg.status not in allowed:
        raise Refused("REG-8", f"该单位登记表的状态是“{reg.status}”，{'、'.join(allowed)}时才能{wish}。")


def rule_of(outcome: Outcome, season: SeasonDocument) -> OutcomeRule:
    """REG-3: what the season says of each of the two outcomes: copies of paper, and items admitted to (§五(二))."""
    match outcome:
        case "here":
            return season.registration.outcomes.here
        case "administrative":
            return season.registration.outcomes.administrative
        case _:
            assert_never(outcome)


def where(reg: RegistrationState) -> str:
    """Where the form at hand registers the unit, as a refusal says it."""
    return "登记在本分赛区" if reg.outcome == "here" else f"登记在“{reg.zone}”，本处备案"


def season_of(cmd: RegistrationCommand, ctx: Context) -> SeasonDocument:
    """The season that the command is about, which names its unit."""
    season = seasons.opened(ctx.see(seasons.season.decider, seasons.stream(cmd.season)), cmd.season)
    of_the_system(cmd.unit, season)
    return season

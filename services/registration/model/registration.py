"""A unit's registration in one season (notice §五(二))."""

from typing import assert_never
from uuid import UUID

from services.registration.model import season as seasons
from services.registration.model.changes import amend, change_zone, entered, withdraw
from services.registration.model.commands import (
    AcceptRegistration,
    AmendRegistration,
    ChangeZone,
    ExtendDeadline,
    OpenRegistration,
    ReceivePaper,
    RegistrationCommand,
    ReturnRegistration,
    StartRegistration,
    SubmitRegistration,
    WithdrawRegistration,
)
from services.registration.model.dates import until
from services.registration.model.form import of_the_system, reasons, signed_off
from services.registration.model.paper import completed, receive_paper
from services.registration.model.rules import in_order, in_time, one_zone, rule_of, season_of
from services.registration.model.state import RegistrationEvent, RegistrationState, evolve
from shared.contracts.registration import (
    DeadlineExtended,
    PaperReceived,
    RegistrationAccepted,
    RegistrationAmended,
    RegistrationCompleted,
    RegistrationOpened,
    RegistrationReturned,
    RegistrationStarted,
    RegistrationSubmitted,
    RegistrationWithdrawn,
    UnitRegistrationEvent,
    ZoneChanged,
)
from shared.kernel.decider import Aggregate, Context, Decider
from shared.kernel.messages import Claim, Refused


def start(cmd: StartRegistration, reg: RegistrationState, ctx: Context) -> list[RegistrationEvent]:
    season = season_of(cmd, ctx)
    in_order(reg, ("未开始",), "开始填报")
    in_time(reg, season, ctx.now)
    return [RegistrationStarted(season=cmd.season, unit=cmd.unit)]


def submit(cmd: SubmitRegistration, reg: RegistrationState, ctx: Context) -> list[RegistrationEvent]:
    season = season_of(cmd, ctx)
    one_zone(reg)
    in_order(reg, ("未开始", "填报中", "退回修改"), "提交")
    in_time(reg, season, ctx.now)
    signed_off(cmd, season, ctx.now)
    return [RegistrationSubmitted(**entered(cmd, season), on_behalf=ctx.actor.role == "office")]


def return_form(cmd: ReturnRegistration, reg: RegistrationState, ctx: Context) -> list[RegistrationEvent]:
    seasons.within_the_season(cmd.resubmit_before, season_of(cmd, ctx))
    in_order(reg, ("待审核",), "退回")
    reasons(cmd, ctx.now)
    return [
        RegistrationReturned(
            season=cmd.season,
            unit=cmd.unit,
            credit_code=reg.credit_code,
            reasons=dict(cmd.reasons),
            resubmit_before=cmd.resubmit_before,
        )
    ]


def accept(cmd: AcceptRegistration, reg: RegistrationState, ctx: Context) -> list[RegistrationEvent]:
    season = season_of(cmd, ctx)
    in_order(reg, ("待审核",), "审核通过")
    assert reg.outcome is not None, "a submitted form states its outcome"
    rule = rule_of(reg.outcome, season)
    accepted = RegistrationAccepted(season=cmd.season, unit=cmd.unit, outcome=reg.outcome, items=rule.items)
    return [accepted, *completed(cmd, evolve(reg, accepted), rule)]


def extend(cmd: ExtendDeadline, reg: RegistrationState, ctx: Context) -> list[RegistrationEvent]:
    """REG-2: the office may give a unit more time, with a reason, never less (office rule)."""
    seasons.within_the_season(cmd.closes_at, season_of(cmd, ctx))
    in_order(reg, ("未开始", "填报中", "待审核", "退回修改", "待收纸质"), "延期")
    if reg.closes_at is not None and cmd.closes_at <= reg.closes_at:
        raise Refused("REG-2", f"新的截止时刻应晚于现在的截止时刻{until(reg.closes_at)}。")
    if cmd.closes_at <= ctx.now:
        raise Refused("REG-2", "新的截止时刻已过，请改为今后的时间。")
    return [
        DeadlineExtended(
            season=cmd.season, unit=cmd.unit, closes_at=cmd.closes_at, reason=cmd.reason, approver=cmd.approver
        )
    ]


def open_registration(cmd: OpenRegistration, reg: RegistrationState, ctx: Context) -> list[RegistrationEvent]:
    season = season_of(cmd, ctx)
    in_order(reg, ("未开通",), "开通")
    unit = of_the_system(cmd.unit, season)
    closes_at = season.registration.closes_at
    return [RegistrationOpened(season=cmd.season, unit=cmd.unit, name=unit.name, group=unit.group, closes_at=closes_at)]


def decide(cmd: RegistrationCommand, reg: RegistrationState, ctx: Context) -> list[RegistrationEvent]:
    match cmd:
        case OpenRegistration():
            return open_registration(cmd, reg, ctx)
        case StartRegistration():
            return start(cmd, reg, ctx)
        case SubmitRegistration():
            return submit(cmd, reg, ctx)
        case WithdrawRegistration():
            return withdraw(cmd, reg, ctx)
        case AmendRegistration():
            return amend(cmd, reg, season_of(cmd, ctx), ctx.now)
        case ChangeZone():
            return change_zone(cmd, reg, season_of(cmd, ctx), ctx)
        case ReturnRegistration():
            return return_form(cmd, reg, ctx)
        case AcceptRegistration():
            return accept(cmd, reg, ctx)
        case ReceivePaper():
            return receive_paper(cmd, reg, ctx)
        case ExtendDeadline():
            return extend(cmd, reg, ctx)
        case _:
            assert_never(cmd)


def claims(event: RegistrationEvent, _: str) -> list[Claim]:
    """REG-1: a credit code registers once in a season, also when two registrations race (§五(二))."""
    match event:
        case RegistrationSubmitted():
            return [_claim(event, event.credit_code)]
        case RegistrationReturned() | RegistrationWithdrawn():
            return [_claim(event, event.credit_code, release=True)]
        case RegistrationAmended() if event.credit_code != event.former_credit_code:
            return [_claim(event, event.former_credit_code, release=True), _claim(event, event.credit_code)]
        case _:
            return []


def _claim(event: UnitRegistrationEvent, code: str | None, *, release: bool = False) -> Claim:
    """A unit without a code is held by its own name."""
    return Claim(
        scope=f"registration-{event.season}",
        key=code or event.unit,
        rule="REG-1",
        sentence="该统一社会信用代码已由{holder}登记，一个参赛单位只能登记在一个赛区；请核对代码或联系竞赛办。",
        release=release,
    )


def named(stream: str, ctx: Context) -> str:
    """The unit's name, for a stream that holds a claim."""
    _, year, unit = stream.split("-")
    season = ctx.see(seasons.season.decider, seasons.stream(int(year)))
    found = season.unit(unit) if season else None
    return f"“{found.name}”" if found else "其他单位"


def stream(cmd: RegistrationCommand, _: UUID) -> str:
    return f"registration-{cmd.season}-{cmd.unit}"


registration: Aggregate[RegistrationCommand, RegistrationEvent, RegistrationState] = Aggregate(
    kind="registration",
    commands=(
        OpenRegistration,
        StartRegistration,
        SubmitRegistration,
        WithdrawRegistration,
        AmendRegistration,
        ChangeZone,
        ReturnRegistration,
        AcceptRegistration,
        ReceivePaper,
        ExtendDeadline,
    ),
    events=(
        RegistrationOpened,
        DeadlineExtended,
        RegistrationStarted,
        RegistrationSubmitted,
        RegistrationWithdrawn,
        RegistrationAmended,
        ZoneChanged,
        RegistrationReturned,
        RegistrationAccepted,
        PaperReceived,
        RegistrationCompleted,
    ),
    decider=Decider(RegistrationState(), decide, evolve),
    stream=stream,
    reads=lambda cmd: (seasons.stream(cmd.season),),
    claims=claims,
    named=named,
)

"""A unit's registration in one season (notice §五(二))."""

from datetime import datetime
from typing import assert_never
from uuid import UUID

from services.registration.model import season as seasons
from services.registration.model.commands import (
    AcceptRegistration,
    ExtendDeadline,
    OpenRegistration,
    ReceivePaper,
    RegistrationCommand,
    ReturnRegistration,
    StartRegistration,
    SubmitRegistration,
)
from services.registration.model.dates import moment, until
from services.registration.model.form import credit_code, field_and_category, of_the_system, reasons, zone
from services.registration.model.state import RegistrationEvent, RegistrationState, Status, evolve
from shared.contracts.common import Outcome
from shared.contracts.registration import (
    DeadlineExtended,
    PaperReceived,
    RegistrationAccepted,
    RegistrationCompleted,
    RegistrationOpened,
    RegistrationReturned,
    RegistrationStarted,
    RegistrationSubmitted,
    Team,
)
from shared.contracts.season import OutcomeRule, SeasonDocument
from shared.kernel.decider import Aggregate, Context, Decider
from shared.kernel.messages import SHANGHAI, Claim, Refused


def one_zone(reg: RegistrationState) -> None:
    """REG-1: a unit registers in one zone only; while a form is in, neither outcome is open to it (§五(二))."""
    match reg.status:
        case "待审核":
            raise Refused("REG-1", "登记表已提交，正在审核，请勿重复提交；如需修改，请联系竞赛办退回。")
        case "待收纸质" | "已完成":
            raise Refused("REG-1", "本单位已登记，一个参赛单位只能登记在一个赛区；如需变更，请联系竞赛办。")
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


def start(cmd: StartRegistration, reg: RegistrationState, ctx: Context) -> list[RegistrationEvent]:
    season = _season(cmd, ctx)
    in_order(reg, ("未开始",), "开始填报")
    in_time(reg, season, ctx.now)
    return [RegistrationStarted(season=cmd.season, unit=cmd.unit)]


def submit(cmd: SubmitRegistration, reg: RegistrationState, ctx: Context) -> list[RegistrationEvent]:
    season = _season(cmd, ctx)
    one_zone(reg)
    in_order(reg, ("未开始", "填报中", "退回修改"), "提交")
    in_time(reg, season, ctx.now)
    field_and_category(cmd, season)
    return [
        RegistrationSubmitted(
            season=cmd.season,
            unit=cmd.unit,
            outcome=cmd.outcome,
            zone=zone(cmd, season),
            credit_code=credit_code(cmd, season),
            no_credit_code_reason=cmd.no_credit_code_reason,
            field=cmd.field,
            category=cmd.category,
            theme=cmd.theme,
            teams=tuple(Team(**team.model_dump()) for team in cmd.teams),
            leader=cmd.leader.named(),
            deputy=cmd.deputy.named(),
            contact=cmd.contact.named(),
        )
    ]


def return_form(cmd: ReturnRegistration, reg: RegistrationState, ctx: Context) -> list[RegistrationEvent]:
    within_the_season(cmd.resubmit_before, _season(cmd, ctx))
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
    season = _season(cmd, ctx)
    in_order(reg, ("待审核",), "审核通过")
    assert reg.outcome is not None, "a submitted form states its outcome"
    rule = rule_of(reg.outcome, season)
    accepted = RegistrationAccepted(season=cmd.season, unit=cmd.unit, outcome=reg.outcome, items=rule.items)
    return [accepted, *_completed(cmd, evolve(reg, accepted), rule)]


def receive_paper(cmd: ReceivePaper, reg: RegistrationState, ctx: Context) -> list[RegistrationEvent]:
    """REG-3: paper is received copy by copy, and never turned away for being late (§五(二))."""
    season = _season(cmd, ctx)
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
    papers = [
        PaperReceived(
            season=cmd.season,
            unit=cmd.unit,
            copy_number=reg.copies + n,
            copies=rule.copies,
            received_at=received_at,
            late=received_at >= reg.closes_at,
        )
        for n in range(1, cmd.copies + 1)
    ]
    after: RegistrationState = registration.decider.fold_from(reg, papers)
    return [*papers, *_completed(cmd, after, rule)]


def _completed(
    cmd: AcceptRegistration | ReceivePaper, reg: RegistrationState, rule: OutcomeRule
) -> list[RegistrationEvent]:
    """REG-3: complete once the electronic form is accepted and every paper copy has arrived (§五(二))."""
    if reg.status != "待收纸质" or reg.copies < rule.copies:
        return []
    return [RegistrationCompleted(season=cmd.season, unit=cmd.unit, on_time=not reg.late)]


def within_the_season(until_then: datetime, season: SeasonDocument) -> None:
    """REG-2: no unit is given time beyond the season's last stage (office rule)."""
    last = max(stage.ends for stage in season.stages)
    if until_then.astimezone(SHANGHAI).date() > last:
        raise Refused("REG-2", f"期限不能晚于本赛季结束的{last.year}年{last.month}月{last.day}日，请改早。")


def extend(cmd: ExtendDeadline, reg: RegistrationState, ctx: Context) -> list[RegistrationEvent]:
    """REG-2: the office may give a unit more time, with a reason, never less (office rule)."""
    within_the_season(cmd.closes_at, _season(cmd, ctx))
    in_order(reg, ("未开始", "填报中", "待审核", "退回修改", "待收纸质"), "延期")
    if reg.closes_at is not None and cmd.closes_at <= reg.closes_at:
        raise Refused("REG-2", f"新的截止时刻应晚于现在的截止时刻{until(reg.closes_at)}。")
    if cmd.closes_at <= ctx.now:
        raise Refused("REG-2", "新的截止时刻已过，请改为今后的时间。")
    return [DeadlineExtended(season=cmd.season, unit=cmd.unit, closes_at=cmd.closes_at, reason=cmd.reason)]


def open_registration(cmd: OpenRegistration, reg: RegistrationState, ctx: Context) -> list[RegistrationEvent]:
    season = _season(cmd, ctx)
    in_order(reg, ("未开通",), "开通")
    unit = of_the_system(cmd.unit, season)
    closes_at = season.registration.closes_at
    return [RegistrationOpened(season=cmd.season, unit=cmd.unit, name=unit.name, group=unit.group, closes_at=closes_at)]


def _season(cmd: RegistrationCommand, ctx: Context) -> SeasonDocument:
    """The season that the command is about, which names its unit."""
    season = seasons.opened(ctx.see(seasons.season.decider, seasons.stream(cmd.season)), cmd.season)
    of_the_system(cmd.unit, season)
    return season


def decide(cmd: RegistrationCommand, reg: RegistrationState, ctx: Context) -> list[RegistrationEvent]:
    match cmd:
        case OpenRegistration():
            return open_registration(cmd, reg, ctx)
        case StartRegistration():
            return start(cmd, reg, ctx)
        case SubmitRegistration():
            return submit(cmd, reg, ctx)
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
    if not isinstance(event, RegistrationSubmitted | RegistrationReturned):
        return []
    return [
        Claim(
            scope=f"registration-{event.season}",
            key=event.credit_code or event.unit,
            rule="REG-1",
            sentence="该统一社会信用代码已由{holder}登记，一个参赛单位只能登记在一个赛区；请核对代码或联系竞赛办。",
            release=isinstance(event, RegistrationReturned),
        )
    ]


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

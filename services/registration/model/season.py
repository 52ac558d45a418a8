"""A season: the year's rules as data, opened once from the office's document."""

from datetime import datetime
from typing import ClassVar, assert_never

from pydantic import Field

from services.registration.model.dates import until
from shared.contracts.common import Moment, Name, Season, Text
from shared.contracts.registration import DeadlineExtendedForAll, SeasonOpened
from shared.contracts.season import SeasonDocument
from shared.contracts.season_checks import contradictions, path
from shared.kernel.decider import Aggregate, Context, Decider
from shared.kernel.messages import SHANGHAI, Command, Refused, Role

_MOST_SHOWN = 5  # contradictions that one refusal names


class OpenSeason(Command):
    roles: ClassVar[frozenset[Role]] = frozenset({"office"})
    title: ClassVar[str] = "开启赛季"

    document: SeasonDocument = Field(title="赛季文件")


class ExtendDeadlineForAll(Command):
    """`closes_at` is exclusive."""

    roles: ClassVar[frozenset[Role]] = frozenset({"office"})
    title: ClassVar[str] = "为全部单位延长登记期限"

    season: Season = Field(title="赛季年度")
    closes_at: Moment = Field(title="新的截止时刻")
    reason: Text = Field(title="延期原因")
    approver: Name = Field(title="批准人", description="写职务，不写姓名")


SeasonCommand = OpenSeason | ExtendDeadlineForAll
SeasonEvent = SeasonOpened | DeadlineExtendedForAll
SeasonState = SeasonDocument | None


def consistent(document: SeasonDocument) -> None:
    """SEA-1: a season's document does not contradict itself or the notice's structure (§二, §四, §五(二))."""
    found = contradictions(document.model_dump(mode="json"))
    if found:
        shown = "；".join(f"{path(loc)}：{sentence.rstrip('。')}" for loc, sentence in found[:_MOST_SHOWN])
        raise Refused("SEA-1", f"赛季文件有{len(found)}处错误：{shown}。请改正后重新提交。")


def opened(season: SeasonState, year: int) -> SeasonDocument:
    """SEA-2: units register in a season that the office has opened, and it opens once (office rule)."""
    if season is None:
        raise Refused("SEA-2", f"{year}赛季尚未开启，请核对年度或联系竞赛办。")
    return season


def within_the_season(until_then: datetime, season: SeasonDocument) -> None:
    """REG-2: no unit is given time beyond the season's last stage (office rule)."""
    last = max(stage.ends for stage in season.stages)
    if until_then.astimezone(SHANGHAI).date() > last:
        raise Refused("REG-2", f"期限不能晚于本赛季结束的{last.year}年{last.month}月{last.day}日，请改早。")


def extend_all(cmd: ExtendDeadlineForAll, document: SeasonDocument, now: datetime) -> list[SeasonEvent]:
    """REG-2: the office may give every unit more time, saying why and who approved it, never less (office rule)."""
    within_the_season(cmd.closes_at, document)
    closes_at = document.registration.closes_at
    if cmd.closes_at <= closes_at:
        raise Refused("REG-2", f"新的截止时刻应晚于现在的截止时刻{until(closes_at)}。")
    if cmd.closes_at <= now:
        raise Refused("REG-2", "新的截止时刻已过，请改为今后的时间。")
    units = tuple(unit.id for unit in document.units)
    return [DeadlineExtendedForAll(**cmd.model_dump(), units=units)]


def decide(cmd: SeasonCommand, season: SeasonState, ctx: Context) -> list[SeasonEvent]:
    match cmd:
        case OpenSeason(document=document):
            if season is not None:
                raise Refused("SEA-2", f"{document.season}赛季已经开启，不能重复开启；请核对年度。")
            consistent(document)
            return [SeasonOpened(season=document.season, document=document)]
        case ExtendDeadlineForAll():
            return extend_all(cmd, opened(season, cmd.season), ctx.now)
        case _:
            assert_never(cmd)


def evolve(season: SeasonState, event: SeasonEvent) -> SeasonState:
    """The season's rules as they now stand: with the deadline that holds for all."""
    match event:
        case SeasonOpened(document=document):
            return document
        case DeadlineExtendedForAll(closes_at=closes_at):
            assert season is not None, "a season is extended after it was opened"
            registration = season.registration.model_copy(update={"closes_at": closes_at})
            return season.model_copy(update={"registration": registration})
        case _:
            assert_never(event)


def stream(year: int) -> str:
    return f"season-{year}"


season: Aggregate[SeasonCommand, SeasonEvent, SeasonState] = Aggregate(
    kind="season",
    commands=(OpenSeason, ExtendDeadlineForAll),
    events=(SeasonOpened, DeadlineExtendedForAll),
    decider=Decider(None, decide, evolve),
    stream=lambda cmd, _: stream(cmd.document.season if isinstance(cmd, OpenSeason) else cmd.season),
)

"""A season: the year's rules as data, opened once from the office's document."""

from typing import ClassVar, assert_never

from pydantic import Field

from shared.contracts.registration import SeasonOpened
from shared.contracts.season import SeasonDocument
from shared.contracts.season_checks import contradictions, path
from shared.kernel.decider import Aggregate, Context, Decider
from shared.kernel.messages import Command, Refused, Role

_MOST_SHOWN = 5  # contradictions that one refusal names


class OpenSeason(Command):
    roles: ClassVar[frozenset[Role]] = frozenset({"office"})
    title: ClassVar[str] = "开启赛季"

    document: SeasonDocument = Field(title="赛季文件")


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


def decide(cmd: OpenSeason, season: SeasonState, ctx: Context) -> list[SeasonOpened]:
    match cmd:
        case OpenSeason(document=document):
            if season is not None:
                raise Refused("SEA-2", f"{document.season}赛季已经开启，不能重复开启；请核对年度。")
            consistent(document)
            return [SeasonOpened(season=document.season, document=document)]
        case _:
            assert_never(cmd)


def evolve(_: SeasonState, event: SeasonOpened) -> SeasonState:
    match event:
        case SeasonOpened(document=document):
            return document
        case _:
            assert_never(event)


def stream(year: int) -> str:
    return f"season-{year}"


season: Aggregate[OpenSeason, SeasonOpened, SeasonState] = Aggregate(
    kind="season",
    commands=(OpenSeason,),
    events=(SeasonOpened,),
    decider=Decider(None, decide, evolve),
    stream=lambda cmd, _: stream(cmd.document.season),
)

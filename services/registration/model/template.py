"""The Word template of a season's printed form: the default one, or the office's own (annex 2 is not in the source)."""

from typing import ClassVar, assert_never

from pydantic import Field

from services.registration.model import season as seasons
from shared.contracts.common import Season
from shared.contracts.materials import FileName, Sha256
from shared.contracts.templates import TemplateReplaced, TemplateReverted
from shared.kernel.decider import Aggregate, Context, Decider
from shared.kernel.messages import Command, Role


class ReplaceTemplate(Command):
    """Follows from an upload that has been found usable; the service gives it in the name of whoever uploaded."""

    roles: ClassVar[frozenset[Role]] = frozenset({"service"})
    title: ClassVar[str] = "更换登记表模板"

    season: Season = Field(title="赛季年度")
    sha256: Sha256 = Field(title="文件校验值")
    name: FileName = Field(title="文件名")


class RevertTemplate(Command):
    roles: ClassVar[frozenset[Role]] = frozenset({"office"})
    title: ClassVar[str] = "恢复默认的登记表模板"

    season: Season = Field(title="赛季年度")


TemplateCommand = ReplaceTemplate | RevertTemplate
TemplateEvent = TemplateReplaced | TemplateReverted
TemplateState = TemplateReplaced | None  # None: the default


def decide(cmd: TemplateCommand, template: TemplateState, ctx: Context) -> list[TemplateEvent]:
    seasons.opened(ctx.see(seasons.season.decider, seasons.stream(cmd.season)), cmd.season)
    match cmd:
        case ReplaceTemplate():
            replaced = TemplateReplaced(season=cmd.season, sha256=cmd.sha256, name=cmd.name)
            return [] if replaced == template else [replaced]
        case RevertTemplate():
            return [TemplateReverted(season=cmd.season)] if template else []
        case _:
            assert_never(cmd)


def evolve(_: TemplateState, event: TemplateEvent) -> TemplateState:
    match event:
        case TemplateReplaced():
            return event
        case TemplateReverted():
            return None
        case _:
            assert_never(event)


def stream(season: int) -> str:
    return f"template-{season}"


template: Aggregate[TemplateCommand, TemplateEvent, TemplateState] = Aggregate(
    kind="template",
    commands=(ReplaceTemplate, RevertTemplate),
    events=(TemplateReplaced, TemplateReverted),
    decider=Decider(None, decide, evolve),
    stream=lambda cmd, _: stream(cmd.season),
    reads=lambda cmd: (seasons.stream(cmd.season),),
)

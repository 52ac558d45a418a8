"""What activities and assessment know of a season: its items and checklists."""

from typing import ClassVar, assert_never

from shared.contracts.activity import SeasonRulesAdopted
from shared.contracts.common import Season
from shared.contracts.season import Checklist, Item
from shared.kernel.decider import Aggregate, Context, Decider
from shared.kernel.messages import Command, Refused, Role


class AdoptSeasonRules(Command):
    """Follows from the opening of the season."""

    roles: ClassVar[frozenset[Role]] = frozenset({"service"})
    title: ClassVar[str] = "采用赛季规则"

    season: Season
    items: tuple[Item, ...]
    checklists: tuple[Checklist, ...]


RulesState = SeasonRulesAdopted | None


def adopted(rules: RulesState, season: int) -> SeasonRulesAdopted:
    """SEA-2: whatever happens in a season happens after it was opened, and it opens once (office rule)."""
    if rules is None:
        raise Refused("SEA-2", f"{season}赛季尚未开启，请核对年度或联系竞赛办。")
    return rules


def decide(cmd: AdoptSeasonRules, rules: RulesState, ctx: Context) -> list[SeasonRulesAdopted]:
    match cmd:
        case AdoptSeasonRules(season=season, items=items, checklists=checklists):
            if rules is not None:
                raise Refused("SEA-2", f"{season}赛季的规则已经采用。")
            return [SeasonRulesAdopted(season=season, items=items, checklists=checklists)]
        case _:
            assert_never(cmd)


def evolve(_: RulesState, event: SeasonRulesAdopted) -> RulesState:
    match event:
        case SeasonRulesAdopted():
            return event
        case _:
            assert_never(event)


def stream(season: int) -> str:
    return f"rules-{season}"


rules: Aggregate[AdoptSeasonRules, SeasonRulesAdopted, RulesState] = Aggregate(
    kind="rules",
    commands=(AdoptSeasonRules,),
    events=(SeasonRulesAdopted,),
    decider=Decider(None, decide, evolve),
    stream=lambda cmd, _: stream(cmd.season),
)

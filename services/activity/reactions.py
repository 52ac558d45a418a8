"""What activity does because of registration: it adopts a season's rules and admits who is accepted."""

from services.activity.model.participant import AdmitUnit
from services.activity.model.rules import AdoptSeasonRules
from shared.contracts.registration import RegistrationAccepted, SeasonOpened
from shared.kernel.messages import Command, Event, Recorded


def react(event: Event, recorded: Recorded) -> list[Command]:
    """The commands that follow from a recorded event. Repeats give the same commands."""
    match event:
        case SeasonOpened(season=season, document=document):
            return [AdoptSeasonRules(season=season, items=document.items, checklists=document.checklists)]
        case RegistrationAccepted(season=season, unit=unit, items=items):
            return [AdmitUnit(season=season, unit=unit, items=items)]
        case _:
            return []  # the other events ask nothing of activity

"""What registration does of itself: once a season is open, its directory may register."""

from services.registration.model.commands import OpenRegistration
from shared.contracts.registration import SeasonOpened
from shared.kernel.messages import Command, Event, Recorded


def react(event: Event, recorded: Recorded) -> list[Command]:
    """The commands that follow from a recorded event. Repeats give the same commands."""
    match event:
        case SeasonOpened(season=season, document=document):
            return [OpenRegistration(season=season, unit=unit.id) for unit in document.units]
        case _:
            return []  # the other events ask nothing of registration

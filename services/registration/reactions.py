"""What registration does of itself: a season's directory may register, and an extension for all reaches each unit."""

from services.registration.model.commands import ExtendDeadline, OpenRegistration
from services.registration.model.roster_commands import ReceiveParticipant
from shared.contracts.people import ParticipantTransferred
from shared.contracts.registration import DeadlineExtendedForAll, SeasonOpened
from shared.kernel.messages import Command, Event, Recorded


def react(event: Event, recorded: Recorded) -> list[Command]:
    """The commands that follow from a recorded event. Repeats give the same commands."""
    match event:
        case SeasonOpened(season=season, document=document):
            return [OpenRegistration(season=season, unit=unit.id) for unit in document.units]
        case ParticipantTransferred(season=season, unit=unit, now=now, to=to, on=on):
            return [ReceiveParticipant(season=season, unit=to, now=now, source=unit, on=on)]
        case DeadlineExtendedForAll():
            # Who is complete, or has a later deadline already, refuses: nothing changes for them (REG-2, REG-8).
            return [
                ExtendDeadline(
                    season=event.season,
                    unit=unit,
                    closes_at=event.closes_at,
                    reason=event.reason,
                    approver=event.approver,
                )
                for unit in event.units
            ]
        case _:
            return []  # the other events ask nothing of registration

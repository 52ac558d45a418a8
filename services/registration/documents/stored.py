"""The versions of a unit's form, read from the log itself: what a print shows, and what its code opens."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from shared.contracts import catalogue
from shared.contracts.registration import (
    PaperReceived,
    RegistrationForm,
    RegistrationReturned,
    RegistrationWithdrawn,
    ZoneChanged,
)
from shared.kernel import store
from shared.kernel.messages import Recorded


@dataclass(frozen=True)
class Version:
    """The form as of the registration's `version`, handed in or changed at that moment."""

    version: int
    at: datetime
    form: RegistrationForm


@dataclass(frozen=True)
class Receipt:
    """A paper copy as received; `entered_by` is the account that recorded it."""

    paper: PaperReceived
    entered_by: str


@dataclass(frozen=True)
class Past:
    """`versions` oldest first; `current` is the one at hand, None while the form is with the unit; its `receipts`."""

    versions: tuple[Version, ...] = ()
    current: Version | None = None
    receipts: tuple[Receipt, ...] = ()

    def numbered(self, version: int) -> Version | None:
        return next((each for each in self.versions if each.version == version), None)


def fold(events: Sequence[Recorded]) -> Past:
    """What a registration's events say of its form and its paper."""
    versions: list[Version] = []
    receipts: list[Receipt] = []
    current: Version | None = None
    for recorded in events:
        match catalogue.read(recorded.type, recorded.data):
            case RegistrationForm() as form:
                current = Version(recorded.version, recorded.recorded, form)
                versions.append(current)
            case ZoneChanged(outcome=outcome, zone=zone):
                assert current is not None, "a zone is changed only once a form is in"
                form = current.form.model_copy(update={"outcome": outcome, "zone": zone})
                current, receipts = Version(recorded.version, recorded.recorded, form), []
                versions.append(current)
            case RegistrationReturned() | RegistrationWithdrawn():
                current, receipts = None, []
            case PaperReceived() as paper:
                receipts.append(Receipt(paper, recorded.actor))
            case _:
                pass  # says nothing of the form's content or its paper
    return Past(tuple(versions), current, tuple(receipts))


async def past(pool: Any, season: int, unit: str) -> Past:
    stream = f"registration-{season}-{unit}"
    async with pool.acquire() as conn:
        return fold((await store.read_streams(conn, [stream]))[stream])

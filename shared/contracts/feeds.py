"""Events of `ligong.feeds`: what is agreed with partners in other provinces."""

from typing import ClassVar

from shared.contracts.common import Moment, Name, Province, Text
from shared.kernel.messages import Event


class FeedsEvent(Event):
    topic: ClassVar[str] = "ligong.feeds"
    agreement: str


class AgreementConcluded(FeedsEvent):
    """FED-1: a partner may see these fields of these event types, for a purpose, on a legal basis, until it expires.

    `fields` are lists of data fields by CloudEvents type; everything else is denied.
    """

    partner: str
    province: Province
    name: Name
    purpose: Text
    legal_basis: Text
    fields: dict[str, tuple[str, ...]]
    starts_at: Moment
    expires_at: Moment


class AgreementRevoked(FeedsEvent):
    """FED-3: from now on nothing of this agreement is shared."""

    reason: Text


EVENTS: tuple[type[Event], ...] = (AgreementConcluded, AgreementRevoked)

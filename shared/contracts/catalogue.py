"""Every event that the platform publishes, and how a stored one becomes what consumers know."""

from typing import Any

from pydantic import ValidationError

from shared.contracts import activity, feeds, inspection, materials, people, registration, templates
from shared.kernel.messages import Event

EVENTS: tuple[type[Event], ...] = (
    *registration.EVENTS,
    *people.EVENTS,
    *materials.EVENTS,
    *templates.EVENTS,
    *activity.EVENTS,
    *inspection.EVENTS,
    *feeds.EVENTS,
)
BY_TYPE: dict[str, type[Event]] = {event.type(): event for event in EVENTS}
TOPICS: tuple[str, ...] = tuple(dict.fromkeys(event.topic for event in EVENTS))


class UnknownEvent(Exception):
    """No contract knows this type and version, or its data does not fit it."""


def read(type: str, data: dict[str, Any]) -> Event:
    """The event that was stored or received. Raises UnknownEvent."""
    event = BY_TYPE.get(type)
    if event is None:
        raise UnknownEvent(f"unknown event type {type!r}")
    try:
        return event.model_validate(data)
    except ValidationError as error:
        where = "; ".join(".".join(map(str, e["loc"])) + ": " + e["msg"] for e in error.errors(include_input=False))
        raise UnknownEvent(f"{type}: {where}") from None

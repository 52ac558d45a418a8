"""What a partner gets of an event. Pure."""

from datetime import datetime

import msgspec

from services.feeds.model import Agreement, standing
from shared.kernel.bus import Received


def shares(agreement: Agreement, received: Received, now: datetime) -> bool:
    """FED-1: the agreement is current, lists the event's type, and the event is about the partner's own province.

    An event counts from the agreement's beginning on by its recorded time.
    """
    terms, recorded = agreement.terms, received.recorded
    if terms is None or standing(agreement, now) != "current":
        return False
    if recorded.type not in terms.fields or recorded.recorded < terms.starts_at:
        return False
    return getattr(received.event, "province", None) == terms.province


def entry(agreement: Agreement, received: Received, seq: int) -> bytes:
    """FED-1: the CloudEvent as it is delivered: of its data the agreed fields, in the contract's order.

    There is no `subject`: a stream's id names the unit. `sequence` is the entry's number in the feed, without gaps.
    """
    assert agreement.terms is not None, "only what an agreement shares becomes an entry"
    recorded = received.recorded
    agreed = set(agreement.terms.fields[recorded.type])
    return msgspec.json.encode(
        {
            "specversion": "1.0",
            "id": str(recorded.id),
            "type": recorded.type,
            "source": f"/shanghai/cgzf/{recorded.topic.removeprefix('ligong.')}",
            "time": recorded.recorded.isoformat(),
            "datacontenttype": "application/json",
            "sequence": f"{seq:016d}",
            "data": received.event.model_dump(mode="json", include=agreed),
        }
    )

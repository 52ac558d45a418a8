"""What the lists, the detail and the history of registrations show, kept up with the log."""

from collections.abc import Sequence
from itertools import groupby
from operator import itemgetter
from typing import Any, assert_never, cast

import msgspec

from services.registration.model.dates import moment, until
from services.registration.model.state import RegistrationEvent
from shared.contracts.registration import (
    DeadlineExtended,
    PaperReceived,
    RegistrationAccepted,
    RegistrationCompleted,
    RegistrationOpened,
    RegistrationReturned,
    RegistrationStarted,
    RegistrationSubmitted,
    SeasonOpened,
)
from shared.kernel.bus import Received
from shared.kernel.messages import Recorded
from shared.kernel.projector import Projection

OwnEvent = SeasonOpened | RegistrationEvent
Change = tuple[str, tuple[Any, ...]]

_SEASON = "insert into season (season, name, opened_at, version, document) values ($1, $2, $3, $4, $5)"
_OPEN = """
    insert into registration
        (season, unit, version, updated_at, official_order, short, status, name, unit_group, closes_at)
    select $1, $2, $3, $4, (entry->>'order')::int, entry->>'short', 'opened', $5, $6, $7
    from season, json_array_elements(document->'units') entry where season = $1 and entry->>'id' = $2"""
_HISTORY = """
    insert into history (stream, version, event, at, actor, what, why) values ($1, $2, $3, $4, $5, $6, $7)"""


def _update(columns: str) -> str:
    """Parameters: $1 season, $2 unit, $3 the stream's version, $4 when; from $5 on those of `columns`."""
    return f"""
        update registration r set version = $3, updated_at = $4, {columns}
        from season s where s.season = r.season and r.season = $1 and r.unit = $2"""


_EXTEND = _update("closes_at = $5")
_START = _update("status = 'started'")
_SUBMIT = _update(
    """status = 'submitted', outcome = $5, form = $6, returned = null, submitted_at = $4,
       submitted_late = coalesce(r.submitted_late, $4 >= (s.document->'registration'->>'closes_at')::timestamptz),
       copies_due = (s.document->'registration'->'outcomes'->$5::text->>'copies')::int"""
)
# What is on paper was printed from the form that went back: it has to come again.
_RETURN = _update(
    """status = 'returned', returned = $5, closes_at = greatest(r.closes_at, $6), outcome = null, copies = 0,
       copies_due = null, late_paper = false"""
)
_ACCEPT = _update("status = 'accepted', accepted_at = $4")
_PAPER = _update("copies = $5, copies_due = $6, late_paper = r.late_paper or $7")
_COMPLETE = _update("status = 'completed', completed_at = $4")


async def apply(conn: Any, received: Sequence[Received]) -> None:
    changes = [change(cast(OwnEvent, each.event), each.recorded) for each in received]
    for sql, alike in groupby(changes, key=itemgetter(0)):
        await conn.executemany(sql, [values for _, values in alike])
    await conn.executemany(_HISTORY, [_entry(cast(OwnEvent, each.event), each.recorded) for each in received])


def change(event: OwnEvent, at: Recorded) -> Change:
    """The one row that an event changes, and how."""
    if isinstance(event, SeasonOpened):
        document = event.document
        return _SEASON, (event.season, document.name, at.recorded, at.version, document.model_dump_json())
    row = (event.season, event.unit, at.version, at.recorded)
    match event:
        case RegistrationOpened():
            return _OPEN, (*row, event.name, event.group, event.closes_at)
        case DeadlineExtended():
            return _EXTEND, (*row, event.closes_at)
        case RegistrationStarted():
            return _START, row
        case RegistrationSubmitted():
            return _SUBMIT, (*row, event.outcome, event.model_dump_json(exclude={"season", "unit"}))
        case RegistrationReturned():
            returned = event.model_dump_json(include={"reasons", "resubmit_before"})
            return _RETURN, (*row, returned, event.resubmit_before)
        case RegistrationAccepted():
            return _ACCEPT, row
        case PaperReceived():
            return _PAPER, (*row, event.copy_number, event.copies, event.late)
        case RegistrationCompleted():
            return _COMPLETE, row
        case _:
            assert_never(event)


def _entry(event: OwnEvent, at: Recorded) -> tuple[Any, ...]:
    what, why = words(event)
    return at.stream, at.version, at.id, at.recorded, at.actor, what, why


def words(event: OwnEvent) -> tuple[str, str | None]:
    """What happened, as the history says it after the actor's name; and why, where a reason was given."""
    match event:
        case SeasonOpened():
            return f"开启赛季“{event.document.name}”", None
        case RegistrationOpened():
            return f"开通登记，{until(event.closes_at)}截止", None
        case DeadlineExtended():
            return f"登记期限延至{until(event.closes_at)}", event.reason
        case RegistrationStarted():
            return "开始填报登记表", None
        case RegistrationSubmitted():
            return f"提交登记表：{_outcome(event)}，参赛团队{len(event.teams)}支", None
        case RegistrationReturned():
            reasons = "；".join(f"{label}：{reason}" for label, reason in event.reasons.items())
            return f"退回登记表，请于{until(event.resubmit_before)}前重新提交", reasons
        case RegistrationAccepted():
            return f"审核通过登记表，可参加竞赛内容{len(event.items)}项", None
        case PaperReceived():
            late = "，已逾期" if event.late else ""
            copy = f"第{event.copy_number}份（共{event.copies}份）"
            return f"签收纸质登记表{copy}，{moment(event.received_at)}收到{late}", None
        case RegistrationCompleted():
            return f"登记完成，纸质登记表{'按时' if event.on_time else '逾期'}收齐", None
        case _:
            assert_never(event)


def _outcome(event: RegistrationSubmitted) -> str:
    match event.outcome:
        case "here":
            return "在本分赛区登记"
        case "administrative":
            return f"在行政关系所属赛区（{event.zone}）登记，本处备案"
        case _:
            assert_never(event.outcome)


LISTS = Projection("registration-lists", apply)


def form_of(row: Any) -> RegistrationSubmitted | None:
    """The form that a registration's row keeps."""
    if row["form"] is None:
        return None
    stored = msgspec.json.decode(row["form"])
    return RegistrationSubmitted.model_validate({**stored, "season": row["season"], "unit": row["unit"]})

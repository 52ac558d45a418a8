"""What the lists, the detail and the history of registrations show, kept up with the log."""

from collections.abc import Sequence
from itertools import groupby
from operator import itemgetter
from typing import Any, assert_never, cast, get_args

import msgspec

from services.registration.model.dates import moment, until
from services.registration.model.state import RegistrationEvent
from shared.contracts.common import Outcome
from shared.contracts.registration import (
    DeadlineExtended,
    DeadlineExtendedForAll,
    PaperReceived,
    RegistrationAccepted,
    RegistrationAmended,
    RegistrationCompleted,
    RegistrationForm,
    RegistrationOpened,
    RegistrationReturned,
    RegistrationStarted,
    RegistrationSubmitted,
    RegistrationWithdrawn,
    SeasonOpened,
    ZoneChanged,
)
from shared.kernel.bus import Received
from shared.kernel.messages import Recorded
from shared.kernel.projector import Projection

OwnEvent = SeasonOpened | DeadlineExtendedForAll | RegistrationEvent
Change = tuple[str, tuple[Any, ...]]
_OWN = get_args(OwnEvent)  # of the log's events those that these tables show

_SEASON = "insert into season (season, name, opened_at, version, document) values ($1, $2, $3, $4, $5)"
_EXTEND_ALL = """
    update season set version = $2, extended_to = $3, extension_reason = $4, extension_approver = $5
    where season = $1"""
_OPEN = """
    insert into registration
        (season, unit, version, updated_at, official_order, short, status, name, unit_group, closes_at)
    select $1, $2, $3, $4, (entry->>'order')::int, entry->>'short', 'opened', $5, $6, $7
    from season, json_array_elements(document->'units') entry where season = $1 and entry->>'id' = $2"""
# Running through the log anew leaves alone what was saved after the form had come back.
_END_DRAFT = "delete from draft where season = $1 and unit = $2 and based_on < $3"
_HISTORY = """
    insert into history (stream, version, event, at, actor, what, why) values ($1, $2, $3, $4, $5, $6, $7)"""


def _update(columns: str) -> str:
    """Parameters: $1 season, $2 unit, $3 the stream's version, $4 when; from $5 on those of `columns`."""
    return f"""
        update registration r set version = $3, updated_at = $4, {columns}
        from season s where s.season = r.season and r.season = $1 and r.unit = $2"""


_EXTEND = _update("closes_at = $5, extended_because = $6")
_START = _update("status = 'started'")
_SUBMIT = _update(
    """status = 'submitted', outcome = $5, form = $6, on_behalf = $7, returned = null, submitted_at = $4,
       submitted_late = coalesce(r.submitted_late, $4 >= (s.document->'registration'->>'closes_at')::timestamptz),
       copies_due = (s.document->'registration'->'outcomes'->$5::text->>'copies')::int"""
)
# What is on paper was printed from the form that went back: it has to come again.
_RETURN = _update(
    """status = 'returned', returned = $5, closes_at = greatest(r.closes_at, $6), outcome = null, copies = 0,
       copies_due = null, late_paper = false"""
)
_WITHDRAW = _update(
    "status = 'started', form = null, outcome = null, copies = 0, copies_due = null, late_paper = false"
)
_AMEND = _update("form = $5")
_CHANGE_ZONE = _update(
    """status = 'submitted', outcome = $5, completed_at = null, copies = 0, late_paper = false,
       form = (form::jsonb || jsonb_build_object('outcome', $5::text, 'zone', $6::text))::json,
       copies_due = (s.document->'registration'->'outcomes'->$5::text->>'copies')::int"""
)
_ACCEPT = _update("status = 'accepted', accepted_at = $4")
_PAPER = _update("copies = $5, copies_due = $6, late_paper = r.late_paper or $7")
_COMPLETE = _update("status = 'completed', completed_at = $4")


async def apply(conn: Any, received: Sequence[Received]) -> None:
    own = [(cast(OwnEvent, each.event), each.recorded) for each in received if isinstance(each.event, _OWN)]
    changes = [change(event, at) for event, at in own]
    for sql, alike in groupby(changes, key=itemgetter(0)):
        await conn.executemany(sql, [values for _, values in alike])
    handed_in = [
        (form.season, form.unit, each.recorded.version)
        for each in received
        if isinstance(form := each.event, RegistrationSubmitted)
    ]
    await conn.executemany(_END_DRAFT, handed_in)
    await conn.executemany(_HISTORY, [_entry(event, at) for event, at in own])


def change(event: OwnEvent, at: Recorded) -> Change:
    """The one row that an event changes, and how."""
    if isinstance(event, SeasonOpened):
        document = event.document
        return _SEASON, (event.season, document.name, at.recorded, at.version, document.model_dump_json())
    if isinstance(event, DeadlineExtendedForAll):
        return _EXTEND_ALL, (event.season, at.version, event.closes_at, event.reason, event.approver)
    row = (event.season, event.unit, at.version, at.recorded)
    match event:
        case RegistrationOpened():
            return _OPEN, (*row, event.name, event.group, event.closes_at)
        case DeadlineExtended():
            return _EXTEND, (*row, event.closes_at, event.reason)
        case RegistrationStarted():
            return _START, row
        case RegistrationSubmitted():
            return _SUBMIT, (*row, event.outcome, _form(event), event.on_behalf)
        case RegistrationWithdrawn():
            return _WITHDRAW, row
        case RegistrationAmended():
            return _AMEND, (*row, _form(event))
        case ZoneChanged():
            return _CHANGE_ZONE, (*row, event.outcome, event.zone)
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


def _form(event: RegistrationForm) -> str:
    """What the form says, as a row keeps it."""
    return event.model_dump_json(include=set(RegistrationForm.model_fields) - {"season", "unit"})


def _entry(event: OwnEvent, at: Recorded) -> tuple[Any, ...]:
    what, why = words(event)
    return at.stream, at.version, at.id, at.recorded, at.actor, what, why


def words(event: OwnEvent) -> tuple[str, str | None]:
    """What happened, as the history says it after the actor's name; and why, where a reason was given."""
    match event:
        case SeasonOpened():
            return f"开启赛季“{event.document.name}”", None
        case DeadlineExtendedForAll():
            return f"全部单位的登记期限延至{until(event.closes_at)}（批准人：{event.approver}）", event.reason
        case RegistrationOpened():
            return f"开通登记，{until(event.closes_at)}截止", None
        case DeadlineExtended():
            approved = f"（批准人：{event.approver}）" if event.approver else ""
            return f"登记期限延至{until(event.closes_at)}{approved}", event.reason
        case RegistrationStarted():
            return "开始填报登记表", None
        case RegistrationSubmitted():
            verb = "代录并提交登记表" if event.on_behalf else "提交登记表"
            return f"{verb}：{_outcome(event.outcome, event.zone)}，参赛团队{len(event.teams)}支{_signed(event)}", None
        case RegistrationWithdrawn():
            return "撤回登记表，修改后可重新提交，纸质登记表随新表重新报送", event.reason
        case RegistrationAmended():
            return "更正登记表，已收的纸质登记表继续有效", event.reason
        case ZoneChanged():
            former = "在本分赛区登记" if event.former == "here" else "在行政关系所属赛区登记"
            now = _outcome(event.outcome, event.zone)
            return f"变更赛区：由{former}改为{now}，纸质登记表须重新报送", event.reason
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


def _outcome(outcome: Outcome, zone: str) -> str:
    match outcome:
        case "here":
            return "在本分赛区登记"
        case "administrative":
            return f"在行政关系所属赛区（{zone}）登记，本处备案"
        case _:
            assert_never(outcome)


def _signed(event: RegistrationSubmitted) -> str:
    if event.signed_off_by is None or event.signed_off_on is None:
        return ""
    who, day = "主要领导" if event.signed_off_by == "leader" else "分管领导", event.signed_off_on
    return f"，{who}于{day.month}月{day.day}日签署同意"


LISTS = Projection("registration-lists", apply)


def form_of(row: Any) -> RegistrationSubmitted | None:
    """The form that a registration's row keeps."""
    if row["form"] is None:
        return None
    stored = msgspec.json.decode(row["form"])
    return RegistrationSubmitted.model_validate({**stored, "season": row["season"], "unit": row["unit"]})

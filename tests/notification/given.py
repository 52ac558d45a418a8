"""What the notification specs start from: the season of 2021 and one unit in it."""

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import UUID

from services.notification.reminders import Followed, Registration, evolve
from shared.contracts.common import PersonRef
from shared.contracts.registration import (
    DeadlineExtended,
    PaperReceived,
    RegistrationAccepted,
    RegistrationCompleted,
    RegistrationOpened,
    RegistrationReturned,
    RegistrationSubmitted,
    SeasonOpened,
)
from shared.contracts.season_file import parse
from tests.spec import at

SEASON_FILE = Path(__file__).parents[2] / "seasons/2021/season.yaml"
DOCUMENT = parse(SEASON_FILE.read_text(encoding="utf-8"))
OPENED_SEASON = SeasonOpened(season=2021, document=DOCUMENT)
PUTUO: Any = {"season": 2021, "unit": "putuo"}
DAYS = (7, 3, 1, 0)


def ref(n: int) -> PersonRef:
    return PersonRef(person=UUID(int=n), record=UUID(int=1000 + n))


OPENED = RegistrationOpened(**PUTUO, name="普陀区城管执法局", group="district", closes_at=at("06-18 00:00"))
SUBMITTED = RegistrationSubmitted(
    **PUTUO,
    outcome="here",
    zone="城市管理行政执法分赛区",
    credit_code=None,
    no_credit_code_reason="样例",
    field="digital",
    category="district-bureau",
    theme="建功十四五",
    teams=(),
    leader=ref(1),
    deputy=ref(2),
    contact=ref(3),
)
ACCEPTED = RegistrationAccepted(**PUTUO, outcome="here", items=("1.1",))
COMPLETED = RegistrationCompleted(**PUTUO, on_time=True)


def extended(until: str) -> DeadlineExtended:
    return DeadlineExtended(**PUTUO, closes_at=at(until), reason="系统合并")


def returned(before: str) -> RegistrationReturned:
    reasons = {"竞赛主题": "请写明主题"}
    return RegistrationReturned(**PUTUO, credit_code=None, reasons=reasons, resubmit_before=at(before))


def paper(number: int, copies: int = 4) -> PaperReceived:
    return PaperReceived(**PUTUO, copy_number=number, copies=copies, received_at=at("06-10 10:00"), late=False)


def after(*events: Followed, on: Sequence[datetime] = ()) -> Registration:
    """The unit after these events; recorded at 9 o'clock of 24 May unless `on` says when each was."""
    reg: Registration | None = None
    for n, event in enumerate(events):
        reg = evolve(reg, event, on[n] if n < len(on) else at("05-24 09:00"))
    assert reg is not None
    return reg

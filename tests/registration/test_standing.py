"""How far a registration is: electronic form and paper apart (REG-2, REG-3)."""

from dataclasses import replace

import pytest

from services.registration.model.standing import Registration, Side, Timeliness, electronic, lacking, paper, waits_for
from tests.spec import at

CLOSES = at("06-18 00:00")
LAST, AFTER = at("06-17 23:59"), CLOSES
OPENED = Registration("opened", None, CLOSES, None, 0, None, False)
STARTED = replace(OPENED, status="started")
SUBMITTED = Registration("submitted", "here", CLOSES, False, 0, 4, False)
RETURNED = replace(OPENED, status="returned", submitted_late=False)
ACCEPTED = replace(SUBMITTED, status="accepted")
COMPLETED = replace(ACCEPTED, status="completed", copies=4)


@pytest.mark.parametrize(
    ("reg", "before", "after"),
    [
        (OPENED, "pending", "overdue"),
        (STARTED, "pending", "overdue"),
        (RETURNED, "pending", "overdue"),
        (SUBMITTED, "on_time", "on_time"),
        (replace(SUBMITTED, submitted_late=True), "extended", "extended"),
        (COMPLETED, "on_time", "on_time"),
    ],
)
def test_the_electronic_form_is_in_time_or_overdue_from_the_first_instant(
    reg: Registration, before: Timeliness, after: Timeliness
) -> None:
    """REG-2."""
    assert (electronic(reg, LAST), electronic(reg, AFTER)) == (before, after)


@pytest.mark.parametrize(
    ("reg", "before", "after"),
    [
        (OPENED, "pending", "overdue"),
        (SUBMITTED, "pending", "overdue"),
        (replace(ACCEPTED, copies=3), "pending", "overdue"),
        (replace(ACCEPTED, copies=3, late_paper=True), "late", "late"),
        (replace(SUBMITTED, copies=4), "on_time", "on_time"),
        (replace(COMPLETED, late_paper=True), "late", "late"),
        (replace(ACCEPTED, outcome="administrative", copies=1, copies_due=1), "on_time", "on_time"),
    ],
)
def test_the_paper_has_a_timeliness_of_its_own(reg: Registration, before: Timeliness, after: Timeliness) -> None:
    """REG-2, REG-3."""
    assert (paper(reg, LAST), paper(reg, AFTER)) == (before, after)


@pytest.mark.parametrize(
    ("reg", "side", "words"),
    [
        (OPENED, "unit", ("电子登记表尚未填报", "纸质登记表尚未报送")),
        (STARTED, "unit", ("电子登记表尚未提交", "纸质登记表尚未报送")),
        (RETURNED, "unit", ("电子登记表退回后尚未重新提交", "纸质登记表尚未报送")),
        (replace(SUBMITTED, copies=1), "unit", ("电子登记表待审核", "纸质登记表尚缺3份")),
        (replace(SUBMITTED, copies=4), "office", ("电子登记表待审核",)),
        (ACCEPTED, "unit", ("纸质登记表尚缺4份",)),
        (replace(ACCEPTED, outcome="administrative", copies_due=1), "unit", ("复印件尚缺1份",)),
        (COMPLETED, None, ()),
    ],
)
def test_what_is_left_and_whose_turn_it_is(reg: Registration, side: Side | None, words: tuple[str, ...]) -> None:
    """REG-3."""
    assert (waits_for(reg), lacking(reg)) == (side, words)

"""NOT-1: what a unit is reminded of, and when."""

from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.notification import working_days
from services.notification.reminders import AFTER, Deadline, Followed, audiences, deadline, plan, reminder_id
from shared.contracts.registration import RegistrationWithdrawn, ZoneChanged
from shared.kernel.messages import SHANGHAI
from tests.notification.given import (
    ACCEPTED,
    COMPLETED,
    DAYS,
    OPENED,
    PUTUO,
    SUBMITTED,
    after,
    extended,
    paper,
    returned,
)
from tests.spec import at

CLOSES = Deadline("registration", at("06-18 00:00"))
EARLY = at("05-24 09:00")


class TestPlan:
    def test_7_3_and_1_working_days_before_on_the_day_and_after_it(self) -> None:
        """NOT-1."""
        assert [(r.step, r.due) for r in plan(CLOSES, DAYS, EARLY)] == [
            (7, at("06-07 09:00")),
            (3, at("06-11 09:00")),  # 12 to 14 June is the Dragon Boat festival
            (1, at("06-16 09:00")),
            (0, at("06-17 09:00")),
            (AFTER, at("06-18 09:00")),
        ]

    def test_what_was_before_the_deadline_was_set_is_left_out(self) -> None:
        assert [r.step for r in plan(CLOSES, DAYS, at("06-11 09:00"))] == [1, 0, AFTER]
        assert [r.step for r in plan(CLOSES, DAYS, at("06-11 08:59"))] == [3, 1, 0, AFTER]

    def test_after_a_friday_it_is_the_monday(self) -> None:
        assert plan(Deadline("registration", at("06-19 00:00")), DAYS, EARLY)[-1].due == at("06-21 09:00")

    def test_on_a_day_that_ends_before_nine_it_is_that_day_s_beginning(self) -> None:
        early = plan(Deadline("resubmission", at("06-17 08:30")), DAYS, EARLY)
        assert [r.due for r in early if r.step == 0] == [at("06-17 00:00")]

    def test_a_season_may_name_other_days_once_each(self) -> None:
        assert [r.step for r in plan(CLOSES, (2, 5, 2), EARLY)] == [5, 2, AFTER]

    @given(
        st.datetimes(datetime(2000, 1, 2), datetime(2099, 1, 1), timezones=st.just(SHANGHAI)),
        st.lists(st.integers(0, 60), max_size=20),
        st.timedeltas(timedelta(0), timedelta(days=120)),
    )
    def test_reminders_are_in_order_before_the_deadline_and_one_after(
        self, closes: datetime, days: list[int], lead: timedelta
    ) -> None:
        since = closes - lead
        reminders = plan(Deadline("registration", closes), tuple(days), since)
        assert [r.due for r in reminders] == sorted(r.due for r in reminders)
        assert len({r.step for r in reminders}) == len(reminders)
        *before, last = reminders
        assert last.step == AFTER
        assert last.due >= closes
        for reminder in before:
            assert since < reminder.due < closes
            assert working_days.left(reminder.due.date(), working_days.last_day(closes)) == reminder.step


class TestDeadline:
    def test_it_is_the_season_s(self) -> None:
        assert deadline(after(OPENED)) == CLOSES

    def test_an_extension_moves_it(self) -> None:
        """NOT-1."""
        assert deadline(after(OPENED, extended("06-26 00:00"))) == Deadline("registration", at("06-26 00:00"))

    def test_a_returned_form_is_due_again_when_the_return_says(self) -> None:
        reg = after(OPENED, SUBMITTED, returned("06-12 00:00"))
        assert deadline(reg) == Deadline("resubmission", at("06-12 00:00"))

    def test_handing_it_in_again_leaves_the_deadline_of_the_registration(self) -> None:
        assert deadline(after(OPENED, SUBMITTED, returned("06-12 00:00"), SUBMITTED)) == CLOSES

    def test_a_return_beyond_the_deadline_gives_that_long(self) -> None:
        reg = after(OPENED, SUBMITTED, returned("06-25 00:00"), SUBMITTED)
        assert deadline(reg) == Deadline("registration", at("06-25 00:00"))

    def test_an_extension_of_a_returned_form_moves_its_date(self) -> None:
        reg = after(OPENED, SUBMITTED, returned("06-12 00:00"), extended("06-26 00:00"))
        assert deadline(reg) == Deadline("resubmission", at("06-26 00:00"))

    @pytest.mark.parametrize("events", [(), (SUBMITTED,), (SUBMITTED, ACCEPTED), (SUBMITTED, returned("06-12 00:00"))])
    def test_none_is_left_once_the_registration_is_complete(self, events: tuple[object, ...]) -> None:
        """NOT-1."""
        assert deadline(after(OPENED, *events, COMPLETED)) is None  # type: ignore[arg-type]

    def test_accepted_without_the_paper_is_not_complete(self) -> None:
        assert deadline(after(OPENED, SUBMITTED, ACCEPTED, paper(3))) == CLOSES


class TestSince:
    def test_it_moves_with_the_deadline_and_not_otherwise(self) -> None:
        days = [at("05-24 09:00"), at("06-01 09:00"), at("06-02 09:00"), at("06-03 09:00")]
        assert after(OPENED, SUBMITTED, on=days).since == days[0]
        assert after(OPENED, SUBMITTED, returned("06-12 00:00"), on=days).since == days[2]
        assert after(OPENED, SUBMITTED, returned("06-12 00:00"), SUBMITTED, on=days).since == days[3]


class TestAudiences:
    def test_before_the_deadline_it_is_the_unit(self) -> None:
        assert audiences(after(OPENED), 7) == ("unit",)

    def test_after_it_the_office_too(self) -> None:
        """NOT-1."""
        assert audiences(after(OPENED), AFTER) == ("unit", "office")

    def test_a_unit_that_has_handed_in_everything_is_left_in_peace(self) -> None:
        reg = after(OPENED, SUBMITTED, *(paper(n) for n in (1, 2, 3, 4)))
        assert audiences(reg, 1) == ()
        assert audiences(reg, AFTER) == ("office",)

    def test_not_so_one_whose_form_went_back_with_its_paper(self) -> None:
        reg = after(OPENED, SUBMITTED, *(paper(n) for n in (1, 2, 3, 4)), returned("06-12 00:00"))
        assert audiences(reg, 1) == ("unit",)


class TestIdentity:
    def test_the_same_reminder_is_the_same_however_often_it_is_planned(self) -> None:
        """NOT-1."""
        there_and_back = after(OPENED, SUBMITTED, returned("06-12 00:00"), SUBMITTED)
        assert reminder_id(after(OPENED), CLOSES, 7) == reminder_id(there_and_back, CLOSES, 7)

    def test_another_deadline_step_or_kind_is_another(self) -> None:
        reg = after(OPENED)
        ids = {
            reminder_id(reg, CLOSES, 7),
            reminder_id(reg, CLOSES, 3),
            reminder_id(reg, Deadline("resubmission", CLOSES.at), 7),
            reminder_id(reg, Deadline("registration", at("06-26 00:00")), 7),
        }
        assert len(ids) == 4


class TestChangesOfAForm:
    """NOT-1: what was handed in may be taken back, or move to the other zone; the paper is then still to come."""

    withdrawn = RegistrationWithdrawn(**PUTUO, reason="填写有误")
    moved = ZoneChanged(**PUTUO, former="here", outcome="administrative", zone="样例赛区", reason="隶属关系调整")

    def test_a_unit_that_took_its_form_back_is_reminded_again(self) -> None:
        all_in: list[Followed] = [OPENED, SUBMITTED, *(paper(n) for n in (1, 2, 3, 4))]
        assert audiences(after(*all_in), 0) == ()
        back = after(*all_in, self.withdrawn)
        assert (back.stage, back.copies, deadline(back)) == ("opened", 0, CLOSES)
        assert audiences(back, 0) == ("unit",)

    def test_so_is_one_whose_zone_changed(self) -> None:
        complete: list[Followed] = [OPENED, SUBMITTED, ACCEPTED, *(paper(n) for n in (1, 2, 3, 4)), COMPLETED]
        assert deadline(after(*complete)) is None
        moved = after(*complete, self.moved, ACCEPTED)
        assert (moved.stage, moved.copies, deadline(moved)) == ("accepted", 0, CLOSES)

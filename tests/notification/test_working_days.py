"""Statutory working days, at the weekends and holidays of 2021 where it matters."""

from datetime import date, datetime, timedelta

import pytest
from chinese_calendar import get_workdays
from hypothesis import given
from hypothesis import strategies as st

from services.notification import working_days
from services.notification.working_days import before, last_day, left, next_after, published, works
from tests.spec import at

JUNE_17 = date(2021, 6, 17)
KNOWN = st.dates(date(2005, 1, 1), date(2025, 12, 31))  # every neighbour's calendar is published as well
ANY = st.dates(date(1990, 1, 1), date(2090, 12, 31))


class TestWorks:
    @pytest.mark.parametrize("day", [date(2021, 6, 12), date(2021, 6, 13), date(2021, 6, 14), date(2021, 10, 7)])
    def test_nobody_works_at_the_dragon_boat_festival_or_the_national_day(self, day: date) -> None:
        assert not works(day)

    @pytest.mark.parametrize("day", [date(2021, 4, 25), date(2021, 5, 8), date(2021, 9, 18), date(2021, 9, 26)])
    def test_a_saturday_or_sunday_worked_in_exchange_counts(self, day: date) -> None:
        assert day.weekday() >= 5
        assert works(day)

    def test_in_a_year_without_a_published_calendar_monday_to_friday_count(self) -> None:
        assert not published(2090)
        assert works(date(2090, 10, 2))  # a Monday
        assert not works(date(2090, 10, 1))  # a Sunday

    def test_it_warns_once_of_such_a_year(self, capsys: pytest.CaptureFixture[str]) -> None:
        published.cache_clear()
        works(date(2089, 3, 1))
        works(date(2089, 3, 2))
        assert capsys.readouterr().out.count("2089") == 1


class TestTheLastDayInTime:
    def test_midnight_belongs_to_the_day_before(self) -> None:
        assert last_day(at("06-18 00:00")) == JUNE_17

    def test_an_end_within_a_day_is_that_day(self) -> None:
        assert last_day(at("06-17 17:00")) == JUNE_17

    def test_it_is_a_day_in_shanghai(self) -> None:
        assert last_day(datetime.fromisoformat("2021-06-17T16:00:00+00:00")) == JUNE_17
        assert last_day(datetime.fromisoformat("2021-06-17T16:00:01+00:00")) == date(2021, 6, 18)


class TestBefore:
    @pytest.mark.parametrize(
        ("count", "day"),
        [(0, JUNE_17), (1, date(2021, 6, 16)), (3, date(2021, 6, 11)), (7, date(2021, 6, 7))],
    )
    def test_the_festival_of_12_to_14_june_is_passed_over(self, count: int, day: date) -> None:
        assert before(JUNE_17, count) == day

    def test_a_worked_saturday_is_one_of_them(self) -> None:
        assert before(date(2021, 5, 10), 1) == date(2021, 5, 8)

    def test_from_a_sunday_the_first_is_the_friday(self) -> None:
        assert before(date(2021, 6, 6), 1) == date(2021, 6, 4)

    @given(KNOWN, st.integers(1, 15))
    def test_it_is_a_working_day_with_so_many_left(self, day: date, count: int) -> None:
        start = before(day, count)
        assert works(start)
        assert get_workdays(start, day - timedelta(days=1)).__len__() == count

    @given(ANY, st.integers(1, 30))
    def test_it_is_what_left_counts_in_any_year(self, day: date, count: int) -> None:
        assert left(before(day, count), day) == count
        assert before(day, count) < before(day, count - 1)


class TestLeft:
    def test_on_16_june_one_is_left_and_on_the_day_none(self) -> None:
        assert left(date(2021, 6, 16), JUNE_17) == 1
        assert left(JUNE_17, JUNE_17) == 0
        assert left(date(2021, 6, 18), JUNE_17) == 0

    @given(ANY, st.integers(0, 60))
    def test_it_never_grows_as_days_go_by(self, day: date, distance: int) -> None:
        today = day - timedelta(days=distance)
        assert left(today, day) - left(today + working_days.DAY, day) == (1 if distance and works(today) else 0)


class TestNextAfter:
    def test_after_the_17th_it_is_friday_and_then_monday(self) -> None:
        assert next_after(JUNE_17) == date(2021, 6, 18)
        assert next_after(date(2021, 6, 18)) == date(2021, 6, 21)

    @given(ANY)
    def test_there_is_no_working_day_between(self, day: date) -> None:
        after = next_after(day)
        assert works(after)
        assert left(day + working_days.DAY, after) == 0

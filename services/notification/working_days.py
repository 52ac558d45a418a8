"""Statutory working days 工作日 of mainland China, with the days worked and rested in exchange (调休)."""

from datetime import date, datetime, timedelta
from functools import lru_cache

import structlog
from chinese_calendar import is_workday

from shared.kernel.messages import SHANGHAI

log = structlog.get_logger()

DAY = timedelta(days=1)


@lru_cache
def published(year: int) -> bool:
    """Whether the calendar at hand knows the State Council's holidays of a year. Warns once where it does not."""
    try:
        is_workday(date(year, 1, 1))
    except NotImplementedError:
        log.warning("no statutory calendar: counting Monday to Friday", year=year)
        return False
    return True


def works(day: date) -> bool:
    """Whether a day is a working day; in a year whose calendar is not published, Monday to Friday are."""
    if published(day.year):
        return bool(is_workday(day))
    return day.weekday() < 5


def last_day(deadline: datetime) -> date:
    """The last day in time for a deadline, which is exclusive: midnight belongs to the day before."""
    return (deadline.astimezone(SHANGHAI) - timedelta(microseconds=1)).date()


def before(day: date, count: int) -> date:
    """The `count`-th working day before a day, which itself is not counted; 0 is the day itself."""
    for _ in range(count):
        day -= DAY
        while not works(day):
            day -= DAY
    return day


def next_after(day: date) -> date:
    """The first working day after a day."""
    day += DAY
    while not works(day):
        day += DAY
    return day


def left(today: date, day: date) -> int:
    """Working days from today on, today counted, up to a day that is not: 0 on the day and after it."""
    return sum(works(today + n * DAY) for n in range((day - today).days))

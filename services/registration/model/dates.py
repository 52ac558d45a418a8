"""Moments as official letters write them."""

from datetime import datetime, timedelta

from shared.kernel.messages import SHANGHAI

_DAYS = "一二三四五六日"


def until(end: datetime) -> str:
    """An exclusive end as people say it: midnight belongs to the day before, `2021年6月17日（周四）24:00`."""
    end = end.astimezone(SHANGHAI)
    if (end.hour, end.minute) == (0, 0):
        return f"{_day(end - timedelta(days=1))}24:00"
    return moment(end)


def moment(at: datetime) -> str:
    """`2021年5月24日（周一）09:00`, in Shanghai."""
    at = at.astimezone(SHANGHAI)
    return f"{_day(at)}{at:%H:%M}"


def _day(at: datetime) -> str:
    return f"{at.year}年{at.month}月{at.day}日（周{_DAYS[at.weekday()]}）"

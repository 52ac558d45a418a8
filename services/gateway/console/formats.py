"""How the console writes dates, points and states, as official letters and Chinese office software do."""

from datetime import datetime, timedelta

from shared.contracts.season import points
from shared.kernel.messages import SHANGHAI

_DAYS = "一二三四五六日"

# Status of a registration → its name and the colour of its badge: green done, azure waiting for us,
# yellow waiting for them, red returned, grey not begun.
STATUSES: dict[str, tuple[str, str]] = {
    "opened": ("未开始", "secondary"),
    "started": ("填报中", "yellow"),
    "submitted": ("待审核", "azure"),
    "returned": ("退回修改", "red"),
    "accepted": ("待收纸质", "yellow"),
    "completed": ("已完成", "green"),
}
STATUS_CHOICES = [(id, name) for id, (name, _) in STATUSES.items()]
GROUPS = {"district": "区局", "municipal": "市属"}
OUTCOMES = {"here": "在本分赛区登记", "administrative": "在行政关系所属赛区登记，本处备案"}
# Whether something came in time → its name and the colour of its badge.
TIMELINESS: dict[str, tuple[str, str]] = {
    "pending": ("未到期", "secondary"),
    "overdue": ("逾期未交", "red"),
    "on_time": ("按时", "green"),
    "extended": ("延期内", "azure"),
    "late": ("逾期", "red"),
}
SIGNERS = {"leader": "主要领导", "deputy": "分管领导"}
ROLES = {
    "office": "竞赛办",
    "unit": "参赛单位",
    "inspector": "考评员",
    "judge": "评委",
    "leader": "领导小组",
    "partner": "协作单位",
}


def at(value: str | datetime) -> datetime:
    moment = datetime.fromisoformat(value) if isinstance(value, str) else value
    return moment.astimezone(SHANGHAI)


def date(value: str) -> str:
    """`2021年6月7日` for a day that has no hour."""
    year, month, day = value.split("-")
    return f"{year}年{int(month)}月{int(day)}日"


def day(value: str | datetime) -> str:
    """`2021年6月17日（周四）`."""
    d = at(value)
    return f"{d.year}年{d.month}月{d.day}日（周{_DAYS[d.weekday()]}）"


def moment(value: str | datetime) -> str:
    """`2021年6月17日（周四）09:05`."""
    return f"{day(value)}{at(value):%H:%M}"


def short(value: str | datetime) -> str:
    """`6月8日 16:50`, for columns."""
    d = at(value)
    return f"{d.month}月{d.day}日 {d:%H:%M}"


def last_day(value: str | datetime) -> str:
    """The last day in time for an exclusive end: midnight belongs to the day before."""
    return day(at(value) - timedelta(microseconds=1))


def last_date(value: str | datetime) -> str:
    """`6月17日`, for where there is little room."""
    d = at(value) - timedelta(microseconds=1)
    return f"{d.month}月{d.day}日"


def until(value: str | datetime) -> str:
    """An exclusive end as people say it: `2021年6月17日（周四）24:00` for the midnight that follows."""
    end = at(value)
    return f"{last_day(end)}24:00" if (end.hour, end.minute) == (0, 0) else moment(end)


def is_over(end: str | datetime, now: datetime) -> bool:
    """Whether an exclusive end has passed."""
    return at(now) >= at(end)


__all__ = [
    "GROUPS",
    "OUTCOMES",
    "ROLES",
    "STATUSES",
    "TIMELINESS",
    "at",
    "day",
    "is_over",
    "last_date",
    "last_day",
    "moment",
    "points",
    "short",
    "until",
]

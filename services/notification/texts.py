"""What people read. Pure."""

from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

from services.notification import working_days
from services.notification.reminders import Audience, Deadline, Registration
from shared.kernel.messages import SHANGHAI

_WEEKDAYS = "一二三四五六日"
SIGNATURE = "城管执法分赛区立功竞赛平台"


@dataclass(frozen=True)
class Text:
    title: str
    body: str


def day(on: date) -> str:
    """`2021年6月17日（周四）`."""
    return f"{on.year}年{on.month}月{on.day}日（周{_WEEKDAYS[on.weekday()]}）"


def until(end: datetime) -> str:
    """An exclusive end as people say it: `2021年6月17日（周四）24时`, `2021年6月17日（周四）17时30分`."""
    end = end.astimezone(SHANGHAI)
    if (end.hour, end.minute) == (0, 0):
        return f"{day(end.date() - timedelta(days=1))}24时"
    return f"{day(end.date())}{end.hour}时" + (f"{end.minute:02d}分" if end.minute else "")


def rest_until(last: date, today: date) -> str:
    """How long there is until a last day: `剩余7个工作日`, `今日截止`, `已截止`."""
    if today > last:
        return "已截止"
    return "今日截止" if today == last else f"剩余{working_days.left(today, last)}个工作日"


def urging(reg: Registration, due: Deadline, now: datetime) -> Text:
    """The reminder as the office's own word."""
    text = reminder(reg, due, now, "unit")
    return replace(text, title=f"竞赛办催办：{text.title}")


def reminder(reg: Registration, due: Deadline, now: datetime, audience: Audience) -> Text:
    """The reminder as it is true at `now`, whenever it was meant to be sent."""
    late = now >= due.at
    match audience:
        case "office":
            return _to_office(reg, due)
        case "unit" if late:
            return _overdue(reg, due)
        case "unit":
            return _ahead(reg, due, now)


def _ahead(reg: Registration, due: Deadline, now: datetime) -> Text:
    last, today = working_days.last_day(due.at), now.astimezone(SHANGHAI).date()
    rest = rest_until(last, today)
    counted = "" if all(map(working_days.published, {today.year, last.year})) else _UNPUBLISHED
    return Text(
        f"{_what(due)}提醒：{rest}",
        f"{reg.name}{reg.season}年度立功竞赛{_what(due)}时间为{until(due.at)}，{rest}{counted}。"
        f"{_to_do(reg)}{_no_mail(reg)}",
    )


def _overdue(reg: Registration, due: Deadline) -> Text:
    return Text(
        f"{_what(due)}已过，登记尚未完成",
        f"{reg.name}{reg.season}年度立功竞赛登记已于{until(due.at)}截止，尚未完成，已报竞赛办。"
        f"{_late_to_do(reg)}{_no_mail(reg)}",
    )


def _to_office(reg: Registration, due: Deadline) -> Text:
    advice = "请审核其登记表。" if reg.waits_for_office else "请联系该单位督办；确有需要的，可为其办理延期。"
    return Text(
        f"{reg.name}逾期未完成登记",
        f"{reg.name}的{_what(due)}时间为{until(due.at)}，现已逾期。目前情况：{_state(reg)}。{advice}"
        + ("" if reg.contact else "该单位尚未填报联系人，系统只能在平台内提醒，无法发送邮件。"),
    )


_UNPUBLISHED = "（国务院尚未公布当年放假安排，暂按周一至周五计算）"


def _what(due: Deadline) -> str:
    return {"registration": "登记截止", "resubmission": "重新提交截止"}[due.kind]


def _to_do(reg: Registration) -> str:
    return {
        "opened": "贵单位尚未提交电子登记表，请登录平台填报提交，并同步报送纸质登记表。",
        "submitted": f"电子登记表已提交，正在审核；{_paper(reg)}，请同步报送。",
        "returned": "登记表已退回，请按退回原因修改后重新提交，并重新报送纸质登记表。",
        "accepted": f"电子登记表已审核通过；{_paper(reg)}，请尽快报送。",
        "completed": "",
    }[reg.stage]


def _late_to_do(reg: Registration) -> str:
    if reg.stage in ("opened", "returned"):
        return "如需补报，请先向竞赛办申请延期。"
    return f"{_paper(reg)}，请尽快补送；逾期送达的仍予签收，并注明迟交。"


def _state(reg: Registration) -> str:
    return {
        "opened": "未提交电子登记表",
        "submitted": f"电子登记表待审核，{_paper(reg)}",
        "returned": "登记表退回修改，未重新提交",
        "accepted": f"电子登记表已审核通过，{_paper(reg)}",
        "completed": "",
    }[reg.stage]


def _paper(reg: Registration) -> str:
    if reg.copies == 0:
        return "纸质登记表尚未收到"
    return f"纸质登记表已收{reg.copies}份（应收{reg.copies_due}份）"


def _no_mail(reg: Registration) -> str:
    return "" if reg.contact else "（贵单位尚未填报联系人，本提醒只在平台内显示，未发送邮件。）"

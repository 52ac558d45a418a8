"""What the reminders say."""

from datetime import datetime

import pytest

from services.notification.reminders import Audience, Deadline, Registration, deadline
from services.notification.texts import Text, reminder, until
from shared.kernel.messages import SHANGHAI
from tests.notification.given import ACCEPTED, OPENED, SUBMITTED, after, paper, returned
from tests.spec import at


def says(reg: Registration, now: str, audience: Audience = "unit") -> Text:
    due = deadline(reg)
    assert due is not None
    return reminder(reg, due, at(now), audience)


def test_days_are_written_as_in_official_letters() -> None:
    assert until(at("06-18 00:00")) == "2021年6月17日（周四）24时"
    assert until(at("06-17 17:00")) == "2021年6月17日（周四）17时"
    assert until(at("06-17 09:05")) == "2021年6月17日（周四）9时05分"


@pytest.mark.parametrize(
    ("now", "rest"),
    [("06-07 09:00", "剩余7个工作日"), ("06-11 09:00", "剩余3个工作日"), ("06-16 09:00", "剩余1个工作日")],
)
def test_a_reminder_names_the_last_day_and_the_working_days_left(now: str, rest: str) -> None:
    text = says(after(OPENED), now)
    assert text.title == f"登记截止提醒：{rest}"
    assert "普陀区城管执法局2021年度立功竞赛" in text.body
    assert "2021年6月17日（周四）24时" in text.body
    assert rest in text.body
    assert "尚未提交电子登记表" in text.body


def test_on_the_day_it_says_today() -> None:
    assert says(after(OPENED), "06-17 09:00").title == "登记截止提醒：今日截止"


def test_a_unit_without_a_contact_learns_that_no_mail_was_sent() -> None:
    assert "未发送邮件" in says(after(OPENED), "06-16 09:00").body
    assert "未发送邮件" not in says(after(OPENED, SUBMITTED), "06-16 09:00").body
    assert "无法发送邮件" in says(after(OPENED), "06-18 09:00", "office").body


def test_it_says_what_is_missing() -> None:
    assert "纸质登记表尚未收到" in says(after(OPENED, SUBMITTED), "06-16 09:00").body
    assert "纸质登记表已收1份（应收4份）" in says(after(OPENED, SUBMITTED, ACCEPTED, paper(1)), "06-16 09:00").body
    back = says(after(OPENED, SUBMITTED, returned("06-12 00:00")), "06-10 09:00")
    assert back.title == "重新提交截止提醒：剩余1个工作日"
    assert "2021年6月11日（周五）24时" in back.body
    assert "修改后重新提交" in back.body


def test_after_the_deadline_the_unit_learns_how_to_go_on() -> None:
    assert "申请延期" in says(after(OPENED), "06-18 09:00").body
    assert "逾期送达的仍予签收" in says(after(OPENED, SUBMITTED, ACCEPTED), "06-18 09:00").body


def test_the_office_learns_who_is_late_and_with_what() -> None:
    text = says(after(OPENED, SUBMITTED, returned("06-12 00:00")), "06-15 09:00", "office")
    assert text.title == "普陀区城管执法局逾期未完成登记"
    assert "未重新提交" in text.body
    waiting = says(after(OPENED, SUBMITTED, *(paper(n) for n in (1, 2, 3, 4))), "06-18 09:00", "office")
    assert "请审核其登记表" in waiting.body


def test_beyond_the_published_calendars_it_says_how_it_counted() -> None:
    closes = datetime(2089, 6, 18, tzinfo=SHANGHAI)
    text = reminder(after(OPENED), Deadline("registration", closes), datetime(2089, 6, 16, 9, tzinfo=SHANGHAI), "unit")
    assert "暂按周一至周五计算" in text.body

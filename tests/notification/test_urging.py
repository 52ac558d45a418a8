"""NOT-4: whom the office may urge, and what the unit reads."""

from datetime import date

import pytest

from services.notification.reminders import Deadline, urge, urge_id
from services.notification.texts import rest_until, urging
from shared.kernel.messages import Refused
from tests.notification.given import ACCEPTED, COMPLETED, OPENED, SUBMITTED, after, paper, returned
from tests.spec import at

PAPERS = [paper(n) for n in (1, 2, 3, 4)]


def test_a_unit_is_urged_to_what_it_has_to_do_by_its_own_deadline() -> None:
    assert urge(after(OPENED), again=False) == Deadline("registration", at("06-18 00:00"))
    back = after(OPENED, SUBMITTED, returned("06-12 00:00"))
    assert urge(back, again=False) == Deadline("resubmission", at("06-12 00:00"))
    assert urge(after(OPENED, SUBMITTED, ACCEPTED, paper(1)), again=False).kind == "registration"


@pytest.mark.parametrize(
    ("events", "again", "words"),
    [
        ((OPENED, SUBMITTED, ACCEPTED, *PAPERS, COMPLETED), False, "已完成登记"),
        ((OPENED, SUBMITTED, *PAPERS), False, "请审核其登记表"),
        ((OPENED,), True, "今天已催办过"),
    ],
)
def test_nobody_is_urged_to_nothing_or_twice_a_day(events: tuple[object, ...], again: bool, words: str) -> None:
    with pytest.raises(Refused) as refused:
        urge(after(*events), again)  # type: ignore[arg-type]
    assert refused.value.rule == "NOT-4"
    assert "普陀区城管执法局" in refused.value.sentence
    assert words in refused.value.sentence


def test_one_day_is_one_urging() -> None:
    first = urge_id(2021, "putuo", date(2021, 6, 8))
    assert first == urge_id(2021, "putuo", date(2021, 6, 8))
    assert len({first, urge_id(2021, "putuo", date(2021, 6, 9)), urge_id(2021, "xuhui", date(2021, 6, 8))}) == 3


def test_it_reads_as_the_office_s_own_word_with_what_is_missing() -> None:
    reg = after(OPENED, SUBMITTED, ACCEPTED, paper(1))
    text = urging(reg, Deadline("registration", at("06-18 00:00")), at("06-11 15:00"))
    assert text.title == "竞赛办催办：登记截止提醒：剩余3个工作日"
    assert "纸质登记表已收1份（应收4份）" in text.body


@pytest.mark.parametrize(
    ("today", "words"),
    [
        (date(2021, 6, 11), "剩余3个工作日"),  # 12 to 14 June is the Dragon Boat festival
        (date(2021, 6, 17), "今日截止"),
        (date(2021, 6, 18), "已截止"),
    ],
)
def test_what_is_left_is_said_in_working_days(today: date, words: str) -> None:
    assert rest_until(date(2021, 6, 17), today) == words

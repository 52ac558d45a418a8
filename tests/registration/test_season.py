"""Opening a season, and what follows of itself."""

from datetime import UTC, datetime
from uuid import UUID

import pytest

from services.registration.model.commands import FORM_LABELS, OpenRegistration
from services.registration.model.dates import moment, until
from services.registration.model.season import OpenSeason, season
from services.registration.reactions import react
from shared.contracts.registration import RegistrationOpened, SeasonOpened
from shared.contracts.season import SeasonDocument
from shared.kernel.messages import NOBODY, Event, Recorded
from tests.registration.given import DOCUMENT, OPENED, OPENED_SEASON
from tests.spec import Spec, at

OPEN = OpenSeason(document=DOCUMENT)


def recorded(event: Event) -> Recorded:
    return Recorded(
        1, UUID(int=1), "season-2021", 1, event.topic, 0, 1, event.type(), {}, "office-1", at("05-20 09:00")
    )


def test_the_office_opens_a_season() -> None:
    Spec(season).when(OPEN, now=at("05-20 09:00")).then(OPENED_SEASON)
    assert season.stream(OPEN, NOBODY) == "season-2021"


def test_it_opens_once() -> None:
    Spec(season).given(OPENED_SEASON).when(OPEN, now=at("05-21 09:00")).refused("SEA-2", "已经开启")


def test_a_document_that_contradicts_itself_is_refused_with_every_contradiction() -> None:
    stages = (DOCUMENT.stages[0].model_copy(update={"ends": DOCUMENT.stages[0].starts.replace(year=2020)}),)
    spoilt = DOCUMENT.model_copy(update={"stages": (*stages, *DOCUMENT.stages[1:]), "items": DOCUMENT.items[:8]})
    Spec(season).when(OpenSeason(document=spoilt), now=at("05-20 09:00")).refused(
        "SEA-1", "stages[1].ends：末日早于首日", "缺少：3.3"
    )


def test_each_unit_of_the_directory_may_register_once_the_season_is_open() -> None:
    commands = react(OPENED_SEASON, recorded(OPENED_SEASON))
    assert commands == [OpenRegistration(season=2021, unit=unit.id) for unit in DOCUMENT.units]
    assert len(commands) == 20


def test_nothing_else_follows_from_other_events() -> None:
    assert react(OPENED, recorded(OPENED)) == []


def test_an_opened_season_reads_back_from_the_log_as_it_was() -> None:
    assert SeasonOpened.model_validate_json(OPENED_SEASON.model_dump_json()) == OPENED_SEASON
    assert SeasonDocument.model_validate(DOCUMENT.model_dump(mode="json")) == DOCUMENT


def test_the_form_s_labels_are_those_of_its_fields() -> None:
    assert (
        *("登记方式", "所属赛区", "统一社会信用代码", "无信用代码的原因", "单位性质", "单位地址", "行政关系"),
        *("参赛领域", "主体类别", "竞赛主题", "竞赛目标", "参赛团队", "主要领导", "分管领导", "联系人"),
        *("本单位意见", "上级意见", "赛区意见", "签署领导", "签署日期"),
    ) == FORM_LABELS


@pytest.mark.parametrize(
    ("end", "said"),
    [
        (at("06-18 00:00"), "2021年6月17日（周四）24:00"),
        (at("06-18 00:01"), "2021年6月18日（周五）00:01"),
        (at("01-01 00:00"), "2020年12月31日（周四）24:00"),
        (datetime(2021, 6, 17, 16, 0, tzinfo=UTC), "2021年6月17日（周四）24:00"),
    ],
)
def test_midnight_belongs_to_the_day_it_ends(end: datetime, said: str) -> None:
    assert until(end) == said


def test_a_beginning_is_said_as_it_is() -> None:
    assert moment(at("05-24 00:00")) == "2021年5月24日（周一）00:00"


def test_the_deadline_of_an_opened_registration_is_the_season_s() -> None:
    assert isinstance(OPENED, RegistrationOpened)
    assert OPENED.closes_at == DOCUMENT.registration.closes_at == at("06-18 00:00")

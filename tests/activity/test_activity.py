"""Activities in the nine items of §二."""

from typing import Any

import pytest

from services.activity.model.activity import (
    CorrectReport,
    CrossProvinceOperation,
    ReportActivity,
    ScheduleActivity,
    activity,
)
from shared.contracts.activity import ActivityReportCorrected, CrossProvinceOperationConducted
from tests.activity.given import (
    ACTIVITY,
    BRIEF,
    CONTACT,
    DELTA,
    HUANGPU,
    NINE,
    OPERATION,
    OUTCOME,
    REPORT,
    REPORTED,
    SCHEDULE,
    SCHEDULED,
    SCHEDULED_DELTA,
    an_activity,
    an_activity_of_nobody,
    an_activity_on_file,
)
from tests.spec import COMMAND, Spec, at


def schedule(**changes: Any) -> ScheduleActivity:
    return SCHEDULE.model_copy(update=changes)


def correct(**changes: Any) -> CorrectReport:
    return CorrectReport(**{**HUANGPU, "activity": ACTIVITY, "reason": "重复统计", **changes})


def corrected(**changes: Any) -> ActivityReportCorrected:
    same: dict[str, Any] = {**HUANGPU, "activity": ACTIVITY, "item": "1.1", **OUTCOME}
    return ActivityReportCorrected(**{**same, "reason": "重复统计", "withdrawn": False, **changes})


class TestSchedule:
    def test_a_registered_unit_schedules_an_activity(self) -> None:
        an_activity.when(SCHEDULE, now=at("06-20 09:00"), actor=CONTACT).then(SCHEDULED)

    def test_the_answer_s_stream_tells_its_id(self) -> None:
        assert activity.stream(SCHEDULE, COMMAND) == f"activity-{ACTIVITY}"
        assert activity.stream(REPORT, COMMAND) == f"activity-{ACTIVITY}"

    def test_a_unit_that_is_not_registered_does_not(self) -> None:
        an_activity_of_nobody.when(SCHEDULE, now=at("06-20 09:00")).refused("ACT-2", "审核通过")

    def test_nor_does_anybody_before_the_season_is_open(self) -> None:
        Spec(activity).when(SCHEDULE, now=at("06-20 09:00")).refused("SEA-2", "2021赛季尚未开启")

    @pytest.mark.parametrize("item", NINE)
    def test_in_each_of_the_nine_items(self, item: str) -> None:
        plain: dict[str, Any] = {"item": item, "campaign": None}
        an_activity.when(schedule(**plain), now=at("06-20 09:00")).then(SCHEDULED.model_copy(update=plain))

    def test_and_in_no_other(self) -> None:
        an_activity.when(schedule(item="4.1"), now=at("06-20 09:00")).refused("ACT-1", "4.1", "九项内容")

    @pytest.mark.parametrize("campaign", ["建党百年", "第十届花博会", "第四届进博会", "疫情防控"])
    def test_the_campaigns_of_the_notice_belong_to_1_1(self, campaign: str) -> None:
        an_activity.when(schedule(campaign=campaign), now=at("06-20 09:00")).then(
            SCHEDULED.model_copy(update={"campaign": campaign})
        )

    def test_another_campaign_does_not(self) -> None:
        an_activity.when(schedule(campaign="冬奥会"), now=at("06-20 09:00")).refused("ACT-1", "冬奥会", "第四届进博会")

    def test_nor_do_they_belong_to_another_item(self) -> None:
        an_activity.when(schedule(item="2.1"), now=at("06-20 09:00")).refused("ACT-1", "没有专项活动")

    def test_a_unit_on_file_takes_part_in_what_the_season_allows_it(self) -> None:
        delta = ScheduleActivity(**HUANGPU, **DELTA, planned_for=at("07-01 18:00"))
        an_activity_on_file.when(delta, now=at("06-20 09:00")).refused("ACT-2", "不含1.3")
        an_activity_on_file.when(SCHEDULE, now=at("06-20 09:00")).then(SCHEDULED)

    def test_it_is_scheduled_once(self) -> None:
        an_activity.given(SCHEDULED).when(SCHEDULE, now=at("06-20 09:00")).refused("ACT-5", "已排定")


class TestReport:
    def test_it_is_reported_as_it_was(self) -> None:
        an_activity.given(SCHEDULED).when(REPORT, now=at("07-02 09:00"), actor=CONTACT).then(REPORTED)

    def test_to_the_minute_it_took_place(self) -> None:
        an_activity.given(SCHEDULED).when(REPORT, now=at("07-01 19:30")).then(REPORTED)
        an_activity.given(SCHEDULED).when(REPORT, now=at("07-01 19:29")).refused("ACT-6", "不能晚于现在")

    def test_once(self) -> None:
        an_activity.given(SCHEDULED, REPORTED).when(REPORT, now=at("07-02 09:00")).refused("ACT-5", "更正活动上报")

    def test_after_it_was_scheduled(self) -> None:
        an_activity.when(REPORT, now=at("07-02 09:00")).refused("ACT-5", "先排定再上报")

    @pytest.mark.parametrize("whose", [{"unit": "xuhui"}, {"season": 2022}])
    def test_by_the_unit_that_scheduled_it(self, whose: dict[str, Any]) -> None:
        other = REPORT.model_copy(update=whose)
        an_activity.given(SCHEDULED).when(other, now=at("07-02 09:00")).refused("ACT-5", "没有找到该单位的这项活动")


class TestCrossProvince:
    """ACT-4: 开展跨省跨市联合执法行动."""

    together = ReportActivity(**HUANGPU, activity=ACTIVITY, **OUTCOME, cross_province=OPERATION)

    def test_an_operation_with_a_neighbouring_province_is_an_event_of_its_own(self) -> None:
        reported = REPORTED.model_copy(update=DELTA)
        conducted = CrossProvinceOperationConducted(
            **HUANGPU,
            activity=ACTIVITY,
            name="省际道口联合整治",
            province="jiangsu",
            authority="昆山市城市管理局",
            place="花桥与安亭交界",
            legal_basis="沪苏浙省际毗邻区域共同管辖执法协作机制",
            occurred_at=OUTCOME["occurred_at"],
            headcount=60,
            partner_headcount=25,
            cases_found=7,
            summary="联合查处渣土偷倒",
        )
        an_activity.given(SCHEDULED_DELTA).when(self.together, now=at("07-02 09:00")).then(reported, conducted)

    def test_in_item_1_3_only(self) -> None:
        an_activity.given(SCHEDULED).when(self.together, now=at("07-02 09:00")).refused("ACT-4", "1.3", "1.1")

    def test_not_every_activity_of_1_3_is_one(self) -> None:
        an_activity.given(SCHEDULED_DELTA).when(REPORT, now=at("07-02 09:00")).then(REPORTED.model_copy(update=DELTA))

    @pytest.mark.parametrize("part", ["province", "authority", "place", "legal_basis"])
    def test_it_names_its_partner_its_place_and_its_legal_basis(self, part: str) -> None:
        whole = OPERATION.model_dump()
        assert CrossProvinceOperation.model_validate(whole) == OPERATION
        with pytest.raises(ValueError, match=part):
            CrossProvinceOperation.model_validate({**whole, part: ""})


class TestCorrection:
    def test_what_is_given_replaces_what_was_reported(self) -> None:
        an_activity.given(SCHEDULED, REPORTED).when(correct(headcount=40), now=at("07-05 09:00")).then(
            corrected(headcount=40)
        )

    def test_a_second_one_starts_from_the_first(self) -> None:
        once = an_activity.given(SCHEDULED, REPORTED, corrected(headcount=40))
        earlier = at("07-01 18:00")
        once.when(correct(occurred_at=earlier), now=at("07-06 09:00")).then(
            corrected(headcount=40, occurred_at=earlier)
        )

    def test_a_report_is_withdrawn(self) -> None:
        gone = an_activity.given(SCHEDULED, REPORTED).when(correct(withdrawn=True), now=at("07-05 09:00"))
        gone.then(corrected(withdrawn=True)).when(correct(headcount=40), now=at("07-06 09:00")).refused(
            "ACT-7", "已撤回", "重新排定"
        )

    def test_there_is_something_to_correct(self) -> None:
        an_activity.given(SCHEDULED).when(correct(headcount=40), now=at("07-05 09:00")).refused("ACT-7", "还没有上报")
        an_activity.given(SCHEDULED, REPORTED).when(correct(), now=at("07-05 09:00")).refused("ACT-7", "至少更正一项")

    def test_not_into_the_future(self) -> None:
        ahead = correct(occurred_at=at("07-05 09:01"))
        an_activity.given(SCHEDULED, REPORTED).when(ahead, now=at("07-05 09:00")).refused("ACT-6")

    def test_nor_another_unit_s(self) -> None:
        other = correct(unit="xuhui", headcount=1)
        an_activity.given(SCHEDULED, REPORTED).when(other, now=at("07-05 09:00")).refused("ACT-5")


def test_a_brief_is_the_activity_s_own_to_the_end() -> None:
    done = an_activity.given(SCHEDULED, REPORTED, corrected(headcount=40)).state
    assert {key: getattr(done.scheduled, key) for key in BRIEF} == BRIEF
    assert done.report == corrected(headcount=40)

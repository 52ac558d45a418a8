"""Registration as the notice words it: §五(二), and §三 on who takes part."""

from typing import Any

import pytest

from services.registration.model.commands import (
    AcceptRegistration,
    ExtendDeadline,
    OpenRegistration,
    ReceivePaper,
    ReturnRegistration,
    StartRegistration,
)
from services.registration.model.registration import claims, named, registration
from services.registration.model.season import season
from shared.contracts.registration import (
    DeadlineExtended,
    PaperReceived,
    RegistrationCompleted,
    RegistrationReturned,
    RegistrationStarted,
)
from shared.contracts.season import points
from shared.kernel.decider import Context
from shared.kernel.messages import NOBODY, Claim
from tests.registration.given import (
    ACCEPTED,
    CONTACT,
    HUANGPU,
    OPENED,
    OPENED_SEASON,
    code,
    form,
    no_season,
    submitted,
    unit,
)
from tests.spec import OFFICE, SERVICE, at

ACCEPT = AcceptRegistration(**HUANGPU)
START = StartRegistration(**HUANGPU)
STARTED = RegistrationStarted(**HUANGPU)


def extended(closes_at: str) -> DeadlineExtended:
    return DeadlineExtended(**HUANGPU, closes_at=at(closes_at), reason="系统合并")


def returned(before: str = "06-16 00:00", credit_code: str | None = None) -> RegistrationReturned:
    return RegistrationReturned(
        **HUANGPU,
        credit_code=credit_code or code(),
        reasons={"联系人": "手机号有误"},
        resubmit_before=at(before),
    )


def paper(number: int, received: str = "06-17 10:00", *, copies: int = 4, late: bool = False) -> PaperReceived:
    return PaperReceived(
        **HUANGPU,
        copy_number=number,
        copies=copies,
        received_at=at(received),
        late=late,
        received_by="office-1",
    )


class TestOpening:
    def test_a_unit_of_the_directory_may_register_until_the_season_s_deadline(self) -> None:
        unit.when(OpenRegistration(**HUANGPU), now=at("05-20 09:00"), actor=SERVICE).then(OPENED)

    def test_it_opens_once(self) -> None:
        unit.given(OPENED).when(OpenRegistration(**HUANGPU), now=at("05-20 09:00")).refused("REG-8")

    def test_who_is_not_in_the_directory_does_not_take_part(self) -> None:
        stranger = OpenRegistration(season=2021, unit="suzhou")
        unit.when(stranger, now=at("05-20 09:00")).refused("REG-6", "名录")
        unit.when(form(unit="suzhou"), now=at("06-01 09:00")).refused("REG-6")

    def test_there_is_no_registration_without_a_season(self) -> None:
        no_season.when(form(), now=at("06-01 09:00")).refused("SEA-2", "2021赛季尚未开启")

    def test_until_its_registration_is_open_a_unit_waits(self) -> None:
        unit.when(START, now=at("06-01 09:00")).refused("REG-8", "未开通")
        unit.when(form(), now=at("06-01 09:00")).refused("REG-8", "未开通")


class TestDeadline:
    """REG-2: 请于6月17日（周四）前填报."""

    def test_the_last_minute_of_17_june_is_in_time(self) -> None:
        unit.given(OPENED).when(form(), now=at("06-17 23:59"), actor=CONTACT).then(submitted())

    def test_midnight_is_too_late(self) -> None:
        unit.given(OPENED).when(form(), now=at("06-18 00:00")).refused(
            "REG-2", "2021年6月17日（周四）24:00截止", "延期"
        )

    def test_nobody_starts_a_form_that_cannot_be_handed_in(self) -> None:
        unit.given(OPENED).when(START, now=at("06-18 00:00")).refused("REG-2")

    def test_nor_before_the_registration_opens(self) -> None:
        unit.given(OPENED).when(START, now=at("05-24 08:59")).refused("REG-2", "2021年5月24日（周一）09:00开始")
        unit.given(OPENED).when(START, now=at("05-24 09:00")).then(STARTED)

    def test_an_extension_reopens_it_for_the_unit(self) -> None:
        late = unit.given(OPENED, extended("06-21 17:30"))
        late.when(form(), now=at("06-21 17:29"), actor=CONTACT).then(submitted())
        late.when(form(), now=at("06-21 17:30")).refused("REG-2", "2021年6月21日（周一）17:30")

    def test_the_office_extends_with_a_reason(self) -> None:
        more = ExtendDeadline(**HUANGPU, closes_at=at("06-21 17:30"), reason="系统合并")
        unit.given(OPENED).when(more, now=at("06-18 09:00")).then(extended("06-21 17:30"))

    def test_an_extension_never_shortens(self) -> None:
        less = ExtendDeadline(**HUANGPU, closes_at=at("06-18 00:00"), reason="误填")
        unit.given(OPENED).when(less, now=at("06-10 09:00")).refused("REG-2", "2021年6月17日（周四）24:00")

    def test_an_extension_into_the_past_helps_nobody(self) -> None:
        past = ExtendDeadline(**HUANGPU, closes_at=at("06-20 00:00"), reason="补报")
        unit.given(OPENED).when(past, now=at("06-20 00:00")).refused("REG-2", "已过")

    def test_nobody_is_given_time_beyond_the_season(self) -> None:
        beyond = ExtendDeadline(**HUANGPU, closes_at=at("12-31 00:00").replace(year=2022), reason="误填")
        unit.given(OPENED).when(beyond, now=at("06-10 09:00")).refused("REG-2", "2021年12月31日")

    def test_a_complete_registration_is_not_extended(self) -> None:
        done = unit.given(OPENED, submitted(), ACCEPTED, RegistrationCompleted(**HUANGPU, on_time=True))
        more = ExtendDeadline(**HUANGPU, closes_at=at("06-30 00:00"), reason="误填")
        done.when(more, now=at("06-17 09:00")).refused("REG-8", "已完成")


class TestOneZone:
    """REG-1: 一个参赛单位只能登记注册在一个赛区."""

    def test_a_form_under_review_is_not_handed_in_again(self) -> None:
        again = unit.given(OPENED, submitted()).when(form(), now=at("06-10 09:00"))
        again.refused("REG-1", "正在审核")

    def test_who_registered_here_does_not_register_in_the_administrative_zone(self) -> None:
        elsewhere = form(outcome="administrative", zone="黄浦分赛区")
        unit.given(OPENED, submitted(), ACCEPTED).when(elsewhere, now=at("06-10 09:00")).refused("REG-1", "一个赛区")

    def test_nor_the_other_way_round(self) -> None:
        elsewhere = submitted(outcome="administrative", zone="黄浦分赛区")
        unit.given(OPENED, elsewhere).when(form(), now=at("06-10 09:00")).refused("REG-1")

    def test_a_credit_code_is_held_by_the_form_that_states_it_and_freed_by_its_return(self) -> None:
        held, freed = claims(submitted(), "registration-2021-huangpu"), claims(returned(), "registration-2021-huangpu")
        assert [(c.scope, c.key, c.rule, c.release) for c in held] == [("registration-2021", code(), "REG-1", False)]
        assert [(c.scope, c.key, c.release) for c in freed] == [("registration-2021", code(), True)]

    def test_without_a_code_the_unit_itself_is_held(self) -> None:
        nameless = submitted(credit_code=None, no_credit_code_reason="内设机构")
        assert [c.key for c in claims(nameless, "registration-2021-huangpu")] == ["huangpu"]

    def test_a_return_frees_the_code_that_was_stated(self) -> None:
        other = submitted(credit_code=code("310104"))
        back = ReturnRegistration(
            **HUANGPU, reasons={"统一社会信用代码": "与证书不符"}, resubmit_before=at("06-16 00:00")
        )
        (event,) = unit.given(OPENED, other).when(back, now=at("06-10 09:00")).events
        assert isinstance(event, RegistrationReturned)
        assert event.credit_code == code("310104")

    def test_the_holder_is_called_by_its_name(self) -> None:
        seen: dict[str, Any] = {"season-2021": season.decider.fold([OPENED_SEASON])}
        held: Claim = claims(submitted(), "")[0]
        name = named("registration-2021-xuhui", Context(at("06-10 09:00"), OFFICE, others=seen))
        assert held.sentence.format(holder=name).startswith(
            "该统一社会信用代码已由“上海市徐汇区城市管理行政执法局”登记"
        )

    def test_other_events_hold_nothing(self) -> None:
        assert claims(OPENED, "") == claims(ACCEPTED, "") == claims(paper(1), "") == []


class TestTwoOutcomes:
    """REG-3: registered here, or in the zone of the administrative affiliation and on file here."""

    @pytest.mark.parametrize("named_zone", [None, "城市管理行政执法分赛区"])
    def test_a_unit_registers_here(self, named_zone: str | None) -> None:
        unit.given(OPENED, STARTED).when(form(zone=named_zone), now=at("06-10 09:00"), actor=CONTACT).then(submitted())

    def test_and_then_names_no_other_zone(self) -> None:
        unit.given(OPENED).when(form(zone="黄浦分赛区"), now=at("06-10 09:00")).refused("REG-3", "黄浦分赛区")

    def test_or_in_the_zone_of_its_administrative_affiliation(self) -> None:
        elsewhere: dict[str, Any] = {"outcome": "administrative", "zone": "黄浦分赛区"}
        unit.given(OPENED).when(form(**elsewhere), now=at("06-10 09:00"), actor=CONTACT).then(submitted(**elsewhere))

    @pytest.mark.parametrize("named_zone", [None, "城市管理行政执法分赛区"])
    def test_which_it_names(self, named_zone: str | None) -> None:
        nowhere = form(outcome="administrative", zone=named_zone)
        unit.given(OPENED).when(nowhere, now=at("06-10 09:00")).refused("REG-3", "所属赛区")

    def test_accepted_here_opens_all_nine_items(self) -> None:
        unit.given(OPENED, submitted()).when(ACCEPT, now=at("06-16 09:00")).then(ACCEPTED)

    def test_on_file_here_opens_what_the_season_allows(self) -> None:
        elsewhere = submitted(outcome="administrative", zone="黄浦分赛区")
        allowed = OPENED_SEASON.document.registration.outcomes.administrative.items
        assert 0 < len(allowed) < 9
        unit.given(OPENED, elsewhere).when(ACCEPT, now=at("06-16 09:00")).then(
            ACCEPTED.model_copy(update={"outcome": "administrative", "items": allowed})
        )

    def test_only_a_form_that_is_in_is_accepted(self) -> None:
        unit.given(OPENED, STARTED).when(ACCEPT, now=at("06-16 09:00")).refused("REG-8", "填报中")
        unit.given(OPENED, submitted(), ACCEPTED).when(ACCEPT, now=at("06-16 09:00")).refused("REG-8", "待收纸质")


class TestPaper:
    """REG-3: 一式四份纸质版同步报送；登记在行政关系所属赛区的，仅需一份复印件备案."""

    form_in = unit.given(OPENED, submitted())

    def test_the_fourth_copy_completes_an_accepted_form(self) -> None:
        three = self.form_in.given(ACCEPTED, paper(1), paper(2), paper(3))
        assert three.state.status == "待收纸质"
        done = three.when(ReceivePaper(**HUANGPU), now=at("06-17 10:00")).then(
            paper(4), RegistrationCompleted(**HUANGPU, on_time=True)
        )
        assert done.state.status == "已完成"

    def test_all_four_may_come_at_once(self) -> None:
        self.form_in.given(ACCEPTED).when(ReceivePaper(**HUANGPU, copies=4), now=at("06-17 10:00")).then(
            paper(1), paper(2), paper(3), paper(4), RegistrationCompleted(**HUANGPU, on_time=True)
        )

    def test_paper_before_the_acceptance_leaves_completing_to_it(self) -> None:
        papers = self.form_in.when(ReceivePaper(**HUANGPU, copies=4), now=at("06-17 10:00")).then(
            paper(1), paper(2), paper(3), paper(4)
        )
        papers.when(ACCEPT, now=at("06-17 15:00")).then(ACCEPTED, RegistrationCompleted(**HUANGPU, on_time=True))

    def test_one_photocopy_completes_a_unit_on_file(self) -> None:
        elsewhere = unit.given(OPENED, submitted(outcome="administrative", zone="黄浦分赛区")).given(
            ACCEPTED.model_copy(update={"outcome": "administrative"})
        )
        elsewhere.when(ReceivePaper(**HUANGPU), now=at("06-17 10:00")).then(
            paper(1, copies=1), RegistrationCompleted(**HUANGPU, on_time=True)
        )

    def test_late_paper_is_received_and_marked(self) -> None:
        late = paper(4, "06-18 00:00", late=True)
        three = self.form_in.given(ACCEPTED, paper(1), paper(2), paper(3))
        three.when(ReceivePaper(**HUANGPU), now=at("06-18 00:00")).then(
            late, RegistrationCompleted(**HUANGPU, on_time=False)
        )

    def test_paper_entered_later_counts_from_when_it_arrived(self) -> None:
        entered = ReceivePaper(**HUANGPU, received_at=at("06-17 23:59"))
        self.form_in.when(entered, now=at("06-21 09:00")).then(paper(1, "06-17 23:59"))

    def test_one_late_copy_makes_the_whole_late(self) -> None:
        one_late = self.form_in.given(ACCEPTED, paper(1), paper(2), paper(3, "06-18 09:00", late=True))
        one_late.when(ReceivePaper(**HUANGPU, received_at=at("06-17 10:00")), now=at("06-18 10:00")).then(
            paper(4), RegistrationCompleted(**HUANGPU, on_time=False)
        )

    def test_paper_has_not_arrived_in_the_future(self) -> None:
        ahead = ReceivePaper(**HUANGPU, received_at=at("06-17 10:01"))
        self.form_in.when(ahead, now=at("06-17 10:00")).refused("REG-3", "不能晚于现在")

    def test_paper_is_in_time_until_the_unit_s_own_deadline(self) -> None:
        extension = self.form_in.given(extended("06-22 00:00"))
        extension.when(ReceivePaper(**HUANGPU), now=at("06-21 23:59")).then(paper(1, "06-21 23:59"))
        extension.when(ReceivePaper(**HUANGPU), now=at("06-22 00:00")).then(paper(1, "06-22 00:00", late=True))

    def test_there_is_no_paper_without_an_electronic_form(self) -> None:
        unit.given(OPENED, STARTED).when(ReceivePaper(**HUANGPU), now=at("06-17 10:00")).refused("REG-3", "电子")

    def test_no_fifth_copy_is_asked_for(self) -> None:
        four = self.form_in.given(paper(1), paper(2), paper(3), paper(4))
        four.when(ReceivePaper(**HUANGPU), now=at("06-17 10:00")).refused("REG-3", "4份已收齐")
        one = self.form_in.given(paper(1))
        one.when(ReceivePaper(**HUANGPU, copies=4), now=at("06-17 10:00")).refused("REG-3", "只差3份")


class TestReturn:
    def back(self, before: str = "06-16 00:00", **reasons: str) -> ReturnRegistration:
        return ReturnRegistration(**HUANGPU, reasons=reasons or {"联系人": "手机号有误"}, resubmit_before=at(before))

    def test_the_office_says_what_to_mend_and_by_when(self) -> None:
        unit.given(OPENED, submitted()).when(self.back(), now=at("06-10 09:00")).then(returned())

    def test_and_speaks_of_fields_that_the_form_has(self) -> None:
        odd = self.back(**{"身份证号": "未填"})
        unit.given(OPENED, submitted()).when(odd, now=at("06-10 09:00")).refused("REG-9", "身份证号", "联系人")
        nothing = ReturnRegistration(**HUANGPU, reasons={}, resubmit_before=at("06-16 00:00"))
        unit.given(OPENED, submitted()).when(nothing, now=at("06-10 09:00")).refused("REG-9", "至少写明一项")

    def test_and_leaves_time_for_it(self) -> None:
        now = at("06-16 00:00")
        unit.given(OPENED, submitted()).when(self.back(), now=now).refused("REG-9", "2021年6月15日（周二）24:00已过")

    def test_only_a_form_under_review_is_returned(self) -> None:
        unit.given(OPENED).when(self.back(), now=at("06-10 09:00")).refused("REG-8", "未开始")
        unit.given(OPENED, submitted(), ACCEPTED).when(self.back(), now=at("06-10 09:00")).refused("REG-8")

    def test_a_returned_form_is_handed_in_again(self) -> None:
        unit.given(OPENED, submitted(), returned()).when(form(), now=at("06-15 09:00"), actor=CONTACT).then(submitted())

    def test_its_own_date_counts_where_it_is_later_than_the_deadline(self) -> None:
        late = unit.given(OPENED, submitted(), returned("06-23 00:00"))
        late.when(form(), now=at("06-22 23:59"), actor=CONTACT).then(submitted())
        late.when(form(), now=at("06-23 00:00")).refused("REG-2", "2021年6月22日（周二）24:00")

    def test_it_never_takes_time_away(self) -> None:
        unit.given(OPENED, submitted(), returned("06-11 00:00")).when(
            form(), now=at("06-17 23:59"), actor=CONTACT
        ).then(submitted())

    def test_paper_of_the_returned_form_does_not_count_for_the_new_one(self) -> None:
        back = unit.given(OPENED, submitted(), paper(1), paper(2), paper(3), returned())
        assert back.state.copies == 0
        back.when(ReceivePaper(**HUANGPU), now=at("06-14 10:00")).refused("REG-3", "退回修改")
        back.given(submitted()).when(ReceivePaper(**HUANGPU), now=at("06-17 10:00")).then(paper(1))


def test_status_as_pages_show_it() -> None:
    steps = [OPENED, STARTED, submitted(), returned(), submitted(), ACCEPTED, paper(1, copies=1)]
    done = RegistrationCompleted(**HUANGPU, on_time=True)
    shown = [unit.given(*steps[:n]).state.status for n in range(len(steps) + 1)]
    assert shown == ["未开通", "未开始", "填报中", "待审核", "退回修改", "待审核", "待收纸质", "待收纸质"]
    assert unit.given(*steps, done).state.status == "已完成"


def test_a_unit_is_one_stream_of_a_season() -> None:
    assert registration.stream(form(), NOBODY) == "registration-2021-huangpu"
    assert registration.reads(form()) == ("season-2021",)


def test_points_are_written_with_two_decimals() -> None:
    assert [points(n) for n in (0, 5, 9550, -50)] == ["0.00", "0.05", "95.50", "-0.50"]

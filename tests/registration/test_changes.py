"""What may change after a form was handed in, the leader's signature before it, and more time for everybody."""

from datetime import date
from typing import Any

import pytest

from services.registration.model.commands import (
    AcceptRegistration,
    AmendRegistration,
    ChangeZone,
    ExtendDeadline,
    ReceivePaper,
    TeamForm,
    WithdrawRegistration,
)
from services.registration.model.registration import claims
from services.registration.model.season import ExtendDeadlineForAll, season
from services.registration.reactions import react
from shared.contracts.registration import (
    DeadlineExtended,
    DeadlineExtendedForAll,
    PaperReceived,
    RegistrationAccepted,
    RegistrationAmended,
    RegistrationCompleted,
    RegistrationStarted,
    RegistrationWithdrawn,
    Team,
    ZoneChanged,
)
from tests.registration.given import (
    ACCEPTED,
    CONTACT,
    DOCUMENT,
    HUANGPU,
    OPENED,
    OPENED_SEASON,
    code,
    form,
    no_season,
    person,
    ref,
    submitted,
    unit,
)
from tests.registration.test_season import recorded
from tests.spec import Spec, at

MORE: dict[str, Any] = {
    "unit_nature": "行政机关（样例）",
    "address": "样例路1号",
    "affiliation": "黄浦区人民政府",
    "goals": "样例目标",
    "opinion_unit": "同意",
    "opinion_superior": "同意",
    "opinion_zone": "同意",
}
SIGNED: dict[str, Any] = {"signed_off_by": "deputy", "signed_off_on": date(2021, 6, 10)}
ELSEWHERE: dict[str, Any] = {"outcome": "administrative", "zone": "黄浦分赛区"}
COMPLETED = RegistrationCompleted(**HUANGPU, on_time=True)
NOON = at("06-10 12:00")
form_in = unit.given(OPENED, submitted())
accepted = form_in.given(ACCEPTED)


def paper(number: int) -> PaperReceived:
    return PaperReceived(**HUANGPU, copy_number=number, copies=4, received_at=at("06-09 10:00"), late=False)


def test_the_whole_form_is_recorded_people_by_reference_only() -> None:
    team = {"name": "外滩中队", "field": "digital", "category": "specialised-team", "size": 12}
    whole = form(**MORE, teams=(TeamForm(**team, leader=person(4)),))
    unit.given(OPENED).when(whole, now=NOON, actor=CONTACT).then(
        submitted(**MORE, teams=(Team(**team, leader=ref(4)),))
    )


def test_what_the_office_enters_for_a_unit_is_marked() -> None:
    unit.given(OPENED).when(form(), now=NOON).then(submitted(on_behalf=True))
    unit.given(OPENED).when(form(), now=NOON, actor=CONTACT).then(submitted(on_behalf=False))


class TestSignature:
    """REG-10: the unit's own leader signs before the form is handed in."""

    asked = no_season.beside(
        season,
        "season-2021",
        OPENED_SEASON.model_copy(
            update={
                "document": DOCUMENT.model_copy(
                    update={"registration": DOCUMENT.registration.model_copy(update={"sign_off": True})}
                )
            }
        ),
    ).given(OPENED)

    def test_where_the_season_asks_for_it_nothing_is_handed_in_without(self) -> None:
        self.asked.when(form(), now=NOON).refused("REG-10", "主要领导或分管领导签署")

    def test_with_it_who_and_when_are_recorded(self) -> None:
        self.asked.when(form(**SIGNED), now=NOON, actor=CONTACT).then(submitted(**SIGNED))

    def test_elsewhere_it_may_be_left_out_or_given(self) -> None:
        unit.given(OPENED).when(form(), now=NOON, actor=CONTACT).then(submitted())
        unit.given(OPENED).when(form(**SIGNED), now=NOON, actor=CONTACT).then(submitted(**SIGNED))

    @pytest.mark.parametrize("half", ["signed_off_by", "signed_off_on"])
    def test_who_without_when_is_no_signature(self, half: str) -> None:
        self.asked.when(form(**{half: SIGNED[half]}), now=NOON).refused("REG-10", "补齐")

    def test_nobody_signs_tomorrow(self) -> None:
        ahead = form(signed_off_by="leader", signed_off_on=date(2021, 6, 11))
        self.asked.when(ahead, now=NOON).refused("REG-10", "不能晚于今天")


class TestWithdrawal:
    """REG-11: a form under review may be taken back."""

    withdrawn = RegistrationWithdrawn(**HUANGPU, credit_code=code())

    def test_the_unit_takes_its_form_back_and_hands_in_another(self) -> None:
        back = form_in.when(WithdrawRegistration(**HUANGPU), now=NOON, actor=CONTACT).then(self.withdrawn)
        assert back.state.status == "填报中"
        back.when(form(**ELSEWHERE), now=NOON, actor=CONTACT).then(submitted(**ELSEWHERE))

    def test_its_code_is_free_again(self) -> None:
        assert [(c.key, c.release) for c in claims(self.withdrawn, "")] == [(code(), True)]

    def test_its_paper_comes_again(self) -> None:
        back = form_in.given(paper(1), self.withdrawn)
        back.when(ReceivePaper(**HUANGPU), now=NOON).refused("REG-3", "电子登记表")
        assert back.given(submitted()).state.copies == 0

    def test_the_office_says_why(self) -> None:
        form_in.when(WithdrawRegistration(**HUANGPU), now=NOON).refused("REG-11", "写明原因")
        form_in.when(WithdrawRegistration(**HUANGPU, reason="单位来函"), now=NOON).then(
            self.withdrawn.model_copy(update={"reason": "单位来函"})
        )

    def test_after_the_deadline_a_unit_would_lose_its_registration(self) -> None:
        late = form_in.when(WithdrawRegistration(**HUANGPU), now=at("06-18 00:00"), actor=CONTACT)
        late.refused("REG-11", "2021年6月17日（周四）24:00截止", "不能再提交")

    @pytest.mark.parametrize("spec", [unit.given(OPENED), accepted], ids=["nothing is in", "accepted"])
    def test_only_what_is_under_review_is_taken_back(self, spec: Spec) -> None:
        spec.when(WithdrawRegistration(**HUANGPU), now=NOON, actor=CONTACT).refused("REG-8", "撤回")


def amendment(**changes: Any) -> AmendRegistration:
    return AmendRegistration(**{**dict(form()), "reason": "印章名称有误", **changes})


def amended(**changes: Any) -> RegistrationAmended:
    stated = {**dict(submitted()), "reason": "印章名称有误", "former_credit_code": code(), **changes}
    return RegistrationAmended(**stated)


class TestAmendment:
    """REG-12: after acceptance a form is corrected by the office only."""

    def test_the_office_corrects_an_accepted_form(self) -> None:
        after = accepted.given(paper(1)).when(amendment(**MORE), now=NOON).then(amended(**MORE))
        assert (after.state.status, after.state.copies) == ("待收纸质", 1)

    def test_a_complete_registration_stays_complete(self) -> None:
        done = accepted.given(*(paper(n) for n in range(1, 5)), COMPLETED)
        assert done.when(amendment(), now=at("07-10 12:00")).then(amended()).state.status == "已完成"

    def test_a_corrected_code_is_held_in_place_of_the_former(self) -> None:
        other = amended(credit_code=code("310104"))
        accepted.when(amendment(credit_code=code("310104")), now=NOON).then(other)
        assert [(c.key, c.release) for c in claims(other, "")] == [(code(), True), (code("310104"), False)]
        assert claims(amended(), "") == []

    def test_the_outcome_is_changed_elsewhere(self) -> None:
        accepted.when(amendment(**ELSEWHERE), now=NOON).refused("REG-12", "变更赛区")

    def test_what_a_form_must_say_it_says_still(self) -> None:
        accepted.when(amendment(field="gardening"), now=NOON).refused("REG-4")
        accepted.when(amendment(credit_code="123"), now=NOON).refused("REG-7")

    @pytest.mark.parametrize("spec", [unit.given(OPENED, RegistrationStarted(**HUANGPU)), form_in])
    def test_before_the_acceptance_the_form_is_returned_instead(self, spec: Spec) -> None:
        spec.when(amendment(), now=NOON).refused("REG-8", "更正")


class TestChangeOfZone:
    """REG-1: one zone only, and changing it is one act."""

    there = ChangeZone(**HUANGPU, **ELSEWHERE, reason="隶属关系调整")
    moved = ZoneChanged(**HUANGPU, former="here", **ELSEWHERE, reason="隶属关系调整")
    items = DOCUMENT.registration.outcomes.administrative.items

    def test_a_unit_changes_while_its_form_is_under_review(self) -> None:
        after = form_in.when(self.there, now=NOON, actor=CONTACT).then(self.moved)
        assert (after.state.status, after.state.outcome) == ("待审核", "administrative")

    def test_and_back_again(self) -> None:
        back = ChangeZone(**HUANGPU, outcome="here", reason="改回")
        form_in.given(self.moved).when(back, now=NOON, actor=CONTACT).then(
            ZoneChanged(**HUANGPU, former="administrative", outcome="here", zone=DOCUMENT.zone.name, reason="改回")
        )

    def test_the_office_changes_an_accepted_one_which_stays_accepted_for_what_is_now_allowed(self) -> None:
        after = accepted.given(paper(1)).when(self.there, now=NOON)
        moved = after.then(self.moved, RegistrationAccepted(**HUANGPU, outcome="administrative", items=self.items))
        assert (moved.state.status, moved.state.copies) == ("待收纸质", 0)

    def test_the_paper_due_is_that_of_the_new_outcome(self) -> None:
        done = accepted.given(*(paper(n) for n in range(1, 5)), COMPLETED)
        moved = done.when(self.there, now=NOON).happens()
        one = moved.when(ReceivePaper(**HUANGPU, received_at=at("06-10 11:00")), now=NOON).happens()
        assert one.state.status == "已完成"

    def test_an_accepted_one_is_not_changed_by_the_unit(self) -> None:
        accepted.when(self.there, now=NOON, actor=CONTACT).refused("REG-8", "变更赛区")

    def test_nor_after_the_deadline(self) -> None:
        form_in.when(self.there, now=at("06-18 00:00")).refused("REG-2", "截止")

    def test_there_is_something_to_change(self) -> None:
        here = ChangeZone(**HUANGPU, outcome="here", reason="误填")
        form_in.when(here, now=NOON).refused("REG-1", "登记在本分赛区，无需变更")
        form_in.given(self.moved).when(self.there, now=NOON).refused("REG-1", "黄浦分赛区")

    def test_the_other_zone_is_named(self) -> None:
        form_in.when(ChangeZone(**HUANGPU, outcome="administrative", reason="误填"), now=NOON).refused("REG-3")

    def test_who_hands_in_again_is_told_where_the_unit_is_registered(self) -> None:
        form_in.given(self.moved).when(form(), now=NOON).refused("REG-1", "登记在“黄浦分赛区”，本处备案")
        accepted.when(form(**ELSEWHERE), now=NOON).refused("REG-1", "登记在本分赛区")


class TestMoreTimeForAll:
    """REG-2: one reason, one approver, every unit."""

    more = ExtendDeadlineForAll(season=2021, closes_at=at("06-26 00:00"), reason="系统维护", approver="样例副局长")
    given = DeadlineExtendedForAll(
        season=2021,
        closes_at=at("06-26 00:00"),
        reason="系统维护",
        approver="样例副局长",
        units=tuple(unit.id for unit in DOCUMENT.units),
    )
    opened = Spec(season).given(OPENED_SEASON)

    def test_the_office_extends_for_all(self) -> None:
        self.opened.when(self.more, now=at("06-18 09:00")).then(self.given)

    def test_never_shorter_never_in_vain_never_beyond_the_season(self) -> None:
        twice = self.opened.given(self.given)
        twice.when(self.more, now=NOON).refused("REG-2", "2021年6月25日（周五）24:00")
        self.opened.when(self.more, now=at("06-26 00:00")).refused("REG-2", "已过")
        beyond = self.more.model_copy(update={"closes_at": at("12-31 00:00").replace(year=2022)})
        self.opened.when(beyond, now=NOON).refused("REG-2", "2021年12月31日")

    def test_only_of_a_season_that_is_open(self) -> None:
        Spec(season).when(self.more, now=NOON).refused("SEA-2")

    def test_each_unit_s_own_deadline_follows(self) -> None:
        commands = react(self.given, recorded(self.given))
        assert [getattr(command, "unit", None) for command in commands] == [unit.id for unit in DOCUMENT.units]
        late = form_in.when(commands[0], now=at("06-18 09:00"))
        late.then(DeadlineExtended(**HUANGPU, closes_at=at("06-26 00:00"), reason="系统维护", approver="样例副局长"))

    def test_who_has_more_time_or_is_complete_keeps_what_they_have(self) -> None:
        (command, *_) = react(self.given, recorded(self.given))
        longer = DeadlineExtended(**HUANGPU, closes_at=at("07-01 00:00"), reason="汛期值守")
        form_in.given(longer).when(command, now=at("06-18 09:00")).refused("REG-2")
        done = accepted.given(*(paper(n) for n in range(1, 5)), COMPLETED)
        done.when(command, now=at("06-18 09:00")).refused("REG-8", "已完成")

    def test_one_unit_s_extension_may_name_its_approver_too(self) -> None:
        more = ExtendDeadline(**HUANGPU, closes_at=at("06-20 00:00"), reason="汛期值守", approver="样例处长")
        (event,) = form_in.when(more, now=NOON).events
        assert event == DeadlineExtended(**more.model_dump())


def test_accepting_a_changed_form_again_is_not_asked_for() -> None:
    """The acceptance belongs to the change: the office's own command finds nothing to do."""
    moved = accepted.when(TestChangeOfZone.there, now=NOON).happens()
    moved.when(AcceptRegistration(**HUANGPU), now=NOON).refused("REG-8")

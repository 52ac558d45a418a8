"""Who takes part, and the plan of the year: §五(一), §五(二)."""

from typing import Any
from uuid import UUID

import pytest

from services.activity.model.participant import AdmitUnit, FilePlan, participant
from services.activity.model.rules import AdoptSeasonRules, rules
from services.activity.reactions import react
from shared.contracts.registration import RegistrationAccepted, SeasonOpened
from shared.kernel.messages import Event, Recorded
from tests.activity.given import (
    ADMITTED,
    CONTACT,
    DOCUMENT,
    HUANGPU,
    NINE,
    ON_FILE,
    PLAN,
    PLAN_TEXT,
    RULES,
    a_participant,
    person,
)
from tests.spec import COMMAND, SERVICE, Spec, at


def plan(**changes: Any) -> FilePlan:
    complete: dict[str, Any] = {
        **PLAN_TEXT,
        "principal_leader": person(1),
        "deputy_leader": person(2),
        "leading_group": (person(3), person(4)),
        "participants": (person(5),),
    }
    return FilePlan(**{**complete, **changes})


def recorded(event: Event) -> Recorded:
    return Recorded(1, UUID(int=1), "x", 1, event.topic, 0, 1, event.type(), {}, "office-1", at("06-16 09:00"))


class TestPlan:
    """PLN-1: 制订好全年立功竞赛计划，落实具体人员."""

    def test_a_registered_unit_files_its_plan(self) -> None:
        a_participant.given(ADMITTED).when(plan(), now=at("06-18 09:00"), actor=CONTACT).then(PLAN)

    def test_so_does_a_unit_on_file(self) -> None:
        a_participant.given(ON_FILE).when(plan(), now=at("06-18 09:00")).then(PLAN)

    def test_a_unit_that_is_not_registered_does_not(self) -> None:
        a_participant.when(plan(), now=at("06-18 09:00")).refused("ACT-2", "审核通过", "办理登记")

    @pytest.mark.parametrize(
        ("part", "called"),
        [
            ("goals", "目标"),
            ("measures", "措施"),
            ("timetable", "时间安排"),
            ("leading_group", "领导小组"),
            ("participants", "参赛人员"),
        ],
    )
    def test_a_plan_lacks_nothing(self, part: str, called: str) -> None:
        a_participant.given(ADMITTED).when(plan(**{part: ()}), now=at("06-18 09:00")).refused("PLN-1", called)

    def test_all_that_it_lacks_is_said_at_once(self) -> None:
        a_participant.given(ADMITTED).when(plan(goals=(), participants=()), now=at("06-18 09:00")).refused(
            "PLN-1", "目标、参赛人员（促落实）"
        )

    def test_a_plan_filed_again_replaces_the_one_before(self) -> None:
        again = a_participant.given(ADMITTED, PLAN)
        assert again.state.planned
        again.when(plan(theme="人民城市为人民"), now=at("07-01 09:00")).then(
            PLAN.model_copy(update={"theme": "人民城市为人民"})
        )


class TestAdmission:
    """ACT-2: registration is the basis of management, assessment and evaluation."""

    def test_a_unit_is_admitted_to_what_its_registration_opens(self) -> None:
        a_participant.when(AdmitUnit(**HUANGPU, items=NINE), now=at("06-16 09:00"), actor=SERVICE).then(ADMITTED)

    def test_once(self) -> None:
        again = AdmitUnit(**HUANGPU, items=NINE)
        a_participant.given(ADMITTED).when(again, now=at("06-16 09:00"), actor=SERVICE).refused("ACT-2")

    def test_it_follows_from_the_acceptance_of_the_form(self) -> None:
        accepted = RegistrationAccepted(**HUANGPU, outcome="administrative", items=ON_FILE.items)
        assert react(accepted, recorded(accepted)) == [AdmitUnit(**HUANGPU, items=ON_FILE.items)]


class TestRules:
    ADOPT = AdoptSeasonRules(season=2021, items=DOCUMENT.items, checklists=DOCUMENT.checklists)

    def test_they_follow_from_the_opening_of_the_season(self) -> None:
        opened = SeasonOpened(season=2021, document=DOCUMENT)
        assert react(opened, recorded(opened)) == [self.ADOPT]
        Spec(rules).when(self.ADOPT, now=at("05-20 09:00"), actor=SERVICE).then(RULES)

    def test_they_are_adopted_once(self) -> None:
        Spec(rules).given(RULES).when(self.ADOPT, now=at("05-20 09:00"), actor=SERVICE).refused("SEA-2")


def test_nothing_else_follows_from_other_events() -> None:
    assert react(PLAN, recorded(PLAN)) == []


def test_streams() -> None:
    assert rules.stream(TestRules.ADOPT, COMMAND) == "rules-2021"
    assert participant.stream(plan(), COMMAND) == "participant-2021-huangpu"

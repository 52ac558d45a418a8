"""The assessment 考评 in its four parts: §四(三)."""

from typing import Any

import pytest
from pydantic import ValidationError

from services.activity.model.visit import CorrectVisit, visit
from shared.contracts.inspection import VisitCorrected
from shared.kernel.messages import Actor
from tests.activity.given import (
    CONTACT,
    DOCUMENT,
    HUANGPU,
    INSPECTOR,
    RECORDED,
    SCORES,
    VISIT,
    a_visit,
    a_visit_of_nobody,
    scores,
    sheet,
)
from tests.spec import COMMAND, Spec, at

NOW = at("07-05 17:00")


def correct(**changes: Any) -> CorrectVisit:
    complete: dict[str, Any] = {**HUANGPU, "visit": VISIT, "scores": scores(ledger="15"), "reason": "台账已补齐"}
    return CorrectVisit(**{**complete, **changes})


class TestParts:
    """INS-1: 年初部署、日常考核、中途检查、年终考核."""

    def test_a_visit_scores_a_checklist(self) -> None:
        a_visit.when(sheet(), now=NOW, actor=INSPECTOR).then(RECORDED)

    @pytest.mark.parametrize("part", ["initial", "routine", "midyear", "final"])
    def test_of_each_of_the_four_parts(self, part: str) -> None:
        (checklist,) = [checklist for checklist in DOCUMENT.checklists if checklist.part == part]
        full: dict[str, Any] = {entry.id: f"{entry.most / 100:.2f}" for entry in checklist.entries}
        (event,) = a_visit.when(sheet(checklist=checklist.id, scores=full), now=NOW, actor=INSPECTOR).events
        assert event == RECORDED.model_copy(
            update={
                "part": part,
                "checklist": checklist.id,
                "checklist_version": checklist.version,
                "scores": {entry.id: entry.most for entry in checklist.entries},
                "total": 100_00,
            }
        )

    def test_the_season_has_the_checklist(self) -> None:
        a_visit.when(sheet(checklist="autumn"), now=NOW, actor=INSPECTOR).refused("INS-1", "autumn", "routine")

    def test_every_entry_is_scored(self) -> None:
        partial = {"plan": "28", "mobilisation": "25"}
        a_visit.when(sheet(scores=partial), now=NOW, actor=INSPECTOR).refused(
            "INS-1", "明确领导和责任人员、登记注册资料齐全"
        )

    def test_and_no_other(self) -> None:
        a_visit.when(sheet(scores=scores(beauty="5")), now=NOW, actor=INSPECTOR).refused("INS-1", "beauty")

    @pytest.mark.parametrize("score", ["15.01", "-0.01"])
    def test_between_nothing_and_its_most(self, score: str) -> None:
        a_visit.when(sheet(scores=scores(ledger=score)), now=NOW, actor=INSPECTOR).refused("INS-1", "0至15.00分")

    @pytest.mark.parametrize("score", ["1.005", "1e3", "", "full", True, None, 10**9])
    def test_in_points_with_two_decimals(self, score: Any) -> None:
        with pytest.raises(ValidationError, match="两位小数"):
            sheet(scores=scores(ledger=score))

    def test_of_a_registered_unit(self) -> None:
        a_visit_of_nobody.when(sheet(), now=NOW, actor=INSPECTOR).refused("ACT-2")

    def test_in_an_open_season(self) -> None:
        Spec(visit).when(sheet(), now=NOW, actor=INSPECTOR).refused("SEA-2")


class TestOwnUnit:
    """INS-2: an inspector never inspects their own unit."""

    own = Actor("inspector-2", "inspector", unit="huangpu")

    def test_another_inspects_it(self) -> None:
        a_visit.when(sheet(), now=NOW, actor=self.own).refused("INS-2", "本单位", "另派")
        a_visit.when(sheet(), now=NOW, actor=INSPECTOR).then(RECORDED)

    def test_and_another_corrects_it(self) -> None:
        a_visit.given(RECORDED).when(correct(), now=NOW, actor=self.own).refused("INS-2")

    def test_a_unit_s_contact_is_no_inspector(self) -> None:
        assert CONTACT.role not in correct().roles | sheet().roles


class TestAfterTheFact:
    """INS-4: what happened when, and when it was recorded."""

    def test_on_the_same_day_it_is_not(self) -> None:
        a_visit.when(sheet(), now=at("07-05 23:59"), actor=INSPECTOR).then(RECORDED)

    def test_from_the_next_day_on_it_is(self) -> None:
        later = RECORDED.model_copy(update={"after_the_fact": True})
        a_visit.when(sheet(), now=at("07-06 00:00"), actor=INSPECTOR).then(later)

    def test_the_day_is_shanghai_s(self) -> None:
        night = at("07-05 07:30")  # 23:30 of the day before in UTC
        same_day = RECORDED.model_copy(update={"occurred_at": night})
        a_visit.when(sheet(occurred_at=night), now=at("07-05 09:00"), actor=INSPECTOR).then(same_day)

    def test_from_paper_it_is_marked(self) -> None:
        note = "纸质考评表由竞赛办保存"
        a_visit.when(sheet(on_paper=True, note=note), now=at("07-09 09:00")).then(
            RECORDED.model_copy(update={"on_paper": True, "note": note, "after_the_fact": True})
        )

    def test_it_is_never_in_the_future(self) -> None:
        a_visit.when(sheet(), now=at("07-05 10:00"), actor=INSPECTOR).then(RECORDED)
        a_visit.when(sheet(), now=at("07-05 09:59"), actor=INSPECTOR).refused("INS-4", "不能晚于现在")


class TestCorrection:
    def corrected(self, **changes: Any) -> VisitCorrected:
        complete: dict[str, Any] = {
            **HUANGPU,
            "visit": VISIT,
            "part": "initial",
            "checklist": "initial",
            "checklist_version": 1,
            "scores": {**SCORES, "ledger": 15_00},
            "total": 95_50,
            "occurred_at": at("07-05 10:00"),
            "reason": "台账已补齐",
        }
        return VisitCorrected(**{**complete, **changes})

    def test_the_scores_are_given_anew(self) -> None:
        again = a_visit.given(RECORDED).when(correct(), now=NOW, actor=INSPECTOR).then(self.corrected())
        again.when(correct(scores=scores(), reason="误改"), now=NOW, actor=INSPECTOR).then(
            self.corrected(scores=SCORES, total=80_50, reason="误改")
        )

    def test_so_may_be_the_time(self) -> None:
        earlier = at("07-04 10:00")
        a_visit.given(RECORDED).when(correct(occurred_at=earlier), now=NOW, actor=INSPECTOR).then(
            self.corrected(occurred_at=earlier)
        )
        a_visit.given(RECORDED).when(correct(occurred_at=at("07-05 17:01")), now=NOW).refused("INS-4")

    def test_by_the_same_checklist(self) -> None:
        a_visit.given(RECORDED).when(correct(scores={"plan": "1"}), now=NOW, actor=INSPECTOR).refused(
            "INS-1", "没有打分"
        )

    def test_there_is_a_visit_to_correct(self) -> None:
        a_visit.when(correct(), now=NOW, actor=INSPECTOR).refused("INS-5", "核对考评编号")
        a_visit.given(RECORDED).when(correct(unit="putuo"), now=NOW, actor=INSPECTOR).refused("INS-5")

    def test_a_visit_is_recorded_once(self) -> None:
        a_visit.given(RECORDED).when(sheet(), now=NOW, actor=INSPECTOR).refused("INS-5", "已录入")


def test_the_answer_s_stream_tells_its_id() -> None:
    assert visit.stream(sheet(), COMMAND) == f"visit-{VISIT}"
    assert visit.stream(correct(), COMMAND) == f"visit-{VISIT}"

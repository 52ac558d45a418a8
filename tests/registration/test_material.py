"""MAT-1 to MAT-7: a material from what the season asks to the last copy on paper."""

from typing import Any

import pytest

from services.registration.model.material import MaterialEvent, material
from services.registration.model.material_commands import (
    AcceptMaterial,
    ReceiveMaterialPaper,
    ReturnMaterial,
    SubmitMaterial,
)
from services.registration.model.season import season
from services.registration.model.upload import RecordUpload, upload
from shared.contracts.materials import (
    FileUploaded,
    MaterialAccepted,
    MaterialPaperReceived,
    MaterialReturned,
    MaterialSubmitted,
)
from shared.contracts.season_checks import contradictions
from tests.registration.given import CONTACT, DOCUMENT, OPENED_SEASON
from tests.spec import SERVICE, Spec, at

PLAN: Any = {"season": 2021, "unit": "huangpu", "material": "plan"}
ONE, TWO, SHEET = "1" * 64, "2" * 64, "3" * 64
SUBMIT = SubmitMaterial(**PLAN, sha256=ONE, name="样例方案.pdf")
ACCEPT = AcceptMaterial(**PLAN)
RETURN = ReturnMaterial(**PLAN, reason="样例：缺少签章", resubmit_before=at("07-06 00:00"))
IN_TIME, LATE = at("06-20 10:00"), at("07-01 00:00")


def file(sha256: str, kind: Any = "pdf") -> FileUploaded:
    return FileUploaded(unit="huangpu", sha256=sha256, size=1000, kind=kind)


def submitted(number: int = 1, sha256: str = ONE, **changes: Any) -> MaterialSubmitted:
    base = {**PLAN, "number": number, "sha256": sha256, "name": "样例方案.pdf", "size": 1000, "kind": "pdf"}
    return MaterialSubmitted(**{**base, "late": False, **changes})


RETURNED = MaterialReturned(**PLAN, number=1, reason="样例：缺少签章", resubmit_before=at("07-06 00:00"))
ACCEPTED = MaterialAccepted(**PLAN, number=1)
BARE = Spec(material).beside(season, "season-2021", OPENED_SEASON)
unit = (
    BARE.beside(upload, f"upload-huangpu-{ONE}", file(ONE))
    .beside(upload, f"upload-huangpu-{TWO}", file(TWO))
    .beside(upload, f"upload-huangpu-{SHEET}", file(SHEET, "xlsx"))
)


def papers(copies: int, received: int, late: bool = False) -> MaterialPaperReceived:
    return MaterialPaperReceived(
        **PLAN, copies=copies, received=received, required=2, received_at=LATE if late else IN_TIME, late=late
    )


def test_an_upload_is_recorded_once() -> None:
    recorded = Spec(upload).when(RecordUpload(unit="huangpu", sha256=ONE, size=1000, kind="pdf"), IN_TIME, SERVICE)
    recorded.then(file(ONE)).when(
        RecordUpload(unit="huangpu", sha256=ONE, size=1000, kind="pdf"), IN_TIME, SERVICE
    ).then()


def test_a_material_goes_from_nothing_to_accepted() -> None:
    unit.when(SUBMIT, IN_TIME, CONTACT).then(submitted()).when(ACCEPT, IN_TIME).then(ACCEPTED)


def test_the_office_may_hand_in_for_a_unit() -> None:
    unit.when(SUBMIT, IN_TIME).then(submitted(on_behalf=True))


class TestMAT1:
    def test_what_the_season_does_not_ask_for_is_refused(self) -> None:
        other: Any = {**PLAN, "material": "diary"}
        unit.when(SubmitMaterial(**other, sha256=ONE, name="x.pdf"), IN_TIME).refused("MAT-1", "资料清单")

    def test_nor_is_what_it_asks_of_another_group(self) -> None:
        other: Any = {**PLAN, "unit": "zongdui", "material": "roster"}
        unit.when(SubmitMaterial(**other, sha256=SHEET, name="x.xlsx"), IN_TIME).refused("MAT-1")

    def test_nothing_is_handed_in_before_the_season_is_open(self) -> None:
        Spec(material).when(SUBMIT, IN_TIME).refused("SEA-2", "尚未开启")


def test_MAT_2_another_format_is_refused() -> None:
    sheet = SUBMIT.model_copy(update={"sha256": SHEET})
    unit.when(sheet, IN_TIME).refused("MAT-2", "PDF、Word", "Excel")


def test_MAT_3_only_the_units_own_uploaded_file_is_handed_in() -> None:
    BARE.when(SUBMIT, IN_TIME).refused("MAT-3", "先上传")
    other: Any = {**PLAN, "unit": "xuhui"}
    unit.when(SubmitMaterial(**other, sha256=ONE, name="x.pdf"), IN_TIME).refused("MAT-3")


class TestMAT4:
    @pytest.mark.parametrize(("when", "late"), [("06-30 23:59", False), ("07-01 00:00", True)])
    def test_what_is_late_is_taken_and_marked(self, when: str, late: bool) -> None:
        """MAT-4, to the minute."""
        unit.when(SUBMIT, at(when), CONTACT).then(submitted(late=late))

    @pytest.mark.parametrize(("when", "late"), [("07-05 23:59", False), ("07-06 00:00", True)])
    def test_a_return_gives_its_own_time(self, when: str, late: bool) -> None:
        unit.given(submitted(), RETURNED).when(SUBMIT, at(when), CONTACT).then(submitted(2, late=late))


class TestMAT5:
    def test_a_newer_version_takes_the_place_of_the_one_under_review(self) -> None:
        newer = SUBMIT.model_copy(update={"sha256": TWO})
        unit.given(submitted()).when(newer, IN_TIME, CONTACT).then(submitted(2, TWO))

    def test_the_same_file_under_review_is_no_newer_version(self) -> None:
        unit.given(submitted()).when(SUBMIT, IN_TIME, CONTACT).refused("MAT-5", "已经报送")

    def test_what_is_accepted_changes_by_a_return(self) -> None:
        accepted = unit.given(submitted(), ACCEPTED)
        accepted.when(SUBMIT, IN_TIME, CONTACT).refused("MAT-5", "已接收")
        accepted.when(RETURN, IN_TIME).then(RETURNED).when(SUBMIT, IN_TIME, CONTACT).then(submitted(2))

    @pytest.mark.parametrize("past", [(), (submitted(), RETURNED)])
    def test_only_what_is_in_is_accepted_or_returned(self, past: tuple[MaterialEvent, ...]) -> None:
        unit.given(*past).when(ACCEPT, IN_TIME).refused("MAT-5", "才能接收")
        unit.given(*past).when(RETURN, IN_TIME).refused("MAT-5", "才能退回")


class TestMAT6:
    def test_paper_is_received_up_to_the_copies_asked_for(self) -> None:
        one = ReceiveMaterialPaper(**PLAN, copies=1, received_at=IN_TIME)
        both = unit.given(submitted()).when(one, IN_TIME).then(papers(1, 1)).when(one, IN_TIME).then(papers(1, 2))
        both.when(one, IN_TIME).refused("MAT-6", "已收齐")

    def test_late_paper_is_marked(self) -> None:
        now = ReceiveMaterialPaper(**PLAN, copies=2)
        unit.given(submitted()).when(now, LATE).then(papers(2, 2, late=True))

    def test_more_than_is_missing_is_a_mistake(self) -> None:
        three = ReceiveMaterialPaper(**PLAN, copies=3)
        unit.given(submitted()).when(three, IN_TIME).refused("MAT-6", "只差2份")

    def test_paper_comes_after_the_file_and_not_from_the_future(self) -> None:
        unit.when(ReceiveMaterialPaper(**PLAN, copies=1), IN_TIME).refused("MAT-6", "尚未报送")
        early = ReceiveMaterialPaper(**PLAN, copies=1, received_at=LATE)
        unit.given(submitted()).when(early, IN_TIME).refused("MAT-6", "不能晚于现在")

    def test_no_paper_is_received_where_none_is_asked_for(self) -> None:
        midyear: Any = {**PLAN, "material": "midyear"}
        unit.when(ReceiveMaterialPaper(**midyear, copies=1), IN_TIME).refused("MAT-6", "不需要")

    def test_paper_of_a_version_that_went_back_comes_again(self) -> None:
        again = unit.given(submitted(), papers(2, 2)).when(RETURN, IN_TIME).then(RETURNED)
        resubmitted = again.when(SUBMIT, IN_TIME, CONTACT).then(submitted(2))
        resubmitted.when(ReceiveMaterialPaper(**PLAN, copies=2), IN_TIME).then(papers(2, 2))


class TestMAT7:
    def test_a_return_gives_time(self) -> None:
        unit.given(submitted()).when(RETURN, at("07-06 00:00")).refused("MAT-7", "已过")

    def test_within_the_season(self) -> None:
        never = RETURN.model_copy(update={"resubmit_before": at("12-31 00:00").replace(year=2022)})
        unit.given(submitted()).when(never, IN_TIME).refused("REG-2", "本赛季结束")


def test_MAT_1_materials_of_a_season_do_not_contradict_it() -> None:
    document = DOCUMENT.model_dump(mode="json")
    one = document["materials"][0]
    document["materials"] = [{**one, "due": "2031-01-01T00:00:00+08:00", "formats": ["pdf", "pdf"]}, one]
    assert [sentence for _, sentence in contradictions(document)] == [
        "编号“plan”重复，请改正。",
        "这一时刻不在各阶段的起止日期之内，请核对。",
        "文件格式“pdf”重复，请改正。",
    ]
    assert not contradictions({**document, "materials": []})

"""REG-3: the form on paper: its code, what it says, and that it is held against the electronic form."""

from datetime import timedelta
from io import BytesIO
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from docx import Document
from pylopdf_fonts_zh_cn import serif_path

from services.registration.documents import word, word_template
from services.registration.documents.pdf import LAYOUT, Press
from services.registration.documents.printcode import LETTERS, Codes, Mistyped, Print
from services.registration.documents.sheet import differences, lines, sheet
from services.registration.documents.stored import Past, Version, fold
from services.registration.model.commands import ReceivePaper
from services.registration.model.registration import registration
from services.registration.model.state import RegistrationEvent
from shared.contracts.registration import (
    PaperReceived,
    RegistrationReturned,
    Team,
    ZoneChanged,
)
from shared.kernel.messages import Event, Recorded
from tests.registration.given import ACCEPTED, DOCUMENT, HUANGPU, OPENED, person, ref, submitted, unit
from tests.spec import at

CODES = Codes("a-secret-of-the-tests")
PRINT = Print(2021, 1, 3)
RETURNED = RegistrationReturned(**HUANGPU, reasons={"竞赛主题": "请写明"}, resubmit_before=at("06-20 00:00"))
MOVED = ZoneChanged(**HUANGPU, former="here", outcome="administrative", zone="样例赛区", reason="样例")


def pages(pdf: bytes) -> int:
    return pdf.count(b"/Type/Page/")


def recorded(*events: Event) -> list[Recorded]:
    """The events as a stream of the log."""
    return [
        Recorded(
            pos=n,
            id=uuid4(),
            stream="registration-2021-huangpu",
            version=n,
            topic=event.topic,
            partition=0,
            pseq=n,
            type=event.type(),
            data=event.model_dump(mode="json"),
            actor="office-1",
            recorded=at("06-08 09:00") + timedelta(hours=n),
        )
        for n, event in enumerate(events, start=1)
    ]


def printed(code: str = "3N0A-000E-7K2M-Q8XY", **changes: Any) -> dict[str, Any]:
    people = {ref(n).record: person(n) for n in (1, 2, 3)}
    return sheet(Version(3, at("06-08 09:00"), submitted(**changes)), people, DOCUMENT, code)


class TestCode:
    def test_it_names_season_unit_and_version(self) -> None:
        for print in (PRINT, Print(2000, 1, 1), Print(2100, 300, 2**19 - 1)):
            assert CODES.read(CODES.write(print)) == print

    def test_it_is_short_and_in_groups(self) -> None:
        code = CODES.write(PRINT)
        assert [len(group) for group in code.split("-")] == [4, 4, 4, 4]
        assert set(code) <= {*LETTERS, "-"}

    @pytest.mark.parametrize("typed", [str.lower, lambda code: code.replace("-", " "), lambda code: f" {code}\t"])
    def test_case_and_spacing_do_not_matter(self, typed: Any) -> None:
        assert CODES.read(typed(CODES.write(PRINT))) == PRINT

    def test_letters_that_look_alike_and_full_width_ones_are_read(self) -> None:
        code = CODES.write(PRINT)
        assert CODES.read(code.replace("0", "O").replace("1", "l")) == PRINT
        assert CODES.read("".join(chr(ord(letter) + 0xFEE0) for letter in code)) == PRINT

    def test_any_mistyped_letter_is_noticed(self) -> None:
        code = CODES.write(PRINT).replace("-", "")
        for n, letter in enumerate(code):
            other = LETTERS[(LETTERS.index(letter) + 1) % 32]
            with pytest.raises(Mistyped, match="没有这个核验码"):
                CODES.read(code[:n] + other + code[n + 1 :])

    def test_what_is_wrong_is_said(self) -> None:
        with pytest.raises(Mistyped, match="应为16位，现在是3位"):
            CODES.read("ABC")
        with pytest.raises(Mistyped, match="没有“样”"):
            CODES.read("样例")

    def test_nobody_without_the_secret_can_make_one(self) -> None:
        with pytest.raises(Mistyped):
            CODES.read(Codes("another secret").write(PRINT))


class TestReceipt:
    """同步报送：纸质表与电子表应为同一版本."""

    form_in = unit.given(OPENED, submitted(), ACCEPTED)

    def received(self, version: int | None, by: str = "office-1") -> PaperReceived:
        return PaperReceived(
            **HUANGPU,
            copy_number=1,
            copies=4,
            received_at=at("06-10 10:00"),
            late=False,
            received_by=by,
            printed_version=version,
        )

    def test_the_form_at_hand_is_taken(self) -> None:
        self.form_in.when(ReceivePaper(**HUANGPU, printed_version=2), now=at("06-10 10:00")).then(self.received(2))

    def test_paper_of_an_older_version_is_refused(self) -> None:
        again = unit.given(OPENED, submitted(), RETURNED, submitted(theme="建功新征程"))
        again.when(ReceivePaper(**HUANGPU, printed_version=2), now=at("06-10 10:00")).refused("REG-3", "较早的版本")
        again.when(ReceivePaper(**HUANGPU, printed_version=4), now=at("06-10 10:00")).then(self.received(4))

    def test_a_changed_zone_asks_for_new_paper(self) -> None:
        moved = self.form_in.given(MOVED)
        moved.when(ReceivePaper(**HUANGPU, printed_version=2), now=at("06-10 10:00")).refused("REG-3", "较早的版本")

    def test_a_colleague_may_have_taken_it(self) -> None:
        taken = ReceivePaper(**HUANGPU, received_by="frontdesk")
        self.form_in.when(taken, now=at("06-10 10:00")).then(self.received(None, "frontdesk"))


class TestStored:
    def test_every_version_stays_and_the_last_is_at_hand(self) -> None:
        past = fold(recorded(OPENED, submitted(), RETURNED, submitted(theme="二"), ACCEPTED))
        assert [(each.version, each.form.theme) for each in past.versions] == [(2, submitted().theme), (4, "二")]
        assert past.current == past.numbered(4)
        assert past.numbered(3) is None

    def test_a_form_that_went_back_is_not_at_hand(self) -> None:
        past = fold(recorded(OPENED, submitted(), RETURNED))
        assert past.current is None
        assert past.numbered(2)

    def test_the_model_and_the_log_agree_on_the_version_at_hand(self) -> None:
        events: list[RegistrationEvent] = [OPENED, submitted(), RETURNED, submitted(), ACCEPTED, MOVED]
        current = fold(recorded(*events)).current
        assert current and current.version == registration.decider.fold(events).form_version == 6
        assert (current.form.outcome, current.form.zone) == ("administrative", "样例赛区")

    def test_receipts_are_of_the_form_at_hand(self) -> None:
        paper = TestReceipt().received(None)
        assert [r.paper for r in fold(recorded(OPENED, submitted(), paper, paper)).receipts] == [paper, paper]
        assert fold(recorded(OPENED, submitted(), paper, RETURNED)) == Past(
            fold(recorded(OPENED, submitted())).versions
        )


class TestSheet:
    def test_it_says_what_the_form_says_in_words(self) -> None:
        said = printed()
        assert said["表名"] == "2021年市重点工程实事立功竞赛参赛公司（单位）登记表"
        assert (said["单位名称"], said["份数"], said["备案"]) == ("上海市黄浦区城市管理行政执法局", 4, False)
        assert said["联系人"]["手机号码"] == "000-0000-0003"  # nothing is masked
        assert said["参赛团队"][0]["名称"] == "外滩中队"

    def test_a_unit_on_file_prints_one_photocopy(self) -> None:
        said = printed(outcome="administrative", zone="样例赛区")
        assert (said["份数"], said["备案"], said["所属赛区"]) == (1, True, "样例赛区")

    def test_somebody_who_was_erased_is_not_named(self) -> None:
        said = sheet(Version(3, at("06-08 09:00"), submitted()), {}, DOCUMENT, "")
        assert said["主要领导"]["姓名"] == "（已删除）"

    def test_differences_are_told_by_label(self) -> None:
        team = Team(name="外滩中队", field="digital", category="specialised-team", size=15)
        more = Team(name="新增中队", field="digital", category="specialised-team", size=3)
        found = differences(printed(), printed(theme="建功新征程", teams=(more, team)))
        assert [label for label, _, _ in found] == ["竞赛主题", "参赛团队：外滩中队", "参赛团队：新增中队"]
        assert ("12人" in found[1][1], "15人" in found[1][2], found[2][1]) == (True, True, "")
        assert differences(printed("A"), printed("B")) == []

    def test_teams_of_one_name_are_told_apart(self) -> None:
        team = submitted().teams[0]
        assert {"参赛团队：外滩中队", "参赛团队：外滩中队（2）"} <= set(lines(printed(teams=(team, team))))


class TestFiles:
    press = Press()

    def pages(self, said: dict[str, Any]) -> int:
        return pages(self.press.typeset(LAYOUT, said))

    def test_the_pdf_has_every_copy(self) -> None:
        assert self.press.typeset(LAYOUT, printed()).startswith(b"%PDF")
        assert self.pages(printed()) == 4
        assert self.pages(printed(outcome="administrative", zone="样例赛区")) == 1

    def test_what_was_typed_is_never_taken_for_markup(self) -> None:
        typed = '#panic("x") $a^ *b* <c> {{ 核验码 }} & {% raw %} \x02'
        self.press.typeset(LAYOUT, printed(theme=typed))
        assert "{{ 核验码 }} & {% raw %}" in self.text(word.form(printed(theme=typed)))

    def test_two_hundred_teams_and_long_words_flow_over_pages(self) -> None:
        teams = tuple(
            Team(name=f"样例{n}队" + "X" * 80, field="digital", category="specialised-team", size=n) for n in range(200)
        )
        said = printed(teams=teams, theme="样例" * 1000)
        assert self.pages(said) > 4 * 4
        assert len(Document(BytesIO(word.form(said))).tables[2].rows) == 202

    def test_fonts_of_one_s_own_are_found(self, tmp_path: Path) -> None:
        own = tmp_path / "own.otf"
        own.write_bytes(serif_path().read_bytes())
        press = Press(str(tmp_path))
        assert str(own) in {font.path for font in press.fonts()}
        assert pages(press.typeset(LAYOUT, printed())) == 4

    def test_the_word_form_is_filled_and_marked(self) -> None:
        said = printed()
        text = self.text(word.form(said))
        for words in ("上海市黄浦区城市管理行政执法局", "外滩中队", "000-0000-0003", said["核验码"], "共4份"):
            assert words in text
        assert "{{" not in text
        assert "复印件" in self.text(word.form(printed(outcome="administrative", zone="样例赛区")))

    def test_the_word_template_is_the_one_its_script_makes(self) -> None:
        assert word_template.TEMPLATE.read_bytes() == word_template.made(), (
            "run `python -m services.registration.documents.word_template`"
        )

    @staticmethod
    def text(file: bytes) -> str:
        document = Document(BytesIO(file))
        cells = [cell.text for table in document.tables for row in table.rows for cell in row.cells]
        paragraphs = [*document.paragraphs, *document.sections[0].footer.paragraphs]
        return "\n".join([*(paragraph.text for paragraph in paragraphs), *cells])

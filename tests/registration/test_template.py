"""The office's own Word template of the printed form: what is taken, what is used."""

from io import BytesIO
from typing import Any
from zipfile import ZIP_DEFLATED, ZipFile

import pytest
from docx import Document

from services.registration.documents import own_template, word, word_template
from services.registration.model.season import season
from services.registration.model.template import ReplaceTemplate, RevertTemplate, template
from shared.contracts.templates import TemplateReplaced, TemplateReverted
from shared.kernel.filekinds import Unfit
from tests.registration.given import OPENED_SEASON
from tests.registration.test_paper import printed
from tests.spec import Spec, at

SEASON = 2021
REPLACE = ReplaceTemplate(season=SEASON, sha256="a" * 64, name="样例模板.docx")
REPLACED = TemplateReplaced(season=SEASON, sha256="a" * 64, name="样例模板.docx")
REVERTED = TemplateReverted(season=SEASON)
NOW = at("06-01 09:00")


def written(*paragraphs: str) -> bytes:
    """A Word document with these lines."""
    document, file = Document(), BytesIO()
    for paragraph in paragraphs:
        document.add_paragraph(paragraph)
    document.save(file)
    return file.getvalue()


def with_part(content: bytes, name: str, part: bytes) -> bytes:
    """The document with one more entry in its archive."""
    file = BytesIO(content)
    with ZipFile(file, "a", ZIP_DEFLATED) as archive:
        archive.writestr(name, part)
    return file.getvalue()


class TestChoice:
    none = Spec(template)
    open = none.beside(season, "season-2021", OPENED_SEASON)

    def test_the_own_template_takes_the_place_of_the_default_one_until_it_is_taken_back(self) -> None:
        used = self.open.when(REPLACE, now=NOW).then(REPLACED)
        assert used.when(RevertTemplate(season=SEASON), now=NOW).then(REVERTED).state is None

    def test_what_is_so_already_is_not_recorded_again(self) -> None:
        self.open.when(RevertTemplate(season=SEASON), now=NOW).then()
        self.open.given(REPLACED).when(REPLACE, now=NOW).then()

    def test_a_season_has_to_be_open(self) -> None:
        self.none.when(REPLACE, now=NOW).refused("SEA-2", "尚未开启")


class TestContent:
    def test_the_default_template_would_be_taken_itself(self) -> None:
        own_template.check(word_template.TEMPLATE.read_bytes(), "登记表.docx")

    def test_the_sample_has_every_placeholder_that_a_form_fills(self) -> None:
        said = printed()
        assert own_template.SAMPLE.keys() == said.keys()
        assert own_template.SAMPLE["联系人"].keys() == said["联系人"].keys()
        assert own_template.SAMPLE["参赛团队"][0].keys() == said["参赛团队"][0].keys()

    def test_an_own_layout_is_filled(self) -> None:
        own = written("本办样式：{{ 单位名称 }}", "{%p for 团队 in 参赛团队 %}", "{{ 团队.名称 }}", "{%p endfor %}")
        own_template.check(own, "样式.docx")
        text = [paragraph.text for paragraph in Document(BytesIO(word.form(printed(), own))).paragraphs]
        assert text == ["本办样式：上海市黄浦区城市管理行政执法局", "外滩中队"]

    @pytest.mark.parametrize(
        ("text", "words"),
        [
            ("{{ 邮政编码 }}", "“邮政编码”不存在"),
            ("{{ 联系人.年龄 }}", "“年龄”不存在"),
            ("{{ 联系人.人数 }}", "用错了地方"),
            ("{% if 份数 == 3 %}{{ 邮政编码 }}{% endif %}", "“邮政编码”不存在"),
            ("{{ 单位名称 ", "成对"),
            ("{% if 备案 %}复印件", "成对"),
            ("{{ 单位名称.__class__.__mro__ }}", "不存在"),
            ("{{ 单位名称|upper }}", "不支持"),
            ("{{ '样' * 100000000 }}", "不支持"),
            ("{% for n in range(100000) %}样{% endfor %}", "不支持"),
            ("{% for a in 参赛团队 %}{% for b in 参赛团队 %}样{% endfor %}{% endfor %}", "不支持"),
            ("{% set 单位名称 = 1 %}", "不支持"),
        ],
    )
    def test_what_is_wrong_is_said(self, text: str, words: str) -> None:
        with pytest.raises(Unfit, match=words):
            own_template.check(written(text), "样例.docx")

    @pytest.mark.parametrize(
        ("content", "name", "words"),
        [
            (b"%PDF-1.7\nsample", "样例.docx", "后缀"),
            (b"PK\x03\x04 nothing behind it", "样例.docx", "损坏"),
            (word_template.made()[:2000], "样例.docx", "损坏"),
            (with_part(written("样例"), "word/vbaProject.bin", b"sample"), "样例.docx", "宏"),
            (with_part(written("样例"), "word/bomb.xml", b"0" * 30_000_000), "样例.docx", "过大"),
            (with_part(written("样例"), "word/big.xml", bytes(range(256)) * 50_000), "样例.docx", "过大"),
            (written("样例"), "样例.docm", "后缀"),
        ],
    )
    def test_what_is_no_word_document_is_turned_away(self, content: bytes, name: str, words: str) -> None:
        with pytest.raises(Unfit, match=words):
            own_template.check(content, name)


def test_what_the_office_wrote_beside_the_placeholders_stays() -> None:
    said: dict[str, Any] = printed(theme="A & B < C")
    made = Document(BytesIO(word.form(said, written("说明：{{ 竞赛主题 }}，完"))))
    assert made.paragraphs[0].text == "说明：A & B < C，完"

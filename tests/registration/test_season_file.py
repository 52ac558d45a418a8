"""`season.yaml`: a sound one is read whole, a faulty one refused whole with every fault by line."""

import json
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from shared.contracts.season import ITEM_IDS
from shared.contracts.season_file import MOST_BYTES, Fault, FaultySeason, parse, schema
from tests.registration.given import DOCUMENT, SEASON_FILE
from tests.spec import at

TEXT = SEASON_FILE.read_text(encoding="utf-8")


def faults(text: str) -> list[Fault]:
    with pytest.raises(FaultySeason) as refused:
        parse(text)
    assert str(refused.value).count("\n") == len(refused.value.errors) - 1
    return refused.value.errors


def spoil(text: str, old: str, new: str) -> tuple[str, int]:
    """The text with one place changed, and the line of that place."""
    assert text.count(old) == 1, f"{old!r} is there {text.count(old)} times"
    return text.replace(old, new), text[: text.index(old)].count("\n") + 1


def test_the_season_of_2021_is_as_the_notice_has_it() -> None:
    assert DOCUMENT.registration.closes_at == at("06-18 00:00")
    assert tuple(item.id for item in DOCUMENT.items) == ITEM_IDS
    assert DOCUMENT.items[0].campaigns == ("建党百年", "第十届花博会", "第四届进博会", "疫情防控")
    assert [stage.name for stage in DOCUMENT.stages] == ["动员部署阶段", "组织实施阶段", "考核推进阶段", "评比表彰阶段"]
    outcomes = DOCUMENT.registration.outcomes
    assert (outcomes.here.copies, outcomes.administrative.copies) == (4, 1)
    assert DOCUMENT.registration.reminder_working_days == (7, 3, 1, 0)


def test_it_names_the_twenty_units_in_official_order() -> None:
    assert " ".join(unit.id for unit in DOCUMENT.units) == (
        "huangpu xuhui changning jingan putuo hongkou yangpu minhang baoshan jiading pudong jinshan songjiang"
        " qingpu fengxian chongming zongdui jichang zimaoqu lingang"
    )
    assert [unit.group for unit in DOCUMENT.units] == ["district"] * 16 + ["municipal"] * 4
    regions = [unit.region for unit in DOCUMENT.units[:16]]
    assert regions == sorted(regions)


def test_its_scheme_gives_a_hundred_points_at_most() -> None:
    lines = [line for line in DOCUMENT.scheme.lines if line.formula != "deduction"]
    assert sum(line.points if line.cap is None else line.cap for line in lines) == 100_00
    assert {line.item for line in lines if line.kind == "activity"} == set(ITEM_IDS)
    assert {line.part for line in lines if line.kind == "visit"} == {"initial", "routine", "midyear", "final"}
    assert {line.source for line in DOCUMENT.scheme.lines} == {"sample"}


ONE_FAULT = [
    # YAML itself
    ("zone:\n  id: cgzf", "zone:\n id: cgzf", 2, "", "YAML 格式有误"),
    ("name: 2021年度城市管理", "name: [2021年度城市管理", 1, "", "YAML 格式有误"),
    ("season: 2021\n", "season: 2021\n---\n", 1, "", "YAML 格式有误"),
    ("season: 2021\n", "season: \t2021\x07\n", 0, "", "控制字符"),
    ("copies: 4", "copies: *four", 0, "registration.outcomes.here.copies", "不能用“*four”"),
    ("notice: 沪城管竞〔2021〕2号", 'notice: "\\0"', 0, "notice", "不能使用的字符"),
    ("notice: 沪城管竞〔2021〕2号", 'notice: "\\uD800"', 0, "notice", "不能使用的字符"),
    ("notice: 沪城管竞〔2021〕2号", "notice: !!python/name:os.system x", 0, "notice", "特殊写法"),
    ("notice: 沪城管竞〔2021〕2号", "notice: 沪\nnotice: 竞", 1, "notice", "写了两次"),
    ("notice: 沪城管竞〔2021〕2号", "notice: " + "[" * 50 + "]" * 50, 0, "", "层次过深"),
    # unknown, missing and mistyped
    ("notice: 沪城管竞", "notise: 沪城管竞", 0, "notise", "没有这一项"),
    ("  id: cgzf\n", "", -1, "zone.id", "缺少这一项"),
    ("season: 2021\n", 'season: "2021"\n', 0, "season", "应为整数"),
    ("season: 2021\n", "season: 2021.5\n", 0, "season", "应为整数"),
    ("season: 2021\n", "season: 1021\n", 0, "season", "不能小于2000"),
    ("season: 2021\n", f"season: {'9' * 5000}\n", 0, "season", "应为整数"),
    ('region: "310104"', "region: 310104", 0, "units[2].region", "加引号"),
    ('region: "310104"', 'region: "31010"', 0, "units[2].region", "6位数字"),
    ("id: xuhui,", "id: Xuhui,", 0, "units[2].id", "小写字母开头"),
    ("id: on-time,", "id: 按时,", 0, "scheme.lines[1].id", "小写字母、数字"),
    ("short: 徐汇", 'short: ""', 0, "units[2].short", "不能为空"),
    ("short: 徐汇", f"short: {'徐' * 101}", 0, "units[2].short", "不能超过100个字"),
    ("short: 徐汇", "short: yes", 0, "units[2].short", "应为文字"),
    ("short: 徐汇, group: district", "short: 徐汇, group: 区局", 0, "units[2].group", "只能填 district、municipal"),
    ("most: 17.5", "most: 17.555", 0, "checklists[4].entries[3].most", "最多两位小数"),
    ("most: 17.5", "most: true", 0, "checklists[4].entries[3].most", "最多两位小数"),
    ("most: 17.5", "most: 1.0e+999", 0, "checklists[4].entries[3].most", "最多两位小数"),
    ("most: 17.5", "most: .nan", 0, "checklists[4].entries[3].most", "最多两位小数"),
    ("counts_from: 2021-03-01", "counts_from: 2021-02-30", 0, "scheme.counts_from", "应为日期"),
    ("counts_from: 2021-03-01", "counts_from: 20210301", 0, "scheme.counts_from", "应为日期"),
    ("closes_at: 2021-06-18T00:00:00+08:00", "closes_at: 2021-06-18T00:00:00", 0, "registration.closes_at", "带时区"),
    ("closes_at: 2021-06-18T00:00:00+08:00", "closes_at: 1623945600", 0, "registration.closes_at", "带时区"),
    ("campaigns: [7.15公众开放日, 城管执法局长接热线]", "campaigns: 公众开放日", 0, "items[9].campaigns", "应为列表"),
    ("zone:\n  id: cgzf\n  name: 城市管理行政执法分赛区\n  source: §三", "zone: 城管", 0, "zone", "名称: 值"),
    # what the parts must say together
    ("id: xuhui,", "id: huangpu,", 0, "units[2].id", "编号“huangpu”重复"),
    ("short: 徐汇,", "short: 黄浦,", 0, "units[2].short", "简称“黄浦”重复"),
    ("order: 2,", "order: 3,", 0, "units[2].order", "此处应为2"),
    ('- {id: "2.1", area: "2",', '- {id: "2.1", area: "7",', 0, "items[4].area", "没有方面“7”"),
    ('- {id: "2.2", area: "2",', '- {id: "2.2", area: "3",', 0, "items[5].area", "同一方面"),
    ("ends: 2021-06-30", "ends: 2021-02-28", 0, "stages[1].ends", "末日早于首日"),
    ("starts: 2021-12-01", "starts: 2021-03-31", 0, "stages[4].starts", "早于前一阶段"),
    ("closes_at: 2021-06-18", "closes_at: 2022-06-18", 0, "registration.closes_at", "不在各阶段的起止日期之内"),
    ("opens_at: 2021-05-24", "opens_at: 2021-06-24", 1 + 1, "registration.closes_at", "晚于开放时刻"),
    ("days: [7, 3, 1, 0]", "days: [7, 3, 3, 0]", 0, "registration.reminder_working_days[3]", "重复"),
    ('items: ["1.1", "2.1",', 'items: ["1.1", "1.1",', 0, "registration.outcomes.administrative.items[2]", "重复"),
    ("id: digital, name", "id: delta, name", 1, "registration.fields[3].id", "重复"),
    ("most: 17.5", "most: 17.51", -3, "checklists[4].entries", "应为100.00分，现为100.01分"),
    ("part: midyear\n", "part: routine\n", None, "checklists", "缺少中途检查"),
    ("points: 0.75, cap: 5", "points: 0.75, cap: -5", 0, "scheme.lines[12].cap", "封顶不能小于0"),
    ("formula: fixed, points: 4,", "formula: fixed, points: 4, cap: 9,", 0, "scheme.lines[1].cap", "不需要封顶"),
    ("formula: fixed, points: 4,", "formula: mean, points: 4,", 0, "scheme.lines[1].formula", "只能用 fixed"),
    ("formula: fixed, points: 4,", "formula: fixed, points: 0,", 0, "scheme.lines[1].points", "分值应大于0"),
    ("formula: fixed, points: 4,", 'formula: fixed, points: 4, item: "1.1",', 0, "scheme.lines[1].item", "activity"),
    ("formula: fixed, points: 4,", "formula: fixed, points: 4, part: final,", 0, "scheme.lines[1].part", "只有 visit"),
    ("formula: fixed, points: 4,", "formula: fixed, points: 4, stage: spring,", 0, "scheme.lines[1].stage", "没有阶段"),
    ('area: "3", item: "3.2"', 'area: "2", item: "3.2"', 0, "scheme.lines[12].area", "属于方面“3”"),
    ("id: complete, name", "id: on-time, name", 0, "scheme.lines[2].id", "重复"),
    ("counts_from: 2021-03-01", "counts_from: 2022-03-01", 0, "scheme.counts_from", "起算日"),
]  # fmt: skip


@pytest.mark.parametrize(("old", "new", "below", "field", "words"), ONE_FAULT)
def test_a_fault_is_named_by_its_line(old: str, new: str, below: int | None, field: str, words: str) -> None:
    text, line = spoil(TEXT, old, new)
    found = [(fault.line, fault.field) for fault in faults(text) if words in fault.sentence]
    expected = line + below if below is not None else text[: text.index("\nchecklists:")].count("\n") + 2
    assert found == [(expected, field)], faults(text)


def test_one_fault_is_not_told_twice() -> None:
    text, line = spoil(TEXT, "order: 2,", "order: 3,")
    assert faults(text) == [Fault(line, "units[2].order", "排序应从1起连续编号，此处应为2。")]


def test_every_fault_is_told_at_once_in_the_order_of_lines() -> None:
    text, lines = TEXT, []
    for old, new in [
        ("notice: 沪城管竞", "notise: 沪城管竞"),
        ("ends: 2021-06-30", "ends: 2021-02-28"),
        ("order: 2,", "order: two,"),
        ("short: 静安,", "short: 徐汇,"),
        ("most: 17.5", "most: 17.51"),
        ("points: 0.75, cap: 5", "points: 0.75, cap: -5"),
    ]:
        text, line = spoil(text, old, new)
        lines.append(line)
    found = faults(text)
    assert found == sorted(found)
    told = {fault.line for fault in found}
    assert told.issuperset(lines[:4]) and lines[5] in told
    assert [fault.field for fault in found if "100.01" in fault.sentence] == ["checklists[4].entries"]
    assert any(fault.field == "notice" and "缺少" in fault.sentence for fault in found)


@pytest.mark.parametrize("text", ["", "# 空\n", "null", "[]", "春天", "42", "? [a]\n: b", "- - -\n"])
def test_what_is_no_season_at_all_is_said_to_be_none(text: str) -> None:
    assert all(fault.line == 1 for fault in faults(text))


def test_a_season_without_units_is_none() -> None:
    start, end = TEXT.index("units:\n"), TEXT.index("# ----", TEXT.index("units:\n"))
    text = TEXT[:start] + "units: []\n" + TEXT[end:]
    assert [(fault.field, fault.sentence) for fault in faults(text)] == [("units", "至少要有1项。")]


def test_an_item_left_out_is_missed() -> None:
    text, _ = spoil(TEXT, '  - {id: "1.2", area: "1", name: 数字化转型, source: §二(一)2}\n', "")
    found = {fault.field: fault.sentence for fault in faults(text)}
    assert "缺少：1.2" in found["items"]
    assert "没有竞赛内容“1.2”" in found["registration.outcomes.here.items[2]"]


def test_a_stage_may_last_one_day() -> None:
    text, _ = spoil(TEXT, "starts: 2021-12-01, ends: 2021-12-31", "starts: 2021-12-31, ends: 2021-12-31")
    assert parse(text).stages[3].starts == parse(text).stages[3].ends


def test_filling_notes_belong_to_fields_that_the_form_has() -> None:
    assert DOCUMENT.registration.notes["goals"].endswith("（样例）")
    (fault,) = faults(TEXT.replace("    goals: 写明", "    goalz: 写明"))
    assert (fault.field, TEXT.splitlines()[fault.line - 1].strip()[:6]) == ("registration.notes.goalz", "goals:")
    assert "opinion_unit" in fault.sentence


def test_a_file_from_a_windows_editor_is_read_as_well() -> None:
    assert parse("\ufeff" + TEXT.replace("\n", "\r\n")) == DOCUMENT


def test_bombs_are_refused_quickly() -> None:
    laughs = "a: &a [x, x]\n" + "".join(
        f"{b}: &{b} [*{a}, *{a}]\n" for a, b in zip("abcdefgh", "bcdefghi", strict=True)
    )
    assert any("不能用“*a”" in fault.sentence for fault in faults(laughs))
    (large,) = faults(TEXT + "#" * MOST_BYTES)
    assert "256 KB" in large.sentence
    (deep,) = faults("{a: " * 10_000)
    assert "层次过深" in deep.sentence


def test_the_schema_describes_the_file_to_an_office() -> None:
    validator: Any = Draft202012Validator(schema())
    Draft202012Validator.check_schema(schema())
    assert list(validator.iter_errors(DOCUMENT.model_dump(mode="json", exclude_none=True))) == []
    spoilt = json.loads(DOCUMENT.model_dump_json(exclude_none=True))
    spoilt["units"][1]["colour"] = "red"
    assert [list(error.absolute_path) for error in validator.iter_errors(spoilt)] == [["units", 1]]
    properties = [p for part in (schema(), *schema()["$defs"].values()) for p in part["properties"].values()]
    titles = [str(p.get("title", "")) for p in properties if "$ref" not in p]
    assert all(not title.isascii() for title in titles), titles


def test_the_schema_beside_the_seasons_is_the_generated_one() -> None:
    beside = SEASON_FILE.parents[1] / "season.schema.json"
    assert json.loads(beside.read_text(encoding="utf-8")) == schema()

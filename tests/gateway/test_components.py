"""The parts that pages are made of: forms, workbooks, dates."""

import re
import zipfile
from collections.abc import AsyncIterator
from datetime import datetime
from io import BytesIO
from pathlib import Path
from typing import Any, get_args

import pytest
from python_calamine import CalamineWorkbook

from services.gateway.console import formats
from services.gateway.console.components.form import Form
from services.gateway.console.components.workbook import Column, annotated, export
from services.gateway.console.navigation import MENU
from services.gateway.console.registrations.fields import (
    LABELS,
    PEOPLE,
    PLAIN,
    body_of,
    values_of,
    with_teams,
    written,
)
from services.gateway.console.registrations.office_routes import end_of
from services.gateway.front import same_origin, service_of
from services.registration.model.commands import FORM_LABELS
from shared.contracts.season import FormField
from shared.contracts.season_file import Fault
from shared.kernel.messages import SHANGHAI
from shared.kernel.problems import Problem

FORMULAS = ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", '=HYPERLINK("http://elsewhere.example")', "普通文字"]


async def downloaded(rows: list[dict[str, Any]], *columns: Column) -> bytes:
    async def each() -> AsyncIterator[dict[str, Any]]:
        for row in rows:
            yield row

    answer = await export("导出", columns, each())
    return b"".join([bytes(chunk) async for chunk in answer.body_iterator])  # type: ignore[arg-type]


def sheet(workbook: bytes) -> list[list[Any]]:
    return CalamineWorkbook.from_object(BytesIO(workbook)).get_sheet_by_index(0).to_python()


async def test_what_looks_like_a_formula_stays_text_in_an_export() -> None:
    workbook = await downloaded([{"text": text} for text in FORMULAS], Column("文字", lambda row: row["text"]))
    assert [row[0].strip() for row in sheet(workbook)[1:]] == [text.strip() for text in FORMULAS]
    with zipfile.ZipFile(BytesIO(workbook)) as parts:
        cells = parts.read("xl/worksheets/sheet1.xml").decode()
        styles = parts.read("xl/styles.xml").decode()
    assert "<f>" not in cells
    assert 'quotePrefix="1"' in styles  # copied into another sheet it stays text


async def test_an_export_has_every_row_with_numbers_as_numbers() -> None:
    rows = [{"n": n, "half": n / 2, "none": None} for n in range(3000)]
    workbook = await downloaded(
        rows,
        Column("数", lambda row: row["n"]),
        Column("半", lambda row: row["half"]),
        Column("空", lambda row: row["none"]),
    )
    found = sheet(workbook)
    assert found[0][:2] == ["数", "半"]
    assert found[3000][:2] == [2999, 1499.5]
    assert len(found) == 3001


def test_an_annotated_upload_has_each_fault_beside_its_line() -> None:
    faults = [Fault(2, "units[1]", "缺少这一项，请补写。"), Fault(2, "", "应为整数。"), Fault(9, "", "缺少考评表。")]
    found = sheet(annotated("season: 2021\n=cmd\nname: 某赛季", faults))
    assert found[0] == ["行号", "原文", "错误和改法"]
    assert found[2] == [2, "=cmd", "units[1]：缺少这一项，请补写。\n应为整数。"]
    assert found[3][:2] == [3, "name: 某赛季"]


def test_a_problem_stands_beside_its_fields_and_the_key_is_new() -> None:
    form = Form({"leader.mobile": "x"}, key="first")
    errors = [{"field": "leader.mobile", "detail": "格式不正确。"}, {"field": "document", "detail": "内容过多。"}]
    assert form.refuse(Problem(422, "有2处错误：leader.mobile格式不正确。", errors=errors)) == 422
    assert form.errors["leader.mobile"] == "格式不正确。"
    assert form.values == {"leader.mobile": "x"}
    assert form.key != "first"
    assert form.message == "有1处错误，请改正标红的项目后重新提交。内容过多。"


def test_an_unknown_outcome_is_repeated_with_the_same_key() -> None:
    form = Form(key="first")
    form.refuse(Problem(503, "结果未知"))
    assert form.key == "first"


PERSON = {"name": "样例", "duty": "局长", "mobile": "13900000000", "email": None}
SUBMITTED: dict[str, Any] = {
    "outcome": "here",
    "zone": "城市管理行政执法分赛区",
    "credit_code": "1131010100000000XX",
    "no_credit_code_reason": None,
    "field": "digital",
    "category": "district-bureau",
    "theme": "主题",
    **dict.fromkeys(("unit_nature", "address", "affiliation", "goals", "opinion_unit", "opinion_superior")),
    "opinion_zone": None,
    "signed_off_by": "leader",
    "signed_off_on": "2021-05-31",
    "teams": [
        {"name": f"第{n}队", "field": "force", "category": "team", "size": n, "leader": PERSON if n == 1 else None}
        for n in range(3)
    ],
    "leader": PERSON,
    "deputy": PERSON,
    "contact": None,
}


def test_a_submitted_form_comes_back_as_the_same_command() -> None:
    body = body_of(values_of(SUBMITTED))
    person = {name: value for name, value in PERSON.items() if value}
    assert body == {
        "outcome": "here",  # the zone is ours and left out, like what is empty
        "credit_code": "1131010100000000XX",
        "field": "digital",
        "category": "district-bureau",
        "theme": "主题",
        "signed_off_by": "leader",
        "signed_off_on": "2021-05-31",
        "leader": person,
        "deputy": person,
        "contact": {},
        "teams": [
            {
                "name": f"第{n}队",
                "field": "force",
                "category": "team",
                "size": n,
                **({"leader": person} if n == 1 else {}),
            }
            for n in range(3)
        ],
    }


def test_teams_are_added_and_removed_without_losing_what_was_typed() -> None:
    values = {**values_of(SUBMITTED), "theme": "改了一半"}
    fewer = with_teams(values, "remove.1")
    assert [team["name"] for team in body_of(fewer)["teams"]] == ["第0队", "第2队"]
    first = body_of(with_teams(values, "remove.0"))["teams"][0]
    assert (first["name"], first["leader"]["name"]) == ("第1队", "样例")  # its leader moves along
    more = with_teams(fewer, "add")
    assert more["teams.2.name"] == ""
    assert more["theme"] == "改了一半"


def test_a_draft_keeps_what_was_filled_in_and_nothing_of_the_page() -> None:
    sent = {**values_of(SUBMITTED), "csrf": "x", "key": "x", "version": "3", "draft": "2", "page": "x", "action": "add"}
    kept = written(sent)
    assert body_of(kept) == body_of(values_of(SUBMITTED))
    assert not {"csrf", "key", "version", "draft", "page", "action"} & kept.keys()
    assert all(kept.values())


def test_every_label_of_the_form_has_a_field_beside_which_its_remark_stands() -> None:
    assert tuple(LABELS) == FORM_LABELS
    assert set(LABELS.values()) == set(get_args(FormField))
    assert {name for name, _ in PEOPLE} | {"teams"} | set(PLAIN) == set(get_args(FormField))


def test_a_last_day_ends_at_its_midnight() -> None:
    assert end_of("2021-06-17") == "2021-06-18T00:00:00+08:00"
    assert end_of("9999-12-31") is None
    assert end_of("明天") is None


def test_dates_are_written_as_official_letters_write_them() -> None:
    closes = "2021-06-18T00:00:00+08:00"
    assert formats.last_day(closes) == "2021年6月17日（周四）"
    assert formats.until(closes) == "2021年6月17日（周四）24:00"
    assert formats.moment("2021-06-17T01:05:00+00:00") == "2021年6月17日（周四）09:05"
    assert not formats.is_over(closes, datetime(2021, 6, 17, 23, 59, tzinfo=SHANGHAI))
    assert formats.is_over(closes, datetime(2021, 6, 18, tzinfo=SHANGHAI))


@pytest.mark.parametrize(
    ("path", "service"),
    [
        ("/api/v1/registration/seasons", "registration"),
        ("/api/v1/leaderboards/2021/overall", "scoring"),
        ("/api/v1/leaderboards/2021/overall/stream", None),
        ("/api/v1/units/huangpu/points", "scoring"),
        ("/api/v1/units/huangpu", None),
        ("/feeds/agreement-1", "feeds"),
        ("/api/v1/feeds/agreements", "feeds"),
        ("/internal/log", None),
        ("/api/v1/session", None),
        ("/", None),
    ],
)
def test_only_what_is_public_is_passed_on(path: str, service: str | None) -> None:
    assert service_of(path) == service


@pytest.mark.parametrize(
    ("headers", "ours"),
    [
        ({}, True),
        ({"sec-fetch-site": "same-origin", "origin": "null"}, True),
        ({"sec-fetch-site": "none"}, True),
        ({"sec-fetch-site": "same-site"}, False),
        ({"sec-fetch-site": "cross-site"}, False),
        ({"origin": "http://ligong.example:8000", "host": "ligong.example:8000"}, True),
        ({"origin": "http://ligong.example:9000", "host": "ligong.example:8000"}, False),
        ({"origin": "null", "host": "ligong.example"}, False),
    ],
)
def test_a_browser_says_where_a_request_comes_from(headers: dict[str, str], ours: bool) -> None:
    assert same_origin(headers) is ours


def test_every_icon_that_is_named_is_served() -> None:
    folder = Path(formats.__file__).parent
    styles = (folder.parent / "static/vendor/tabler-icons.min.css").read_text()
    named = {entry.icon for entry in MENU}
    for template in folder.rglob("*.html"):
        named |= set(re.findall(r"ti ti-([a-z][a-z-]+)", template.read_text()))
    assert [name for name in sorted(named) if f".ti-{name}:before" not in styles] == []

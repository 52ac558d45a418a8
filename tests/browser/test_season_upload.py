"""赛季: a faulty file comes back with every error at its line, a good one opens the season."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest_asyncio
from playwright.async_api import Browser, expect
from python_calamine import CalamineWorkbook

from tests.browser.visit import sign_in
from tests.e2e.season import TEXT
from tests.gateway.visitor import World, world
from tests.servers import Databases, KafkaServer


@pytest_asyncio.fixture(scope="module")
async def empty(databases: Databases, clean_kafka: KafkaServer) -> AsyncIterator[World]:
    """A platform before its first season."""
    async with world(databases, clean_kafka.bootstrap, "registration", "notification") as made:
        await made.stack.clock.execute("update clock set now = '2021-05-01T09:00:00+08:00'")
        yield made


async def test_a_season_is_opened_from_a_file(browser: Browser, empty: World, tmp_path: Path) -> None:
    page = await sign_in(browser, empty.stack.gateway, "office")
    await page.get_by_role("link", name="导入赛季文件").click()
    await page.get_by_role("button", name="导入并开启").click()
    await expect(page.locator(".invalid-feedback")).to_contain_text("请选择赛季文件")

    faulty = tmp_path / "2021年赛季.yaml"
    faulty.write_text(
        TEXT.replace('region: "310101"', "region: 310101").replace("closes_at: 2021-06-18", "closes_at: 6-18")
    )
    await page.get_by_label("赛季文件").set_input_files(faulty)
    await page.get_by_role("button", name="导入并开启").click()
    await expect(page.get_by_role("alert")).to_contain_text("没有开启")
    faults = page.locator("tbody tr", has_text="units[1].region")
    line = next(n for n, each in enumerate(TEXT.splitlines(), start=1) if 'region: "310101"' in each)
    await expect(faults.locator("td").first).to_have_text(str(line))

    async with page.expect_download() as download:
        await page.get_by_role("link", name="下载错误标注表").click()
    file = await download.value
    assert file.suggested_filename == "2021年赛季-错误标注.xlsx"
    sheet = CalamineWorkbook.from_path(await file.path()).get_sheet_by_index(0).to_python()
    assert sheet[line][0] == line
    assert "加引号" in str(sheet[line][2])

    good = tmp_path / "season.yaml"
    good.write_text(TEXT)
    await page.get_by_label("赛季文件").set_input_files(good)
    await page.get_by_role("button", name="导入并开启").click()
    await page.wait_for_url("**/seasons?at=*")
    await expect(page.locator("tbody tr")).to_contain_text("2021年度城市管理行政执法分赛区立功竞赛")

    await page.get_by_label("赛季文件").set_input_files(good)
    await page.get_by_role("button", name="导入并开启").click()
    await expect(page.get_by_role("alert")).to_contain_text("已经开启")


async def test_only_the_one_who_uploaded_gets_the_annotated_file(browser: Browser, empty: World) -> None:
    (kept,) = await empty.execute(
        "insert into faulty_upload (account, name, workbook) values ('x', 'y', '') returning id"
    )
    page = await sign_in(browser, empty.stack.gateway, "office")
    answer = await page.goto(f"/seasons/faulty/{kept['id']}")
    assert answer is not None
    assert answer.status == 404

"""参赛人员: a unit imports its people, mends a faulty list, corrects and transfers; the office sees everybody."""

import asyncio
from pathlib import Path
from typing import Any

from playwright.async_api import Browser, Download, expect

from tests.browser.visit import sign_in
from tests.gateway.visitor import World
from tests.workbooks import HEAD, lines_of, person, workbook

OWN = "上海市徐汇区城市管理行政执法局"


async def _lines(download: Download) -> list[list[Any]]:
    return lines_of(await asyncio.to_thread(Path(await download.path()).read_bytes))


async def test_a_unit_imports_a_list_mends_it_and_sees_its_people(
    browser: Browser, platform: World, tmp_path: Path
) -> None:
    page = await sign_in(browser, platform.stack.gateway, "xuhui")
    await page.get_by_role("link", name="参赛人员").click()
    await expect(page.locator(".empty-title")).to_contain_text("没有参赛人员")
    async with page.expect_download() as download:
        await page.get_by_role("link", name="下载模板").click()
    template = await download.value
    assert template.suggested_filename == "2021年参赛人员模板.xlsx"
    assert (await _lines(template))[0] == list(HEAD)

    await page.get_by_role("link", name="导入名单").click()
    await page.get_by_role("button", name="导入名单").click()
    await expect(page.locator(".invalid-feedback")).to_contain_text("请选择")

    rows = [person(n, own=OWN) for n in range(900_001, 900_006)]
    faulty = [*rows[:2], ["", *rows[2][1:]], rows[3], [*rows[4][:2], "", *rows[4][3:]]]
    file = tmp_path / "名单.xlsx"
    file.write_bytes(workbook(faulty))
    await page.get_by_label("名单").set_input_files(file)
    await page.get_by_role("button", name="导入名单").click()
    await expect(page.get_by_role("alert")).to_contain_text("2行有错误，没有导入任何人员")
    table = page.locator("tbody tr")
    await expect(table).to_have_count(2)
    await expect(table.first).to_contain_text("姓名")
    await expect(table.last).to_contain_text("执法证号和手机号码请至少填写一项")
    async with page.expect_download() as download:
        await page.get_by_role("link", name="下载错误标注表").click()
    copy = await download.value
    lines = await _lines(copy)
    assert lines[0] == [*HEAD, "错误和改法"]
    assert [bool(line[6]) for line in lines[1:]] == [False, False, True, False, True]
    (kept,) = await platform.execute("select id, workbook from faulty_upload where account = 'xuhui'")
    assert not kept["workbook"].startswith(b"PK")  # it is sealed: nobody but the page's reader can open it
    answer = await page.request.get(f"/people/faulty/{kept['id']}?key={'A' * 22}")
    assert answer.status == 404

    file.write_bytes(workbook(rows))
    await page.get_by_label("名单").set_input_files(file)
    await page.get_by_role("button", name="导入名单").click()
    await expect(page.get_by_role("status")).to_contain_text("新增5人")
    await expect(page.locator("tbody tr")).to_have_count(5)
    await expect(page.locator(".timeline")).to_contain_text("登报参赛人员5人")

    await page.locator("tbody tr").first.get_by_role("link", name="更正").click()
    await page.get_by_label("所在团队").fill("样例中队")
    await page.get_by_role("button", name="更正").click()
    await expect(page.locator("tbody tr").first).to_contain_text("样例中队")

    await page.locator("tbody tr").last.get_by_role("link", name="移出").click()
    await page.get_by_role("button", name="移出").click()
    await expect(page.locator(".invalid-feedback")).to_contain_text("必填")
    await page.get_by_label("原因").select_option("退休")
    await page.get_by_role("button", name="移出").click()
    await expect(page.locator("tbody tr")).to_have_count(4)

    await page.locator("tbody tr").last.get_by_role("link", name="转隶").click()
    await page.get_by_label("转入单位").select_option("上海市闵行区城市管理行政执法局")
    await page.get_by_label("转隶后的管理归属").fill("上海市闵行区城市管理行政执法局")
    await page.get_by_role("button", name="转隶").click()
    await expect(page.locator("tbody tr")).to_have_count(3)
    await expect(page.locator(".timeline")).to_contain_text("转隶1人至上海市闵行区城市管理行政执法局")


async def test_the_office_finds_people_across_units_and_exports_them(
    browser: Browser, platform: World, tmp_path: Path
) -> None:
    page = await sign_in(browser, platform.stack.gateway, "office")
    await page.goto("/people/import?season=2021")
    await page.get_by_label("参赛单位").select_option("上海市普陀区城市管理行政执法局")
    file = tmp_path / "名单.xlsx"
    file.write_bytes(workbook([person(910_001, name="=样例"), person(910_002)]))
    await page.get_by_label("名单").set_input_files(file)
    await page.get_by_role("button", name="导入名单").click()
    await expect(page.get_by_role("status")).to_contain_text("新增2人")

    await page.goto("/people?season=2021")
    await page.get_by_role("searchbox").fill("yl-910001")
    await page.get_by_role("button", name="查询").click()
    await expect(page.locator(".console-count")).to_contain_text("共1人")
    await expect(page.locator("tbody tr")).to_contain_text("普陀")
    async with page.expect_download() as download:
        await page.get_by_role("link", name="导出Excel").click()
    copy = await download.value
    assert copy.suggested_filename == "2021年参赛人员.xlsx"
    lines = await _lines(copy)
    assert lines[0][:4] == ["参赛单位", "姓名", "手机号码", "执法证号"]
    assert [line[1] for line in lines[1:]] == ["=样例"]
    exported = await platform.execute("select object from audit where action = 'exported' and account = 'office'")
    assert not [row for row in exported if "910001" in row["object"]]

"""登记总览 and 通讯录: the office sees who is outstanding, urges, copies, exports; the leading group sees it masked."""

from docx import Document
from playwright.async_api import Browser, expect
from python_calamine import CalamineWorkbook

from tests.browser.visit import sign_in
from tests.e2e.season import DOCUMENT
from tests.gateway.visitor import World


async def test_the_office_finds_urges_copies_and_exports(browser: Browser, platform: World) -> None:
    page = await sign_in(browser, platform.stack.gateway, "office")
    await page.get_by_role("link", name="登记总览").click()
    rows = page.locator("table.console-list tbody tr")
    assert await rows.count() == 20
    sums = page.locator("table.console-sums tbody tr")
    assert [await row.locator("th").inner_text() for row in await sums.all()] == ["区局", "市属", "合计"]
    assert (await sums.last.locator("td").all_inner_texts())[0] == "20"

    await page.get_by_label("全部分组").select_option("municipal")
    await page.get_by_label("只看未完成").check()
    await page.get_by_role("button", name="查询").click()
    await expect(page.locator(".console-count")).to_contain_text("共4家")
    text = await page.get_by_label("催办文字").input_value()
    assert "尚有4家单位未完成" in text
    assert "剩余" in text
    assert "个工作日" in text
    assert "总队：电子登记表尚未填报、纸质登记表尚未报送" in text
    await page.get_by_role("button", name="复制").click()
    await expect(page.get_by_role("button", name="已复制")).to_be_visible()
    assert await page.evaluate("window.getSelection().toString()") == text

    await rows.filter(has_text="机场").get_by_role("button", name="催办").click()
    await expect(page.get_by_role("status")).to_contain_text("已催办1家单位")
    await expect(rows.filter(has_text="机场")).to_contain_text("今日已催办")
    unit = await sign_in(browser, platform.stack.gateway, "jichang")
    await unit.goto("/messages")
    await expect(unit.locator(".page-body")).to_contain_text("竞赛办催办：登记截止提醒")

    await page.goto("/overview?season=2021&group=municipal&outstanding=true")
    await page.get_by_role("button", name="催办所列3家").click()
    await expect(page.get_by_role("status")).to_contain_text("已催办3家单位")

    await page.goto("/overview?season=2021&group=municipal")
    async with page.expect_download() as download:
        await page.get_by_role("link", name="导出Excel").click()
    file = await download.value
    assert file.suggested_filename == "2021年登记总览.xlsx"
    sheet = CalamineWorkbook.from_path(await file.path()).get_sheet_by_index(0).to_python()
    assert [row[1] for row in sheet[1:]] == [unit.name for unit in DOCUMENT.units if unit.group == "municipal"]
    assert all(row[-1] for row in sheet[1:]), "when each was urged"
    async with page.expect_download() as download:
        await page.get_by_role("link", name="汇总报告").click()
    report = await download.value
    assert report.suggested_filename == "2021年登记情况汇总报告.docx"
    assert "登记注册情况的报告" in Document(str(await report.path())).paragraphs[0].text
    exported = await platform.execute("select object from audit where action = 'exported' and account = 'office'")
    assert {"overview?season=2021&group=municipal", "report?season=2021"} <= {row["object"] for row in exported}


async def test_a_second_click_of_another_page_is_refused_in_words(browser: Browser, platform: World) -> None:
    """NOT-4."""
    first = await sign_in(browser, platform.stack.gateway, "office")
    second = await sign_in(browser, platform.stack.gateway, "office")
    for page in (first, second):
        await page.goto("/overview")
    row = "table.console-list tbody tr:has-text('崇明')"
    await first.locator(row).get_by_role("button", name="催办").click()
    await expect(first.get_by_role("status")).to_contain_text("已催办1家单位")
    await second.locator(row).get_by_role("button", name="催办").click()
    await expect(second.get_by_role("alert")).to_contain_text("今天已催办过")


async def test_contacts_are_masked_for_the_leading_group_and_nameless_numbers_for_other_units(
    browser: Browser, platform: World
) -> None:
    """REG-20."""
    office = await sign_in(browser, platform.stack.gateway, "office")
    await office.get_by_role("link", name="通讯录").click()
    mine = office.locator("tbody", has_text="普陀区")
    await expect(mine).to_contain_text("@ligong.example")
    clear = await mine.locator("td.number").first.inner_text()

    leader = await sign_in(browser, platform.stack.gateway, "leader")
    await leader.goto("/contacts")
    masked = leader.locator("tbody", has_text="普陀区")
    await expect(masked).to_contain_text("****@ligong.example")
    assert clear not in await leader.locator("body").inner_text()
    await leader.goto("/overview")
    assert await leader.get_by_role("button", name="催办").count() == 0

    unit = await sign_in(browser, platform.stack.gateway, "putuo")
    await unit.goto("/contacts")
    await expect(unit.locator("tbody", has_text="普陀区")).to_contain_text(clear)
    other = unit.locator("tbody", has_text="徐汇区")
    await expect(other).to_contain_text("主要领导")
    await expect(other).not_to_contain_text("@")

    async with unit.expect_download() as download:
        await unit.get_by_role("link", name="导出Excel").click()
    sheet = CalamineWorkbook.from_path(await (await download.value).path()).get_sheet_by_index(0).to_python()
    numbers = {row[7] for row in sheet[1:] if row[1] != "上海市普陀区城市管理行政执法局"}
    assert numbers == {""}
    read = await platform.execute("select account from audit where object = '/api/v1/registration/contacts'")
    assert {"office", "leader", "putuo"} <= {row["account"] for row in read}

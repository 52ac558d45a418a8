"""报送资料 from both sides: a unit uploads a file, the office returns and accepts it, paper is signed for."""

from pathlib import Path

from playwright.async_api import Browser, Page, expect
from python_calamine import CalamineWorkbook

from tests import files
from tests.browser.visit import sign_in
from tests.gateway.visitor import World

PLAN = "/materials/2021/huangpu/plan"


async def hand_in(page: Page, file: Path) -> None:
    await page.get_by_label("文件", exact=True).set_input_files(file)
    await page.get_by_role("button", name="上传并报送").click()


def content(path: Path) -> bytes:
    return path.read_bytes()


async def test_a_unit_hands_in_a_material_and_the_office_accepts_it(
    browser: Browser, platform: World, tmp_path: Path
) -> None:
    wrong, first, second = tmp_path / "方案.pdf", tmp_path / "实施方案.pdf", tmp_path / "实施方案（修改）.docx"
    wrong.write_bytes(files.office())
    first.write_bytes(files.pdf(2_500_000))
    second.write_bytes(files.office())

    unit = await sign_in(browser, platform.stack.gateway, "huangpu")
    await unit.get_by_role("link", name="报送资料").click()
    row = unit.locator("tr", has_text="年度立功竞赛实施方案")
    await expect(row).to_contain_text("未报送")
    await row.get_by_role("link", name="报送", exact=True).click()
    await unit.get_by_role("button", name="上传并报送").click()
    await expect(unit.locator("#file-error")).to_contain_text("请选择")
    await hand_in(unit, wrong)
    await expect(unit.locator("#file-error")).to_contain_text("后缀与内容不符")
    await hand_in(unit, first)
    await unit.wait_for_url(f"**{PLAN}?at=*")
    await expect(unit.locator(".timeline-event").first).to_contain_text("报送第1版“实施方案.pdf”")

    office = await sign_in(browser, platform.stack.gateway, "office")
    await office.goto("/materials?season=2021&status=submitted")
    await office.locator("tr", has_text="黄浦").get_by_role("link", name="审核").click()
    await office.get_by_role("button", name="退回修改").click()
    await expect(office.locator("#reason-error")).to_contain_text("必填")
    await expect(office.locator("#resubmit_before-error")).to_contain_text("最后一天")
    await office.get_by_label("退回原因").fill("样例：请补充签章页")
    await office.get_by_label("重新报送的最后一天").fill("2021-07-10")
    await office.get_by_role("button", name="退回修改").click()
    await office.wait_for_url(f"**{PLAN}?at=*")

    await unit.goto(PLAN)
    await expect(unit.get_by_role("status")).to_contain_text("请补充签章页")
    await hand_in(unit, second)
    await unit.wait_for_url(f"**{PLAN}?at=*")
    await expect(unit.locator(".card", has_text="报送回执").last).to_contain_text("第2版")

    await office.goto(PLAN)
    async with office.expect_download() as download:
        await office.get_by_role("link", name="实施方案（修改）.docx").click()
    got = await download.value
    assert got.suggested_filename == second.name
    assert content(await got.path()) == files.office()
    await office.get_by_role("button", name="接收").click()
    await office.wait_for_url(f"**{PLAN}?at=*")
    await office.get_by_label("本次收到的份数").fill("3")
    await office.get_by_role("button", name="签收").click()
    await expect(office.get_by_role("alert")).to_contain_text("只差2份")
    await office.get_by_label("本次收到的份数").fill("2")
    await office.get_by_role("button", name="签收").click()
    await expect(office.locator(".datagrid")).to_contain_text("已完成")
    await expect(office.locator(".timeline-event").first).to_contain_text("签收纸质资料2份")


async def test_the_outstanding_list_is_exported(browser: Browser, platform: World, tmp_path: Path) -> None:
    sent = tmp_path / "小结.pdf"
    sent.write_bytes(files.PDF)
    office = await sign_in(browser, platform.stack.gateway, "office")
    await office.goto("/materials/2021/hongkou/midyear")
    await hand_in(office, sent)
    await office.wait_for_url("**/midyear?at=*")
    await expect(office.locator(".card", has_text="报送回执").last).to_contain_text("代报")
    await office.get_by_role("button", name="接收").click()
    await expect(office.locator(".datagrid")).to_contain_text("已完成")

    await office.goto("/materials?season=2021&material=midyear")
    await office.get_by_label("全部状态").select_option("outstanding")
    await office.get_by_role("button", name="查询").click()
    await expect(office.locator("tbody tr")).to_have_count(19)
    async with office.expect_download() as download:
        await office.get_by_role("link", name="导出未交清单").click()
    got = await download.value
    assert got.suggested_filename == "2021年报送资料未交清单.xlsx"
    rows = CalamineWorkbook.from_path(await got.path()).get_sheet_by_index(0).to_python()
    assert len(rows) == 20
    assert not [row for row in rows if "虹口" in str(row[1])]


async def test_a_unit_sees_only_its_own(browser: Browser, platform: World) -> None:
    page = await sign_in(browser, platform.stack.gateway, "xuhui")
    answer = await page.goto(PLAN)
    assert answer is not None and answer.status == 403
    await page.goto("/materials")
    await expect(page.locator("tbody tr")).to_have_count(5)

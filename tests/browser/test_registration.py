"""登记 from both sides: a unit fills in its form, the office reviews it, on the pages that they use."""

import asyncio
import re

from playwright.async_api import Browser, Page, expect
from python_calamine import CalamineWorkbook

from seasons import year_2021
from tests.browser.visit import sign_in
from tests.e2e.season import DOCUMENT
from tests.gateway.visitor import World

LIST = "/registrations/2021"


async def fill_in(page: Page, unit: str) -> None:
    found = DOCUMENT.unit(unit)
    assert found is not None
    form = year_2021.form(found)
    await page.get_by_label("登记方式").select_option(form["outcome"])
    await page.get_by_label("统一社会信用代码").fill(form["credit_code"])
    await page.locator("#field").select_option(form["field"])
    await page.locator("#category").select_option(form["category"])
    await page.get_by_label("竞赛主题").fill("为民办实事")
    for who in ("leader", "deputy", "contact"):
        await page.locator(f"[name='{who}.name']").fill(form[who]["name"])
        await page.locator(f"[name='{who}.mobile']").fill(form[who]["mobile"])


async def test_a_form_keeps_what_was_typed_and_says_what_is_wrong_beside_it(browser: Browser, platform: World) -> None:
    page = await sign_in(browser, platform.stack.gateway, "huangpu")
    await page.get_by_role("button", name="开始填报").click()
    await page.wait_for_url(f"**{LIST}/huangpu/form?at=*")
    await fill_in(page, "huangpu")
    await page.locator("[name='contact.mobile']").fill("不是号码")
    await page.get_by_role("button", name="添加团队").click()
    await page.locator("[name='teams.0.name']").fill("第一执法队")

    assert await page.get_by_label("竞赛主题").input_value() == "为民办实事"  # kept while a team was added
    await page.locator("[name='teams.0.size']").fill("0")
    await page.get_by_role("button", name="提交登记表").click()
    await expect(page.get_by_role("alert")).to_contain_text("处错误")
    for name, sentence in (("contact.mobile", "格式不正确"), ("teams.0.size", "不能小于1"), ("teams.0.field", "必填")):
        field = page.locator(f"[name='{name}']")
        await expect(field).to_have_attribute("aria-invalid", "true")
        described = await field.get_attribute("aria-describedby")
        await expect(page.locator(f"[id='{described}']")).to_contain_text(sentence)
    assert await page.locator("[name='contact.mobile']").input_value() == "不是号码"
    assert await page.locator("[name='teams.0.name']").input_value() == "第一执法队"
    assert await page.get_by_label("竞赛主题").input_value() == "为民办实事"

    # A rule's refusal is said at the top.
    await page.get_by_role("button", name="删除团队").click()
    await page.locator("[name='contact.mobile']").fill("13900000000")
    await page.get_by_label("统一社会信用代码").fill("123")
    await page.get_by_role("button", name="提交登记表").click()
    await expect(page.get_by_role("alert")).to_contain_text("统一社会信用代码应为18位")
    assert await page.get_by_label("统一社会信用代码").input_value() == "123"


async def test_a_double_click_hands_in_once_and_a_return_is_read_beside_the_field(
    browser: Browser, platform: World
) -> None:
    unit = await sign_in(browser, platform.stack.gateway, "jingan")
    await unit.get_by_role("button", name="开始填报").click()
    await unit.wait_for_url(f"**{LIST}/jingan/form?at=*")
    await fill_in(unit, "jingan")
    await unit.get_by_role("button", name="提交登记表").dblclick()
    await unit.wait_for_url(f"**{LIST}/jingan?at=*")
    assert await unit.locator(".timeline-event", has_text="提交登记表").count() == 1

    office = await sign_in(browser, platform.stack.gateway, "office")
    await office.goto("/registrations?season=2021")
    row = office.locator("tr", has_text="静安")
    await expect(row).to_contain_text("待审核")
    await row.get_by_role("link", name="审核").click()
    await office.get_by_label("竞赛主题的退回原因").fill("请写明本年度的重点")
    await office.get_by_role("button", name="退回修改").click()
    await expect(office.get_by_role("alert")).to_contain_text("期限")
    assert await office.get_by_label("竞赛主题的退回原因").input_value() == "请写明本年度的重点"
    await office.get_by_label("重新提交的最后一天").fill("2021-06-10")
    await office.get_by_role("button", name="退回修改").click()
    await expect(office.locator(".page-body")).to_contain_text("退回修改")

    await unit.goto(f"{LIST}/jingan/form")
    theme = unit.locator("div", has=unit.locator("> #theme"))
    await expect(theme).to_contain_text("退回意见：请写明本年度的重点")
    await unit.get_by_label("竞赛主题").fill("建党百年执法保障")
    await unit.get_by_role("button", name="提交登记表").click()
    await unit.wait_for_url(f"**{LIST}/jingan?at=*")

    await office.goto(f"{LIST}/jingan/review")
    await office.get_by_role("button", name="审核通过").click()
    await expect(office.locator(".page-body")).to_contain_text("待收纸质")
    await office.get_by_role("link", name="登记收件").click()
    await office.get_by_label("本次收到的份数").fill("9")
    await office.get_by_role("button", name="登记收件").click()
    await expect(office.get_by_role("alert")).to_contain_text("只差4份")
    await office.get_by_label("本次收到的份数").fill("4")
    await office.get_by_role("button", name="登记收件").click()
    await expect(office.locator(".page-body")).to_contain_text("已完成")


async def test_a_stale_page_does_not_overwrite_what_somebody_else_did(browser: Browser, platform: World) -> None:
    first = await sign_in(browser, platform.stack.gateway, "office")
    second = await sign_in(browser, platform.stack.gateway, "office")
    for page in (first, second):
        await page.goto(f"{LIST}/baoshan/extension")
        await page.get_by_label("新的最后一天").fill("2021-06-20")
        await page.get_by_label("延期原因").fill("汛期值守")
    await first.get_by_role("button", name="延期").click()
    await expect(first.locator(".page-body")).to_contain_text("登记期限延至2021年6月20日")
    await second.get_by_label("新的最后一天").fill("2021-06-25")
    await second.get_by_role("button", name="延期").click()
    await expect(second.get_by_role("alert")).to_contain_text("已被他人更新")
    assert await second.get_by_label("延期原因").input_value() == "汛期值守"


async def test_a_list_is_filtered_sorted_and_exported(browser: Browser, platform: World) -> None:
    page = await sign_in(browser, platform.stack.gateway, "office")
    await page.goto("/registrations?season=2021")
    rows = page.locator("tbody tr")
    assert await rows.count() == 20
    await expect(rows.first).to_contain_text("黄浦")  # official order

    await page.get_by_label("全部分组").select_option("municipal")
    await page.get_by_role("button", name="查询").click()
    await expect(page.locator(".console-count")).to_contain_text("共4家")
    await page.get_by_role("link", name="序号").click()
    await page.get_by_role("link", name="序号").click()
    await expect(rows.first).to_contain_text("临港")
    async with page.expect_download() as download:
        await page.get_by_role("link", name="导出Excel").click()
    file = await download.value
    assert file.suggested_filename == "2021年登记进度.xlsx"
    sheet = CalamineWorkbook.from_path(await file.path()).get_sheet_by_index(0).to_python()
    assert sheet[0][:4] == ["序号", "参赛单位", "组别", "状态"]
    assert [row[1] for row in sheet[1:]] == [unit.name for unit in DOCUMENT.units if unit.group == "municipal"]
    exported = await platform.execute("select account, object from audit where action = 'exported'")
    assert ("office", "registrations?season=2021&group=municipal") in {(r["account"], r["object"]) for r in exported}

    await page.get_by_role("link", name="重置").click()
    await expect(page.locator(".console-count")).to_contain_text("共20家")


async def test_what_is_half_done_is_kept_and_two_browsers_do_not_overwrite_each_other(
    browser: Browser, platform: World
) -> None:
    page = await sign_in(browser, platform.stack.gateway, "changning")
    await page.get_by_role("button", name="开始填报").click()
    await page.wait_for_url(f"**{LIST}/changning/form?at=*")
    await expect(page.get_by_label("竞赛目标")).to_have_accessible_description(re.compile("可检查的目标"))
    await page.get_by_label("竞赛主题").fill("为民办实事")
    await page.get_by_label("竞赛目标").focus()  # leaving a field saves
    state = page.locator("#draft")
    await expect(state).to_contain_text(re.compile(r"草稿已保存 \d\d:\d\d"))

    other = await sign_in(browser, platform.stack.gateway, "changning")
    await other.goto(f"{LIST}/changning/form")
    await expect(other.get_by_role("status").first).to_contain_text("保存的草稿")
    assert await other.get_by_label("竞赛主题").input_value() == "为民办实事"
    await other.get_by_label("竞赛目标").fill("投诉按时办结率达到九成五")  # so does waiting
    await expect(other.locator("#draft [name=draft]")).to_have_value("2", timeout=15_000)

    await page.get_by_label("竞赛主题").fill("另一个主题")
    await page.get_by_label("竞赛目标").focus()
    await expect(state.get_by_role("alert")).to_contain_text("另一个页面")
    await page.reload()
    assert await page.get_by_label("竞赛主题").input_value() == "为民办实事"
    assert await page.get_by_label("竞赛目标").input_value() == "投诉按时办结率达到九成五"


async def test_a_unit_s_whole_registration_from_signing_in_to_complete(browser: Browser, platform: World) -> None:
    unit = await sign_in(browser, platform.stack.gateway, "hongkou")
    await unit.get_by_role("button", name="开始填报").click()
    await unit.wait_for_url(f"**{LIST}/hongkou/form?at=*")
    await fill_in(unit, "hongkou")
    for label, words in (("单位性质", "行政机关（样例）"), ("行政关系", "样例区人民政府"), ("单位地址", "样例路1号")):
        await unit.get_by_label(label, exact=True).fill(words)
    await unit.get_by_label("竞赛目标").fill("样例目标")
    await unit.get_by_role("button", name="添加团队").click()
    await unit.locator("[name='teams.0.name']").fill("样例一队")
    await unit.locator("[name='teams.0.field']").select_option(index=1)
    await unit.locator("[name='teams.0.category']").select_option(index=1)
    await unit.locator("[name='teams.0.size']").fill("12")
    await unit.locator("[name='teams.0.leader.name']").fill("样例队长")
    await unit.locator("[name='teams.0.leader.mobile']").fill("000-0000-0042")
    await unit.get_by_label("本单位意见").fill("同意参赛")
    await unit.get_by_label("签署领导").select_option("leader")
    await unit.get_by_role("button", name="提交登记表").click()
    await expect(unit.get_by_role("alert").first).to_contain_text("签署领导和签署日期应同时填写")
    await unit.get_by_label("签署日期").fill("2021-05-31")
    await unit.get_by_role("button", name="提交登记表").click()
    await unit.wait_for_url(f"**{LIST}/hongkou?at=*")
    for words in ("样例路1号", "样例目标", "样例队长", "主要领导于2021年5月31日签署同意"):
        await expect(unit.locator(".page-body")).to_contain_text(words)

    # Taken back, handed in again: nothing has to be typed anew but what the return of a form would keep.
    await unit.get_by_role("link", name="变更赛区").click()
    await unit.get_by_label("改为").select_option("administrative")
    await unit.get_by_label("所属赛区").fill("样例赛区")
    await unit.get_by_label("变更原因").fill("隶属关系调整")
    await unit.get_by_role("button", name="变更赛区").click()
    await expect(unit.locator(".timeline")).to_contain_text("变更赛区：由在本分赛区登记改为")

    office = await sign_in(browser, platform.stack.gateway, "office")
    await office.goto(f"{LIST}/hongkou/review")
    await expect(office.locator(".console-review")).to_contain_text("同意参赛")
    await office.get_by_role("button", name="审核通过").click()
    await expect(office.locator(".page-body")).to_contain_text("待收纸质")
    await office.get_by_role("link", name="更正").click()
    await office.get_by_label("单位地址").fill("样例路2号")
    await office.get_by_role("button", name="更正登记表").click()
    await expect(office.locator("[id='reason-error']")).to_contain_text("必填")
    await office.get_by_label("更正原因").fill("门牌号有误")
    await office.get_by_role("button", name="更正登记表").click()
    await expect(office.locator(".page-body")).to_contain_text("样例路2号")
    await office.get_by_role("link", name="登记收件").click()
    await office.get_by_role("button", name="登记收件").click()  # the single photocopy of a unit on file
    await expect(office.locator(".page-body")).to_contain_text("已完成")
    await unit.goto(f"{LIST}/hongkou")
    await expect(unit.locator(".timeline")).to_contain_text("门牌号有误")


async def test_a_form_is_taken_back_and_entered_by_the_office(browser: Browser, platform: World) -> None:
    unit = await sign_in(browser, platform.stack.gateway, "yangpu")
    await unit.get_by_role("button", name="开始填报").click()
    await unit.wait_for_url(f"**{LIST}/yangpu/form?at=*")
    await fill_in(unit, "yangpu")
    await unit.get_by_role("button", name="提交登记表").click()
    await unit.wait_for_url(f"**{LIST}/yangpu?at=*")
    await unit.get_by_role("link", name="撤回").click()
    await unit.get_by_role("button", name="撤回登记表").click()
    await expect(unit.locator(".page-body")).to_contain_text("填报中")

    office = await sign_in(browser, platform.stack.gateway, "office")
    await office.goto(f"{LIST}/yangpu/form")
    await expect(office.locator(".page-body")).to_contain_text("代录")
    await fill_in(office, "yangpu")
    await office.get_by_role("button", name="提交登记表").click()
    await expect(office.locator(".timeline")).to_contain_text("代录并提交登记表")
    await office.goto("/registrations?season=2021")
    await expect(office.locator("tr", has_text="杨浦")).to_contain_text("代录")


async def test_every_unit_is_given_more_time(browser: Browser, platform: World) -> None:
    office = await sign_in(browser, platform.stack.gateway, "office")
    await office.goto("/seasons")
    await office.get_by_role("link", name="全部延期").click()
    await office.get_by_label("新的最后一天").fill("2021-06-25")
    await office.get_by_label("延期原因").fill("系统维护")
    await office.get_by_role("button", name="全部延期").click()
    await expect(office.locator("[id='approver-error']")).to_contain_text("必填")
    await office.get_by_label("批准人").fill("样例副局长")
    await office.get_by_role("button", name="全部延期").click()
    await expect(office.locator(".page-body")).to_contain_text("登记已延期至2021年6月25日（周五），批准人样例副局长")
    async with asyncio.timeout(20):
        while "批准人：样例副局长" not in await office.locator(".page-body").inner_text():
            await office.goto(f"{LIST}/qingpu")

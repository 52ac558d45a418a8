"""The form on paper from both sides: a unit prints it, the office holds paper against what is stored."""

import asyncio
import re
from io import BytesIO
from pathlib import Path

from docx import Document
from playwright.async_api import Browser, FilePayload, Page, expect

from seasons import year_2021
from tests.browser.visit import sign_in
from tests.e2e.season import DOCUMENT
from tests.gateway.visitor import World
from tests.registration.test_paper import pages
from tests.registration.test_template import written

LIST = "/registrations/2021"


async def downloaded(page: Page, link: str) -> tuple[str, bytes]:
    """A download's name and content."""
    async with page.expect_download() as download:
        await page.get_by_role("link", name=link).click()
    file = await download.value
    return file.suggested_filename, await asyncio.to_thread(Path(await file.path()).read_bytes)


def code_on(word: bytes) -> str:
    found = re.search(r"核验码 (\S+)", Document(BytesIO(word)).sections[0].footer.paragraphs[0].text)
    assert found
    return found[1]


async def test_a_unit_prints_its_form_and_the_office_checks_and_receives_it(browser: Browser, platform: World) -> None:
    songjiang = DOCUMENT.unit("songjiang")
    assert songjiang
    await platform.stack.do("registration/submit-registration", year_2021.form(songjiang), "unit", "songjiang")
    await platform.stack.settled()

    unit = await sign_in(browser, platform.stack.gateway, "songjiang")
    await unit.goto(f"{LIST}/songjiang")
    name, pdf = await downloaded(unit, "打印登记表（PDF）")
    assert (name, pdf[:4], pages(pdf)) == ("2021年参赛登记表-松江.pdf", b"%PDF", 4)
    name, word = await downloaded(unit, "下载Word")
    assert name == "2021年参赛登记表-松江.docx"
    code = code_on(word)
    read = await platform.execute("select object from audit where action = 'read_personal_data'")
    for kind in ("pdf", "docx"):  # whoever takes names and numbers away is on record
        assert f"/api/v1/registration{LIST}/songjiang/form.{kind}" in {row["object"] for row in read}

    office = await sign_in(browser, platform.stack.gateway, "office")
    await office.get_by_role("link", name="核验纸质登记表").click()
    await office.get_by_label("核验码").fill("ABCD")
    await office.get_by_role("button", name="核验").click()
    await expect(office.locator("#code-error")).to_contain_text("应为16位")
    await office.get_by_label("核验码").fill(code.lower().replace("-", " "))
    await office.get_by_role("button", name="核验").click()
    await expect(office.get_by_role("status")).to_contain_text("就是现在的电子登记表")
    printed = office.locator(".console-printed")
    await expect(printed).to_contain_text(songjiang.name)
    await expect(printed).to_contain_text(year_2021.form(songjiang)["contact"]["mobile"])

    await office.goto(f"{LIST}/songjiang/paper")
    await office.get_by_label("核验码").fill(code)
    await office.get_by_role("button", name="登记收件").click()
    receipts = office.locator(".console-receipts tbody tr")
    await expect(receipts).to_have_count(1)
    await expect(receipts.first).to_contain_text("第1份（共4份） 已核验")
    await expect(receipts.first).to_contain_text("竞赛办")
    await expect(receipts.first).to_contain_text("按时")


async def test_paper_of_an_older_version_is_shown_with_what_has_changed(browser: Browser, platform: World) -> None:
    qingpu = DOCUMENT.unit("qingpu")
    assert qingpu
    whose = {"season": 2021, "unit": "qingpu"}
    await platform.stack.do("registration/submit-registration", year_2021.form(qingpu), "unit", "qingpu")
    await platform.stack.settled()
    office = await sign_in(browser, platform.stack.gateway, "office")
    await office.goto(f"{LIST}/qingpu")
    older = code_on((await downloaded(office, "下载Word"))[1])
    returning = {**whose, "reasons": {"竞赛主题": "请写明"}, "resubmit_before": "2021-06-20T00:00:00+08:00"}
    await platform.stack.do("registration/return-registration", returning)
    again = year_2021.form(qingpu, theme="改后的主题（样例）")
    await platform.stack.do("registration/submit-registration", again, "unit", "qingpu")
    await platform.stack.settled()

    await office.goto(f"/prints?code={older}")
    await expect(office.get_by_role("status")).to_contain_text("已有更新的版本")
    difference = office.locator(".console-differences tbody tr")
    await expect(difference).to_have_count(1)
    await expect(difference).to_contain_text("改后的主题（样例）")

    await office.goto(f"{LIST}/qingpu/paper")
    await office.get_by_label("核验码").fill(older)
    await office.get_by_role("button", name="登记收件").click()
    await expect(office.get_by_role("alert")).to_contain_text("不是同一版本")
    await office.goto(f"{LIST}/songjiang/paper")
    await office.get_by_label("核验码").fill(older)
    await office.get_by_role("button", name="登记收件").click()
    await expect(office.locator("#code-error")).to_contain_text(f"“{qingpu.name}”的")


def template(text: str) -> FilePayload:
    return {"name": "本办样式.docx", "mimeType": "application/octet-stream", "buffer": written(text)}


async def test_the_office_uses_a_template_of_its_own(browser: Browser, platform: World) -> None:
    office = await sign_in(browser, platform.stack.gateway, "office")
    await office.goto("/prints")
    await office.get_by_role("link", name="登记表模板").click()
    heading = office.get_by_role("heading", name="正在使用")
    await expect(heading).to_contain_text("默认模板")
    await office.get_by_label("模板文件").set_input_files([template("{{ 邮政编码 }}")])
    await office.get_by_role("button", name="上传并使用").click()
    await expect(office.locator("#file-error")).to_contain_text("“邮政编码”不存在")
    await office.get_by_label("模板文件").set_input_files([template("{{ 单位名称 }}")])
    await office.get_by_role("button", name="上传并使用").click()
    await expect(heading).to_contain_text("本办样式.docx")
    _, kept = await downloaded(office, "下载正在使用的模板")
    assert [paragraph.text for paragraph in Document(BytesIO(kept)).paragraphs] == ["{{ 单位名称 }}"]
    await office.get_by_role("button", name="恢复默认模板").click()
    await expect(heading).to_contain_text("默认模板")
    await expect(office.locator(".console-changes tbody tr")).to_have_count(2)

"""Every page in a browser: nothing in its console, nothing in English, nothing wider than a telephone."""

import re

import pytest
from playwright.async_api import Browser, Page

from tests.browser.visit import sign_in
from tests.gateway.visitor import World

PAGES = {
    "office": [
        "/",
        "/overview",
        "/contacts",
        "/registrations",
        "/registrations/2021/putuo",
        "/registrations/2021/putuo/paper",
        "/registrations/2021/changning/extension",
        "/registrations/2021/changning/form",
        "/boards/2021/overall",
        "/boards/2021/area-1",
        "/points?unit=putuo",
        "/messages",
        "/messages/reminders",
        "/seasons",
        "/status",
    ],
    "leader": [
        "/",
        "/overview",
        "/contacts",
        "/registrations",
        "/registrations/2021/putuo",
        "/boards/2021/district",
        "/points",
    ],
    "minhang": [
        "/",
        "/registrations/2021/minhang",
        "/boards/2021/overall",
        "/points",
        "/messages",
        "/contacts",
        "/seasons",
    ],
    "inspector": ["/", "/boards/2021/municipal"],
    "jiangsu": ["/"],
}
# What is no English though its letters are Latin: addresses for mail, credit codes, names of formats.
LATIN = re.compile(r"[A-Za-z]{2,}")
ALLOWED = re.compile(r"\S+@\S+|\b[0-9A-Z]{18}\b|Excel|PDF|Word|UTF-8|\byaml\b")


def complaints_of(page: Page) -> list[str]:
    found: list[str] = []
    page.on("console", lambda message: found.append(message.text) if message.type in ("error", "warning") else None)
    page.on("pageerror", lambda error: found.append(str(error)))
    return found


@pytest.mark.parametrize("login", PAGES)
@pytest.mark.parametrize("width", [1440, 390])
async def test_pages_are_quiet_chinese_and_fit(browser: Browser, platform: World, login: str, width: int) -> None:
    page = await sign_in(browser, platform.stack.gateway, login, width)
    complaints = complaints_of(page)
    for path in PAGES[login]:
        answer = await page.goto(path)
        assert answer is not None
        forbidden = (login, path) == ("minhang", "/seasons")
        assert answer.status == (403 if forbidden else 200), path
        text = await page.locator("body").inner_text()
        assert LATIN.findall(ALLOWED.sub("", text)) == [], path
        assert await page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"), path
        assert [c for c in complaints if not (forbidden and "403" in c)] == [], path


async def test_the_menu_opens_on_a_telephone_and_with_the_keyboard(browser: Browser, platform: World) -> None:
    page = await sign_in(browser, platform.stack.gateway, "office", width=390)
    entry = page.get_by_role("link", name="登记进度", exact=True)
    assert not await entry.is_visible()
    await page.get_by_label("展开菜单").focus()
    await page.keyboard.press("Space")
    await entry.click()
    await page.wait_for_url("**/registrations")


async def test_a_problem_is_a_page_in_chinese(browser: Browser, platform: World) -> None:
    page = await sign_in(browser, platform.stack.gateway, "office")
    for path, words in (
        ("/nowhere", "没有这个地址"),
        ("/boards/2021/nothing", "没有这个榜单"),
        ("/boards/x/y", "应为整数"),
    ):
        await page.goto(path)
        text = await page.locator("body").inner_text()
        assert words in text
        assert "返回工作台" in text

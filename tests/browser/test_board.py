"""排行榜 in two browsers: they move together, without reloading."""

import asyncio
from typing import Any

from playwright.async_api import Browser, Page

from tests.browser.visit import sign_in
from tests.e2e.season import activity
from tests.gateway.visitor import World

# Marks the page, so that a reload would show, and writes down which rows were animated.
WATCH = """() => {
    window.here = true;
    window.moved = [];
    const animate = Element.prototype.animate;
    Element.prototype.animate = function (...rest) {
        window.moved.push(this.dataset.unit);
        return animate.apply(this, rest);
    };
}"""
LEADS = "unit => document.querySelector('tr[data-unit]')?.dataset.unit === unit"
RANKS = """() => Object.fromEntries(
    [...document.querySelectorAll("tr[data-unit]")].map(row => [row.dataset.unit, row.dataset.rank]))"""


async def ranks(page: Page) -> dict[str, str]:
    found: dict[str, str] = await page.evaluate(RANKS)
    return found


async def movement(page: Page, unit: str) -> str:
    return await page.locator(f"tr[data-unit={unit}] td:last-child").inner_text()


async def test_two_browsers_move_together(browser: Browser, platform: World) -> None:
    gateway, stack = platform.stack.gateway, platform.stack
    office, unit = await asyncio.gather(sign_in(browser, gateway, "office"), sign_in(browser, gateway, "putuo"))
    pages = (office, unit)
    await asyncio.gather(*(page.goto("/boards/2021/overall") for page in pages))
    await activity(stack, "putuo")
    for page in pages:
        await page.wait_for_function(LEADS, arg="putuo")
        await page.evaluate(WATCH)
    before = await ranks(office)
    assert before["putuo"] == "1"

    await stack.clock.execute("update clock set now = '2021-06-02T09:00:00+08:00'")  # movement is from day to day
    await activity(stack, "minhang", n=1)
    await activity(stack, "minhang", n=2)
    for page in pages:
        await page.wait_for_function(LEADS, arg="minhang")

    assert await ranks(office) == await ranks(unit)
    after = await ranks(office)
    changed = {name for name in after if after[name] != before[name]}
    for page in pages:
        assert await page.evaluate("window.here"), "it was reloaded"
        assert set(await page.evaluate("window.moved")) == changed, "only changes of rank are animated"
    assert (await movement(unit, "minhang")).startswith("▲")
    assert (await movement(unit, "putuo")).startswith("▼")
    assert await unit.locator("tr.is-own").get_attribute("data-unit") == "putuo"
    assert await office.locator("tr.is-own").count() == 0
    for page in pages:
        text = await page.locator(".console-board-state").inner_text()
        assert "数据更新时间 2021年6月" in text
        assert "核验" in text


async def test_a_board_says_when_its_session_has_ended(browser: Browser, platform: World) -> None:
    page = await sign_in(browser, platform.stack.gateway, "xuhui")
    await page.goto("/boards/2021/overall")
    await page.locator("tr[data-unit=xuhui]").wait_for()
    await platform.execute("delete from session where login = 'xuhui'")
    await page.get_by_text("登录已过期").wait_for()


async def test_points_lead_to_the_events_behind_them(browser: Browser, platform: World) -> None:
    name = "样例活动7"
    await activity(platform.stack, "xuhui", n=7)
    page = await sign_in(browser, platform.stack.gateway, "xuhui")

    async def shown() -> Any:
        await page.goto("/points")
        return await page.locator("#facts").inner_text()

    async with asyncio.timeout(20):
        while name not in await shown():
            pass
    line = page.locator("tr", has_text="融入社会治理").first
    await line.get_by_role("link", name="依据").click()
    facts = page.locator("#facts tbody tr")
    assert await facts.count() == 1
    assert name in await facts.inner_text()
    assert "0.75" in await facts.inner_text()

"""A browser of somebody's own."""

from playwright.async_api import Browser, Page

from tests.gateway.visitor import PASSWORD


async def sign_in(browser: Browser, gateway: str, login: str, width: int = 1440, height: int = 1000) -> Page:
    """A browser of its own, signed in."""
    context = await browser.new_context(
        base_url=gateway, locale="zh-CN", viewport={"width": width, "height": height}, accept_downloads=True
    )
    context.set_default_timeout(20_000)
    page = await context.new_page()
    await page.goto("/signin")
    await page.get_by_label("账号").fill(login)
    await page.get_by_label("密码").fill(PASSWORD)
    await page.get_by_role("button", name="登录").click()
    await page.wait_for_url("**/")
    return page

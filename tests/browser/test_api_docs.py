"""The Swagger UI: from our own server alone, under the Content-Security-Policy."""

from __future__ import annotations

import re
from collections.abc import Callable

from playwright.sync_api import Locator, Page, expect

from tests.browser.portal import Portal


def operation_of(page: Page, path: str) -> Locator:
    """Scrolled to: of an API with so many operations, Swagger UI shows those in view alone."""
    operation = page.locator(".opblock", has_text=path)
    expect(page.locator(".opblock").first).to_be_visible()
    for _ in range(100):
        if operation.count():
            break
        page.mouse.wheel(0, 500)
        page.wait_for_timeout(50)
    expect(operation).to_be_visible()
    return operation


def test_it_works(open_portal: Callable[..., Portal]) -> None:
    portal = open_portal(color_scheme="dark")
    portal.connect()
    page = portal.page
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    answer = page.goto("/api/docs")
    policy = answer.headers["content-security-policy"]
    assert "unsafe" not in policy.replace("'wasm-unsafe-eval'", "")
    expect(page.locator(".opblock", has_text="/api/archives").first).to_be_visible()
    assert_it_has_the_colours_of_the_portal(page)
    assert_operations_can_be_executed(page)
    own = page.evaluate("location.origin")
    assert [url for url in asked if not url.startswith((own, "data:", "blob:"))] == []


def assert_it_has_the_colours_of_the_portal(page: Page) -> None:
    """Those of the scheme in which it was opened, and of another one while it is open."""
    lightness = {}
    for scheme in ("dark", "light"):
        page.emulate_media(color_scheme=scheme)
        page.get_by_role("navigation", name="Main").get_by_role("link", name="Choose").hover()
        expect(page.get_by_text("Input is strict.")).to_be_visible()
        ground = page.evaluate("getComputedStyle(document.body).backgroundColor")
        text = page.evaluate("getComputedStyle(document.querySelector('.info p')).color")
        lightness[scheme] = [sum(map(int, re.findall(r"\d+", each)[:3])) for each in (ground, text)]
    light, dark = lightness["light"], lightness["dark"]
    assert light[0] > 600 > 300 > light[1]
    assert dark[0] < 150 < 500 < dark[1]


def assert_operations_can_be_executed(page: Page) -> None:
    load = operation_of(page, "/api/load-images")
    load.locator(".opblock-summary").click()
    load.get_by_role("button", name="Try it out").click()
    load.locator("textarea").fill('{"task_id": 2}')
    load.get_by_role("button", name="Execute").click()
    expect(load.locator(".live-responses-table")).to_contain_text('"count": 47')
    load.locator(".opblock-summary").click()

    draw = operation_of(page, "/api/random-select")
    draw.locator(".opblock-summary").click()
    draw.get_by_role("button", name="Try it out").click()
    draw.get_by_role("button", name="Execute").click()  # the example as it stands
    expect(draw.locator(".live-responses-table")).to_contain_text('"count": 50')

"""The Swagger UI: from our own server alone, under the Content-Security-Policy."""

from __future__ import annotations

from playwright.sync_api import expect

from tests.browser.portal import Portal


def test_it_works(portal: Portal) -> None:
    asked: list[str] = []
    portal.page.on("request", lambda request: asked.append(request.url))
    answer = portal.page.goto("/api/docs")
    policy = answer.headers["content-security-policy"]
    assert "unsafe" not in policy.replace("'wasm-unsafe-eval'", "")
    operation = portal.page.locator(".opblock", has_text="/api/random-select")
    expect(operation).to_be_visible()
    assert portal.page.locator(".opblock").count() > 20
    own = portal.page.evaluate("location.origin")
    assert [url for url in asked if not url.startswith((own, "data:", "blob:"))] == []


def test_an_operation_can_be_tried(connected: Portal) -> None:
    page = connected.page
    page.goto("/api/docs")
    operation = page.locator(".opblock", has_text="/api/load-images")
    operation.locator(".opblock-summary").click()
    operation.get_by_role("button", name="Try it out").click()
    operation.locator("textarea").fill('{"task_id": 2}')
    operation.get_by_role("button", name="Execute").click()
    expect(operation.locator(".live-responses-table")).to_contain_text('"count": 47')

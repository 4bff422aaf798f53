"""Checks of a page's accessibility by axe."""

from __future__ import annotations

from axe_playwright_python.base import AXE_SCRIPT, AxeResults
from playwright.sync_api import Page

# The dark theme has other colours alone, so only those are checked of it.
OF_COLOURS = ["color-contrast", "link-in-text-block"]
THEMES: dict[str, dict[str, object]] = {
    "dark": {"runOnly": {"type": "rule", "values": OF_COLOURS}},
    "light": {},
}
# Without `preload`, which fetches sheets for rules that are not among those that are checked.
OPTIONS = {"resultTypes": ["violations"], "preload": False}
STILL = "*, ::before, ::after { animation: none !important; transition: none !important }"


def assert_accessible(page: Page, within: str = "html", *, in_dark: bool = True) -> None:
    """`within`: a selector, for a state in which all else is as it was when it was checked.

    Contrast is measured on the page at rest: of a transition, axe would see some moment.
    """
    if page.evaluate("!('axe' in window)"):
        page.evaluate(AXE_SCRIPT)
        page.evaluate(
            """(rules) => {
              const sheet = new CSSStyleSheet(); // which the Content-Security-Policy allows
              sheet.replaceSync(rules);
              document.adoptedStyleSheets = [sheet];
            }""",
            STILL,
        )
    for theme in ("dark", "light") if in_dark else ("light",):
        page.emulate_media(color_scheme=theme, reduced_motion="reduce")
        page.wait_for_function("document.getAnimations().length === 0")
        options = OPTIONS | THEMES[theme]
        found = AxeResults(page.evaluate("([it, how]) => axe.run(it, how)", [within, options]))
        assert found.violations_count == 0, (theme, found.generate_report())

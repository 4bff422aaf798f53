"""Browser profiles and pages that one test after another uses: Chromium keeps the static files, and
to open the workspace on a new page takes a quarter more processor time than on an open one.

Each test gets a page at rest, in a profile without other pages, cookies and storage. A page is
closed with its test when something was set up on it that lasts: a route, a script, a listener.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from typing import Any

from playwright.sync_api import Browser, BrowserContext, CDPSession, Error, Page, ViewportSize

# Chromium then opens a new page in the process of an open page of the same profile and site. To
# start a process for each test takes more than a tenth of what it takes to open the workspace.
ONE_PROCESS = "--renderer-process-limit=1"
STILL_PAGE = "/static/portal/icon.svg"  # of the portal's site, without scripts
FORGET = "localStorage.clear(); sessionStorage.clear();"  # the portal uses no other storage
HAS_OWN_CLOCK = "!String(setTimeout).includes('native code')"  # of `page.clock`: of the context
# What these methods of a page set up ends with the page, not before; so does a session of DevTools.
SETTING_UP = (
    "add_init_script",
    "add_locator_handler",
    "expose_binding",
    "expose_function",
    "on",
    "once",
    "route",
    "set_extra_http_headers",
)


@dataclass(frozen=True, slots=True)
class Profile:
    """`kind`: the options of the context; any profile of a kind is as good as another."""

    kind: tuple[tuple[str, object], ...]
    context: BrowserContext
    page: Page


class Profiles:
    """`timeout` in milliseconds."""

    def __init__(self, browser: Browser, url: str, timeout: int) -> None:
        self._browser = browser
        self._url = url
        self._timeout = timeout
        self._free: dict[tuple[tuple[str, object], ...], list[Page]] = defaultdict(list)
        self._set_up: set[Page] = set()

    def take(
        self,
        *,
        viewport: ViewportSize | None = None,
        color_scheme: str = "light",
        **options: object,
    ) -> Profile:
        """`options` are those of a context."""
        size = viewport or {"width": 1280, "height": 900}
        if "is_mobile" in options:  # which sizes a page at its start
            options["viewport"] = size
        kind = tuple(sorted((name, str(value)) for name, value in options.items()))
        page = self._free[kind].pop() if self._free[kind] else self._first_page(options)
        page.set_viewport_size(size)
        page.emulate_media(
            media="null",
            color_scheme=color_scheme,
            reduced_motion="null",
            forced_colors="null",
            contrast="null",
        )
        return Profile(kind, page.context, page)

    def give_back(self, profile: Profile, *, is_spoilt: bool) -> None:
        """Keep the profile for the next test; with a new page where that of this one is spoilt."""
        page = profile.page
        if is_spoilt or page.is_closed() or page in self._set_up:
            page = self._new_page(profile.context)
        try:
            page.goto(STILL_PAGE)
        except Error:  # the page went somewhere else at that moment
            page = self._new_page(profile.context)
            page.goto(STILL_PAGE)
        # After that: their process would end with the last of them.
        for other in profile.context.pages:
            if other is not page:
                self._set_up.discard(other)
                other.close()
        page.mouse.move(-1, -1)  # so that it points at nothing of the next page
        if page.evaluate(f"() => {{ {FORGET} return {HAS_OWN_CLOCK}; }}"):
            profile.context.close()
            return
        profile.context.clear_cookies()
        self._free[profile.kind].append(page)

    def _first_page(self, options: dict[str, object]) -> Page:
        """The first page of a new profile."""
        context = self._browser.new_context(base_url=self._url, **options)
        context.set_default_timeout(self._timeout)
        new_session = context.new_cdp_session

        def new_cdp_session(page: Page) -> CDPSession:
            self._set_up.add(page)
            return new_session(page)

        context.new_cdp_session = new_cdp_session
        return self._new_page(context)

    def _new_page(self, context: BrowserContext) -> Page:
        page = context.new_page()
        for name in SETTING_UP:
            setattr(page, name, self._noted(page, getattr(page, name)))
        return page

    def _noted(self, page: Page, method: Callable[..., Any]) -> Callable[..., Any]:
        @wraps(method)
        def noted(*arguments: Any, **options: Any) -> Any:
            self._set_up.add(page)
            return method(*arguments, **options)

        return noted

"""Browser profiles that one test after another uses, so that Chromium keeps the static files.

Each test gets a profile without pages, cookies and storage. What a test sets up on a page (routes,
scripts, emulation) ends with the page.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass

from playwright.sync_api import Browser, BrowserContext, Page

HAS_OWN_CLOCK = "!String(Date).includes('native code')"  # of `page.clock`, which is the context's
STORAGE = "cookies,local_storage,indexeddb,cache_storage,service_workers"


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
        self._free: dict[tuple[tuple[str, object], ...], list[BrowserContext]] = defaultdict(list)

    def take(
        self,
        *,
        viewport: dict[str, int] | None = None,
        color_scheme: str = "light",
        **options: object,
    ) -> Profile:
        """With an empty page; `options` are those of a context."""
        size = viewport or {"width": 1280, "height": 900}
        if "is_mobile" in options:  # which sizes a page at its start
            options["viewport"] = size
        kind = tuple(sorted((name, str(value)) for name, value in options.items()))
        context = self._free[kind].pop() if self._free[kind] else self._context(options)
        page = context.new_page()
        if page.evaluate(HAS_OWN_CLOCK):
            context.close()
            context = self._context(options)
            page = context.new_page()
        devtools = context.new_cdp_session(page)
        devtools.send("Storage.clearDataForOrigin", {"origin": self._url, "storageTypes": STORAGE})
        devtools.detach()
        page.set_viewport_size(size)
        page.emulate_media(color_scheme=color_scheme)
        return Profile(kind, context, page)

    def _context(self, options: dict[str, object]) -> BrowserContext:
        context = self._browser.new_context(base_url=self._url, **options)
        context.set_default_timeout(self._timeout)
        return context

    def give_back(self, profile: Profile) -> None:
        for page in profile.context.pages:
            page.close()
        profile.context.clear_cookies()
        self._free[profile.kind].append(profile.context)

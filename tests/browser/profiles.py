"""Browser profiles that one test after another uses, so that Chromium keeps the static files.

Each test gets a profile without pages of others, cookies and storage. What a test sets up on a page
(routes, scripts, emulation) ends with the page.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass

from playwright.sync_api import Browser, BrowserContext, Page, ViewportSize

# Chromium then opens a new page in the process of an open page of the same profile and site. To
# start a process for each test takes more than a tenth of what it takes to open the workspace.
ONE_PROCESS = "--renderer-process-limit=1"
STILL_PAGE = "/static/portal/icon.svg"  # of the portal's site, without scripts
HAS_OWN_CLOCK = "!String(Date).includes('native code')"  # of `page.clock`, which is the context's
STORAGE = "cookies,local_storage,indexeddb,cache_storage,service_workers"


@dataclass(frozen=True, slots=True)
class Profile:
    """`kind`: the options of the context; any profile of a kind is as good as another. `still`: a
    page that stays open, so that the process of the pages does not end with the page of a test."""

    kind: tuple[tuple[str, object], ...]
    context: BrowserContext
    still: Page
    page: Page


class Profiles:
    """`timeout` in milliseconds."""

    def __init__(self, browser: Browser, url: str, timeout: int) -> None:
        self._browser = browser
        self._url = url
        self._timeout = timeout
        self._free: dict[tuple[tuple[str, object], ...], list[Page]] = defaultdict(list)

    def take(
        self,
        *,
        viewport: ViewportSize | None = None,
        color_scheme: str = "light",
        **options: object,
    ) -> Profile:
        """With an empty page; `options` are those of a context."""
        size = viewport or {"width": 1280, "height": 900}
        if "is_mobile" in options:  # which sizes a page at its start
            options["viewport"] = size
        kind = tuple(sorted((name, str(value)) for name, value in options.items()))
        still = self._free[kind].pop() if self._free[kind] else self._still_page(options)
        page = still.context.new_page()
        if page.evaluate(HAS_OWN_CLOCK):
            still.context.close()
            still = self._still_page(options)
            page = still.context.new_page()
        devtools = still.context.new_cdp_session(page)
        devtools.send("Storage.clearDataForOrigin", {"origin": self._url, "storageTypes": STORAGE})
        devtools.detach()
        page.set_viewport_size(size)
        page.emulate_media(color_scheme=color_scheme)
        return Profile(kind, still.context, still, page)

    def _still_page(self, options: dict[str, object]) -> Page:
        """The first page of a new profile."""
        context = self._browser.new_context(base_url=self._url, **options)
        context.set_default_timeout(self._timeout)
        page = context.new_page()
        page.goto(STILL_PAGE)
        return page

    def give_back(self, profile: Profile) -> None:
        for page in profile.context.pages:
            if page is not profile.still:
                page.close()
        profile.context.clear_cookies()
        self._free[profile.kind].append(profile.still)

"""Measure the workspace in Chromium: thumbnails, interactions, scrolling, memory."""

from __future__ import annotations

import os
import statistics
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from playwright.sync_api import Browser, BrowserContext, CDPSession, Page, sync_playwright

from benchmarks.server import Server
from benchmarks.web import PASSWORD, PEOPLE
from benchmarks.world import ONE_TASK, THOUSAND_TASKS

CHROMIUM = os.environ.get("CHROMIUM", "/usr/bin/chromium")
SCROLL_FRAMES = 400
OPENINGS = 9  # of each project, in turn

# Records the times at which the first and all frames in the window have their thumbnails, after the
# catalogue came; `opened` is the latter from the request for the page on.
WATCH = """
window.painted = {};
(function look() {
  const began = performance.getEntriesByName("catalogue")[0]?.startTime;
  const cells = [...document.querySelectorAll(".line:not([hidden]) .cell:not([hidden])")]
    .filter((cell) => cell.checkVisibility()
      && cell.getBoundingClientRect().top < document.documentElement.clientHeight - 80);
  const loaded = cells.filter((cell) => cell.classList.contains("loaded")).length;
  const since = (performance.now() - began) / 1000;
  if (began && loaded) window.painted.first ??= since;
  if (began && cells.length && loaded === cells.length) {
    window.painted.opened = performance.now() / 1000;
    return (window.painted.all = since);
  }
  return requestAnimationFrame(look);
})();
"""

NOTE_EVENTS = """() => {
  window.durations = [];
  new PerformanceObserver((list) => {
    for (const {name, duration} of list.getEntries()) {
      if (/^(click|keydown|input|pointerup)$/.test(name)) window.durations.push(duration);
    }
  }).observe({type: "event", durationThreshold: 16, buffered: false});
}"""

SCROLL = """async frames => {
  const it = document.getElementById("scroller");
  const whole = it.scrollHeight - it.clientHeight;
  const times = [];
  let before = await new Promise(requestAnimationFrame);
  for (let frame = 1; frame <= frames; frame += 1) {
    it.scrollTop = whole * frame / frames;
    const now = await new Promise(requestAnimationFrame);
    times.push(now - before);
    before = now;
  }
  return times;
}"""

# Requests all packs of a job twice, not from the cache of the browser, and decodes them like the
# grid.
WARM = """async ([connection, task]) => {
  const catalog = await fetch(`/api/catalog?task_id=${task}&connection=${connection}`);
  const {id, chunk_size: size, frames_count: frames} = (await catalog.json()).jobs[0];
  const url = (pack) => `/api/jobs/${id}/thumbnails/${pack}?connection=${connection}`;
  const packs = Math.ceil(frames / size);
  const all = async (count) => {
    const left = Array.from({length: packs * (count ? 2 : 1)}, (_, pack) => pack % packs);
    let pictures = 0;
    await Promise.all(Array.from({length: 4}, async () => {
      for (let pack = left.pop(); pack !== undefined; pack = left.pop()) {
        const bytes = await (await fetch(url(pack), {cache: "no-store"})).arrayBuffer();
        const length = new DataView(bytes).getUint32(0);
        const header = new TextDecoder().decode(new Uint8Array(bytes, 4, length));
        for (const {offset, length: size} of JSON.parse(header).frames) {
          const blob = new Blob([new Uint8Array(bytes, 4 + length + offset, size)]);
          if (count) (await createImageBitmap(blob)).close();
          pictures += 1;
        }
      }
    }));
    return pictures;
  };
  await all(false);
  const began = performance.now();
  const pictures = await all(true);
  return pictures / (performance.now() - began) * 1000;
}"""


@contextmanager
def chromium() -> Iterator[Browser]:
    arguments = ["--no-sandbox", "--disable-dev-shm-usage", "--disable-gpu"]
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=arguments)
        yield browser
        browser.close()


def measure(browser: Browser, url: str, *, task: int, connection: int) -> dict[str, float]:
    context = browser.new_context(base_url=url, viewport={"width": 1440, "height": 900})
    page = _signed_in(context)
    page.goto(f"/choose?task={task}")
    painted = _painted(page)
    page.evaluate(NOTE_EVENTS)
    durations = _interact(page)
    before = _heap(context.new_cdp_session(page))
    frames = page.evaluate(SCROLL, SCROLL_FRAMES)
    page.wait_for_timeout(3000)
    after = _heap(context.new_cdp_session(page))
    rate = page.evaluate(WARM, [connection, task])
    context.close()
    return {
        "first_thumbnails_s": round(painted["first"], 3),
        "all_visible_thumbnails_s": round(painted["all"], 3),
        "interaction_p95_ms": durations[int(len(durations) * 0.95)],
        "interaction_worst_ms": durations[-1],
        "scroll_frame_mean_ms": round(statistics.mean(frames), 1),
        "scroll_frame_p95_ms": round(sorted(frames)[int(len(frames) * 0.95)], 1),
        "heap_growth_mb": round(after - before, 2),
        "thumbnails_per_s": round(rate),
    }


def projects(browser: Browser, server: Server, url: str) -> dict[str, float]:
    """The page of all frames of a project of 1,000 tasks against that of a project with one of
    them: how much longer it takes until the window is full of thumbnails, and how many requests to
    CVAT more."""
    context = browser.new_context(base_url=url, viewport={"width": 1440, "height": 900})
    page = _signed_in(context)

    def opened(project: int) -> float:
        page.goto(f"/choose?project={project}&all=1")
        return float(_painted(page)["opened"])

    opened(ONE_TASK)
    opened(THOUSAND_TASKS)
    requests = {}
    seconds: dict[int, list[float]] = {ONE_TASK: [], THOUSAND_TASKS: []}
    for _ in range(OPENINGS):
        for project, measured in seconds.items():
            server.fresh()
            measured.append(opened(project))
            page.wait_for_load_state("networkidle")
            requests[project] = server.requests("/api/")
    context.close()
    one, thousand = (statistics.median(each) for each in seconds.values())
    return {
        "one_task_s": round(one, 3),
        "thousand_tasks_s": round(thousand, 3),
        "thousand_tasks_ratio": round(thousand / one, 2),
        "thousand_tasks_requests": requests[THOUSAND_TASKS] - requests[ONE_TASK],
    }


def _signed_in(context: BrowserContext) -> Page:
    """A page that notes when its frames have their thumbnails."""
    context.set_default_timeout(120_000)
    page = context.new_page()
    page.goto("/")
    page.get_by_label("Username").fill(PEOPLE[0])
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_load_state()
    page.add_init_script(WATCH)
    return page


def _painted(page: Page) -> Any:
    return _eventually(page, "window.painted.all && window.painted")


def _interact(page: Page) -> list[float]:
    """Use mouse and keyboard in many ways. Returns the duration of each event, ascending."""
    cells = page.locator(".line:not([hidden]) .cell:visible")
    buttons = ["Select all", "Invert", "Undo", "Redo", "Clear"]
    for turn in range(4):
        cells.nth(turn).click()
        cells.nth(turn + 8).click(modifiers=["Shift"])
        for key in ("ArrowRight", "Shift+ArrowDown", "End", "Home", "PageDown", "Control+a"):
            page.keyboard.press(key)
            page.wait_for_timeout(60)
        for name in ("Get selected info", "Close"):  # of all
            page.get_by_role("button", name=name, exact=True).click()
            page.wait_for_timeout(60)
        for name in buttons:
            page.get_by_role("button", name=name, exact=True).click()
            page.wait_for_timeout(60)
        page.get_by_label("File name contains").press_sequentially("99", delay=80)
        page.get_by_role("button", name="Choose these").click()
        page.get_by_label("File name contains").fill("")
        page.get_by_label("Size").focus()
        for _ in range(3):
            page.keyboard.press("ArrowRight")
            page.wait_for_timeout(60)
        page.keyboard.press("Control+z")
        page.locator("#scroller").evaluate("it => { it.scrollTop = 0 }")
        page.wait_for_timeout(200)
    durations: list[float] = sorted(page.evaluate("window.durations"))
    return durations


def _heap(session: CDPSession) -> float:
    """Megabytes of living JavaScript objects."""
    session.send("HeapProfiler.collectGarbage")
    session.send("Performance.enable")
    metrics = session.send("Performance.getMetrics")["metrics"]
    return float(next(m["value"] for m in metrics if m["name"] == "JSHeapUsedSize")) / 1e6


def _eventually(page: Page, expression: str) -> Any:
    for _ in range(600):
        if value := page.evaluate(expression):
            return value
        page.wait_for_timeout(100)
    raise RuntimeError(f"never true: {expression}")

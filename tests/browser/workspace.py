"""What people do in the workspace, by the names they see."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from playwright.sync_api import Dialog, Locator, expect

from standin.server import StandIn
from tests.browser.portal import Portal
from tests.conftest import eventually


class Workspace:
    def __init__(self, portal: Portal) -> None:
        self.portal = portal
        self.page = portal.page

    @property
    def standin(self) -> StandIn:
        return self.portal.standin

    def find(self, text: str) -> None:
        """Type or paste into the one field and press Enter."""
        self.page.goto("/choose")
        self.page.get_by_role("combobox", name="Task, job, CVAT address or words").fill(text)
        self.page.get_by_role("button", name="Open", exact=True).click()

    def open_task(self, task_id: int, **named: int) -> None:
        query = "".join(f"&{name}={value}" for name, value in named.items())
        self.page.goto(f"/choose?task={task_id}{query}")
        expect(self.cells.first).to_be_visible()

    @property
    def grid(self) -> Locator:
        return self.page.get_by_role("grid", name="Frames of the task")

    @property
    def cells(self) -> Locator:
        """Those in the page."""
        return self.grid.locator(".cell:visible")

    def cell(self, frame: int) -> Locator:
        return self.grid.locator(f'.line:not([hidden]) .cell[data-frame="{frame}"]:visible')

    def cell_at_top(self) -> Locator:
        """The first below the heading, wherever the grid is scrolled to."""
        frame = self.page.evaluate(
            """() => {
              const edge = document.getElementById("scroller").getBoundingClientRect().top + 50;
              const top = (cell) => cell.getBoundingClientRect().top;
              const below = [...document.querySelectorAll(".line:not([hidden]) .cell")]
                .filter((cell) => !cell.hidden && top(cell) >= edge);
              return below.sort((a, b) => top(a) - top(b))[0].dataset.frame;
            }"""
        )
        return self.cell(int(frame))

    def button(self, name: str) -> Locator:
        return self.page.get_by_role("button", name=name, exact=True)

    def in_sight(self, frame: int) -> None:
        """Not merely in the page: in the window on the grid."""
        expect(self.cell(frame)).to_be_in_viewport(ratio=0.9)

    def painted(self, frame: int) -> None:
        """Its thumbnail has arrived and is seen."""
        picture = self.cell(frame).locator("img")
        expect(picture).to_be_visible()
        eventually(lambda: picture.evaluate("image => image.naturalWidth > 0"))

    def forget_error(self) -> None:
        """Remove what the form of a draw says, so that it must be said anew."""
        self.page.locator("#pick-error").evaluate("it => { it.textContent = ''; }")

    def expect_chosen(self, count: int, total: int) -> None:
        expect(self.page.locator(".dock-count")).to_have_text(f"{count:,} of {total:,} chosen")

    def expect_frames(self, *frames: int) -> None:
        """Exactly these are marked as chosen, of those in the page."""
        chosen = self.grid.locator('.line:not([hidden]) .cell[aria-selected="true"]')
        expect(chosen).to_have_count(len(frames))
        found = chosen.evaluate_all("cells => cells.map((cell) => Number(cell.dataset.frame))")
        assert sorted(found) == sorted(frames)

    def pick(self, amount: str, *, seed: str = "", mode: str = "Per job") -> None:
        self.page.locator("#pick").get_by_text(mode, exact=True).click()
        self.page.locator("#amount").fill(amount)
        self.page.get_by_label("Seed").fill(seed)
        self.page.locator("#draw").click()

    def bars(self) -> list[str]:
        """Such as "Job 1: 0/48", without what there is to know of the job."""
        return self.page.locator("#bars li:visible").evaluate_all(
            """items => items.map((item) => [...item.querySelectorAll("button, b")]
              .map((part) => part.textContent).join(""))"""
        )

    def info(self) -> list[dict[str, Any]]:
        """All of it, also where the page shows but the first ones."""
        self.button("Get selected info").click()
        text = self.page.get_by_label("Selected frames as JSON").input_value()
        if self.page.locator("#info-more").is_visible():
            with self.page.expect_download() as download:
                self.button("Save as file").click()
            text = download.value.path().read_text()
        self.button("Close").click()
        return json.loads(text)

    def save(self, name: str) -> None:
        self.page.get_by_label("Name of the selection").fill(name)
        self.page.locator("#save").click()  # "Save" or "Save as new"
        expect(self.page.get_by_text(f"Saved as “{name}”.")).to_be_visible()

    def warns(self) -> bool:
        """Whether the page asks before it is left. If it asks, it stays open."""
        asked: list[str] = []

        def stay(dialog: Dialog) -> None:
            asked.append(dialog.type)
            dialog.dismiss()

        self.page.on("dialog", stay)
        here = self.page.url
        self.page.evaluate("() => { location.href = '/static/portal/icon.svg'; }")
        self.until(lambda: asked or self.page.url != here)
        self.page.remove_listener("dialog", stay)
        assert asked in ([], ["beforeunload"])
        return bool(asked)

    def until(self, condition: Callable[[], object]) -> None:
        """Wait for what the events of the page bring about, which come in meanwhile."""
        eventually(lambda: self.page.wait_for_timeout(20) or condition())

    def drawn(self) -> None:
        """What the page has got by now is seen."""
        self.page.evaluate(
            """async () => {
              for (const _ of "12") await new Promise(requestAnimationFrame);
            }"""
        )

    def settled(self) -> None:
        """The grid has come to rest."""
        places: list[float] = []
        while len(places) < 4 or len(set(places[-4:])) > 1:
            places.append(self.page.locator("#scroller").evaluate("it => it.scrollTop"))
            self.page.wait_for_timeout(120)

    def scroll_to(self, top: float) -> None:
        self.page.locator("#scroller").evaluate(
            """async (it, top) => {
              it.scrollTop = top;
              for (const _ of "12") await new Promise(requestAnimationFrame);
            }""",
            top,
        )

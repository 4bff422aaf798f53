"""What people do on the pages, by the names they see."""

from __future__ import annotations

import re

from playwright.sync_api import ConsoleMessage, Locator, Page, expect

from standin.server import StandIn

# Chromium reports every answer above 399; the tests look at those by themselves.
ANSWERED = re.compile(r"Failed to load resource: the server responded with a status of (\d+)")


class Portal:
    def __init__(self, page: Page, standin: StandIn) -> None:
        self.page = page
        self.standin = standin
        self.errors: list[str] = []
        page.on("console", self._note)
        page.on("pageerror", lambda error: self.errors.append(str(error)))

    def _note(self, message: ConsoleMessage) -> None:
        found = ANSWERED.match(message.text)
        expected = found is not None and found[1] != "500"
        if message.type in {"error", "warning"} and not expected:
            self.errors.append(f"{self.page.url}: {message.text}")

    def sign_in(self, name: str, password: str | None = None) -> None:
        self.page.goto("/")
        self.page.get_by_label("Username").fill(name)
        self.page.get_by_label("Password").fill(password or f"{name}-portal-password")
        self.page.get_by_role("button", name="Sign in").click()

    def connect_to_samples(self) -> None:
        self.page.goto("/connections")
        self.page.get_by_role("button", name="Try it with the sample tasks").click()
        expect(self.page.get_by_text("Connected to")).to_be_visible()

    def open(self, text: str, job: str = "") -> None:
        """Type or paste into the one field of the chooser."""
        self.page.goto("/choose")
        self.page.get_by_label("Task number, job number, CVAT address or words").fill(text)
        self.page.get_by_label("Job number, if you want one job only").fill(job)
        self.page.get_by_role("button", name="Open").click()

    def open_task(self, task_id: int) -> None:
        self.open(str(task_id))
        expect(self.cells.first).to_be_visible()

    @property
    def cells(self) -> Locator:
        return self.page.locator("#jobs input[type=checkbox]")

    def cell(self, frame: int) -> Locator:
        """The check box of a frame; its name starts with the frame number."""
        return self.page.locator("#jobs").get_by_role(
            "checkbox", name=re.compile(rf"^{frame}(?!\d)")
        )

    def expect_chosen(self, count: int, total: int) -> None:
        expect(self.page.locator(".dock-count")).to_have_text(f"{count} of {total} chosen")

    def pick(self, amount: str, *, seed: str = "", mode: str = "Per job") -> None:
        self.page.get_by_text(mode, exact=True).click()
        self.page.locator("#amount").fill(amount)
        self.page.get_by_label("Seed").fill(seed)
        self.page.locator("#draw").click()

    def summary(self) -> list[str]:
        return self.page.locator("#summary li").all_text_contents()

    def save(self, name: str) -> None:
        self.page.get_by_label("Name of the selection").fill(name)
        self.page.get_by_role("button", name="Save", exact=True).click()
        expect(self.page.get_by_text(f"Saved as “{name}”.")).to_be_visible()

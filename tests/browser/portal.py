"""What people do on the pages, by the names they see."""

from __future__ import annotations

import re

from django.conf import settings
from django.contrib.auth.models import User
from django.test import Client
from playwright.sync_api import ConsoleMessage, Page, WebError, expect

from standin.server import StandIn
from tests.making import connected

# Chromium and htmx report every answer above 399; the tests look at those by themselves.
ANSWERED = re.compile(
    r"(?:Failed to load resource: the server responded with a status of"
    r"|Response Status Error Code) (\d+)"
)
# htmx reports a request that it or a new page gave up, by these two names. Requests that fail have
# "htmx:sendError", "htmx:timeout" or "htmx:onLoadError" beside "htmx:afterRequest".
ABORTED = re.compile(r"htmx:(sendAbort|afterRequest)\b")


class Portal:
    def __init__(self, page: Page, standin: StandIn) -> None:
        self.page = page
        self.standin = standin
        self.errors: list[str] = []
        self.person: User | None = None
        self._context = page.context
        self._context.on("console", self._note)
        self._context.on("weberror", self._note_error)

    def stop_noting_errors(self) -> None:
        """Later ones are of the next test, which uses the same page."""
        self._context.remove_listener("console", self._note)
        self._context.remove_listener("weberror", self._note_error)

    def _note_error(self, error: WebError) -> None:
        self.errors.append(str(error.error))

    def _note(self, message: ConsoleMessage) -> None:
        found = ANSWERED.match(message.text)
        answered = found is not None and found[1] != "500"
        expected = answered or ABORTED.match(message.text) is not None
        if message.type in {"error", "warning"} and not expected:
            url = message.page.url if message.page else self.page.url
            self.errors.append(f"{url}: {message.text}")

    def enter(self, name: str, url: str) -> None:
        """Signed in, without the page for it."""
        self.person = User.objects.get(username=name)
        client = Client()
        client.force_login(self.person)
        cookie = {"name": settings.SESSION_COOKIE_NAME, "url": url}
        value = client.cookies[settings.SESSION_COOKIE_NAME].value
        self.page.context.add_cookies([{**cookie, "value": value}])

    def connect(self) -> None:
        """To the stand-in, without a sign-in there."""
        assert self.person is not None
        connected(self.person, self.standin)

    def sign_in(self, name: str, password: str | None = None) -> None:
        self.page.goto("/")
        self.page.get_by_label("Username").fill(name)
        self.page.get_by_label("Password").fill(password or f"{name}-portal-password")
        self.page.get_by_role("button", name="Sign in").click()

    def connect_to_samples(self) -> None:
        self.page.goto("/connections")
        self.page.get_by_role("button", name="Try it with the sample tasks").click()
        expect(self.page.get_by_text("Connected to")).to_be_visible()

"""A real Chromium, and a page of it that reports every error it meets."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator

import pytest
from django.contrib.auth.models import User
from playwright.sync_api import Browser, Page, expect, sync_playwright
from pytest_django.live_server_helper import LiveServer

from launcher.ports import free_ports
from standin.server import StandIn
from tests.browser.portal import Portal
from tests.browser.profiles import ONE_PROCESS, Profile, Profiles
from tests.browser.serving import PortalHandler
from tests.browser.workspace import Workspace

# The headless shell is the same Chromium without a desktop's browser around it, which takes more
# than twice the processor time.
CHROMIUM = (
    os.environ.get("CHROMIUM") or shutil.which("chromium-headless-shell") or "/usr/bin/chromium"
)
# Playwright's sync API runs a loop in the thread of the test.
os.environ.setdefault("DJANGO_ALLOW_ASYNC_UNSAFE", "true")
PATIENCE = 60_000  # milliseconds; a busy machine is no failure
expect.set_options(timeout=PATIENCE)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if "tests/browser/" in item.nodeid:
            item.add_marker(pytest.mark.browser)


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    arguments = ["--no-sandbox", "--disable-dev-shm-usage", "--disable-gpu", ONE_PROCESS]
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=arguments)
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def standin_port() -> int:
    """One for all tests of a process, which thus find the thumbnails of the tests before them."""
    [port] = free_ports(1)
    return port


@pytest.fixture(scope="session")
def live_server() -> Iterator[LiveServer]:
    server = LiveServer("localhost", start=False)
    server.thread.static_handler = PortalHandler
    server.start()
    yield server
    server.stop()


@pytest.fixture(scope="session")
def profiles(browser: Browser, live_server: LiveServer) -> Profiles:
    return Profiles(browser, live_server.url, PATIENCE)


@pytest.fixture
def cast(transactional_db: None, alice: User, bob: User, admin: User) -> None:
    """alice, bob and an admin, with the passwords `<name>-portal-password`."""


@pytest.fixture
def open_portal(
    request: pytest.FixtureRequest,
    profiles: Profiles,
    live_server: LiveServer,
    standin: StandIn,
    cast: None,
) -> Iterator[Callable[..., Portal]]:
    """Opens the portal for a person who is signed in, each in a browser profile of their own. After
    the test no page may have met an error on its console that the test did not expect."""
    opened: list[tuple[Profile, Portal]] = []
    failed_before = request.session.testsfailed

    def open_one(name: str | None = "alice", **options: object) -> Portal:
        profile = profiles.take(**options)
        portal = Portal(profile.page, standin)
        opened.append((profile, portal))
        if name is not None:
            portal.enter(name, live_server.url)
        return portal

    yield open_one
    is_failed = request.session.testsfailed > failed_before
    for profile, portal in opened:
        profiles.give_back(profile, is_spoilt=is_failed)
        portal.stop_noting_errors()
    # A closed page's requests are still answered; their rows are removed only after that.
    PortalHandler.under_way.wait_for_none()
    assert [error for _, portal in opened for error in portal.errors] == []


@pytest.fixture
def portal(open_portal: Callable[..., Portal]) -> Portal:
    """alice, without a connection."""
    return open_portal()


@pytest.fixture
def connected(open_portal: Callable[..., Portal]) -> Portal:
    """alice, connected to the stand-in with its sample account."""
    portal = open_portal()
    portal.connect()
    return portal


@pytest.fixture
def page(connected: Portal) -> Page:
    return connected.page


@pytest.fixture
def desk(connected: Portal) -> Workspace:
    """alice, connected, about to choose."""
    return Workspace(connected)

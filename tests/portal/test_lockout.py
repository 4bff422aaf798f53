"""Failed sign-ins to the portal: who is blocked by them, who is not, and how a block ends."""

from __future__ import annotations

import logging
from datetime import timedelta
from typing import Any

import pytest
from axes.models import AccessAttempt
from django.contrib.auth.models import User
from django.http import HttpRequest
from django.test import Client, RequestFactory
from django.utils import timezone

from portal import lockout
from portal.client_address import client_address

ALICE = "alice-portal-password"
STRANGER, OFFICE = "6.6.6.6", "10.0.0.5"
PAGES = ["/accounts/login/", "/admin/login/"]


@pytest.fixture(autouse=True)
def limits(settings: Any) -> None:
    settings.AXES_FAILURE_LIMIT = 3
    settings.LOGIN_ADDRESS_LIMIT = 6
    settings.TRUSTED_PROXIES = 1


def sign_in(
    name: str, password: str, forwarded: str, client: Client | None = None, page: str = PAGES[0]
) -> Any:
    """As through a proxy, which is what the portal sees as the other side of the connection."""
    return (client or Client()).post(
        page, {"username": name, "password": password}, headers={"x-forwarded-for": forwarded}
    )


def fail(name: str, forwarded: str, times: int = 3) -> None:
    for _ in range(times):
        sign_in(name, "wrong", forwarded)


@pytest.mark.parametrize("page", PAGES)
def test_failures_from_one_address_leave_another_one_free(admin: User, page: str) -> None:
    fail("admin", STRANGER)
    password = "admin-portal-password"

    assert sign_in("admin", password, STRANGER, page=page).status_code == 429
    assert sign_in("admin", password, OFFICE, page=page).status_code == 302


def test_forged_addresses_at_the_left_change_nothing(alice: User) -> None:
    for number in range(3):
        sign_in("alice", "wrong", f"9.9.9.{number}, {STRANGER}")

    assert sign_in("alice", ALICE, f"10.0.0.5, {STRANGER}").status_code == 429
    assert sign_in("alice", ALICE, f"{STRANGER}, 10.0.0.5").status_code == 302


def test_header_is_not_looked_at_without_a_trusted_proxy(alice: User, settings: Any) -> None:
    settings.TRUSTED_PROXIES = 0
    for number in range(3):
        sign_in("alice", "wrong", f"9.9.9.{number}")
    assert sign_in("alice", ALICE, OFFICE).status_code == 429


def test_what_is_tried_during_a_block_does_not_prolong_it(alice: User) -> None:
    fail("alice", STRANGER)
    [row] = AccessAttempt.objects.all()
    fail("alice", STRANGER, times=5)

    [after] = AccessAttempt.objects.all()
    assert (after.failures_since_start, after.attempt_time) == (3, row.attempt_time)


def test_time_that_is_stated_is_true(alice: User) -> None:
    fail("alice", STRANGER)
    AccessAttempt.objects.update(attempt_time=timezone.now() - timedelta(minutes=12))
    refused = sign_in("alice", ALICE, STRANGER)

    assert 170 <= int(refused["Retry-After"]) <= 180
    assert "Try again in 3 minutes" in refused.text
    AccessAttempt.objects.update(attempt_time=timezone.now() - timedelta(minutes=15, seconds=1))
    assert sign_in("alice", ALICE, STRANGER).status_code == 302


def test_blocked_page_says_what_lifts_the_block(alice: User, settings: Any) -> None:
    settings.OPERATOR_CONTACT = "portal-admins@example.com"
    fail("alice", STRANGER)

    page = sign_in("alice", ALICE, STRANGER).text
    assert "ask the operator to unblock you under <b>Admin, Users</b>" in page
    assert "A new password alone does not lift the block" in page
    assert "portal-admins@example.com" in page


def test_signing_in_forgets_the_failures(alice: User) -> None:
    fail("alice", OFFICE, times=2)
    assert sign_in("alice", ALICE, OFFICE).status_code == 302
    assert not AccessAttempt.objects.exists()


class TestOnePasswordOnManyNames:
    def test_address_is_blocked(self, alice: User) -> None:
        for number in range(6):
            sign_in(f"name{number}", "Summer2026!", STRANGER)
        refused = sign_in("alice", ALICE, STRANGER)

        assert refused.status_code == 429
        assert "from the network that you are in" in refused.text
        assert sign_in("alice", ALICE, OFFICE).status_code == 302

    def test_sign_ins_during_the_block_do_not_prolong_it(self, alice: User) -> None:
        sign_in("alice", "wrong", STRANGER)
        for number in range(6):
            sign_in(f"name{number}", "Summer2026!", STRANGER)
        before = lockout.blocks()
        rows = AccessAttempt.objects.filter(failures_since_start__gt=0)
        times = sorted(rows.values_list("attempt_time", flat=True))
        assert sign_in("alice", ALICE, STRANGER).status_code == 429
        assert sorted(rows.values_list("attempt_time", flat=True)) == times
        assert before.keys() <= lockout.blocks().keys()

    def test_known_browsers_of_an_office_go_on(self, alice: User) -> None:
        browser = Client()
        assert sign_in("alice", ALICE, OFFICE, browser).status_code == 302
        browser.post("/accounts/logout/")
        for number in range(6):
            sign_in(f"name{number}", "Summer2026!", OFFICE)

        assert sign_in("alice", ALICE, OFFICE).status_code == 429
        assert sign_in("alice", ALICE, OFFICE, browser).status_code == 302

    def test_people_who_mistype_and_correct_themselves_do_not_add_up(self, db: None) -> None:
        for number in range(8):
            User.objects.create_user(f"name{number}", password=ALICE)
            sign_in(f"name{number}", "wrong", OFFICE)
            assert sign_in(f"name{number}", ALICE, OFFICE).status_code == 302


class TestKnownBrowser:
    def test_neighbour_behind_the_same_address_does_not_lock_the_owner_out(
        self, alice: User
    ) -> None:
        browser = Client()
        sign_in("alice", ALICE, OFFICE, browser)
        browser.post("/accounts/logout/")
        fail("alice", OFFICE)

        assert sign_in("alice", ALICE, OFFICE).status_code == 429
        assert sign_in("alice", ALICE, OFFICE, browser).status_code == 302

    def test_is_limited_by_itself(self, alice: User) -> None:
        browser = Client()
        sign_in("alice", ALICE, OFFICE, browser)
        browser.post("/accounts/logout/")
        for number in range(3):
            sign_in("alice", "wrong", f"9.9.9.{number}", browser)
        assert sign_in("alice", ALICE, OFFICE, browser).status_code == 429

    def test_cookie_is_of_its_own_person_alone(self, alice: User, bob: User) -> None:
        browser = Client()
        sign_in("bob", "bob-portal-password", STRANGER, browser)
        browser.post("/accounts/logout/")
        fail("alice", STRANGER)
        assert sign_in("alice", ALICE, STRANGER, browser).status_code == 429

    def test_forged_cookie_is_none(self, alice: User) -> None:
        fail("alice", STRANGER)
        browser = Client()
        browser.cookies[lockout.COOKIE] = '["alice"]'
        assert sign_in("alice", ALICE, STRANGER, browser).status_code == 429


class TestRows:
    def test_no_form_is_stored(self, alice: User) -> None:
        sign_in("alice", "a-secret-guess", STRANGER)
        [row] = AccessAttempt.objects.values()
        assert "a-secret-guess" not in str(row)

    def test_programs_with_many_names_do_not_add_rows(self, alice: User) -> None:
        for number in range(3):
            Client(headers={"user-agent": f"agent {number}"}).post(
                "/accounts/login/", {"username": "alice", "password": "wrong"}
            )
        assert AccessAttempt.objects.count() == 1

    def test_are_purged_and_bounded(
        self, alice: User, monkeypatch: pytest.MonkeyPatch, settings: Any
    ) -> None:
        settings.LOGIN_ADDRESS_LIMIT = 1000
        monkeypatch.setattr(lockout, "MAX_ROWS", 3)
        for number in range(8):
            sign_in(f"name{number}", "wrong", f"9.9.9.{number}")
        lockout.purge()
        assert AccessAttempt.objects.count() == 3
        AccessAttempt.objects.update(attempt_time=timezone.now() - timedelta(minutes=16))
        lockout.purge()
        assert not AccessAttempt.objects.exists()


class TestLog:
    def test_names_the_address_and_no_password(
        self, alice: User, caplog: pytest.LogCaptureFixture
    ) -> None:
        caplog.set_level(logging.INFO)
        fail("alice", STRANGER)
        assert "user 'alice' from 6.6.6.6, wrong password" in caplog.text
        assert "user 'alice' from 6.6.6.6, blocked for" in caplog.text

    def test_password_in_the_field_of_the_name_is_not_logged(
        self, alice: User, caplog: pytest.LogCaptureFixture
    ) -> None:
        caplog.set_level(logging.INFO)
        sign_in(ALICE, "", STRANGER)
        sign_in(ALICE, "x", STRANGER)
        assert ALICE not in caplog.text
        assert "an unknown user name from 6.6.6.6" in caplog.text


class TestUnblocking:
    @pytest.fixture
    def office(self, admin: User) -> Client:
        client = Client()
        client.force_login(admin)
        return client

    def unblock(self, office: Client, person: User) -> Any:
        chosen = {"action": "unblock_sign_in", "_selected_action": [person.pk]}
        return office.post("/admin/auth/user/", chosen, follow=True)

    def test_list_of_people_shows_who_is_blocked_and_where(
        self, office: Client, alice: User, bob: User
    ) -> None:
        fail("alice", STRANGER)
        fail("bob", STRANGER, times=1)

        page = office.get("/admin/auth/user/").text
        assert page.count("blocked at 6.6.6.6 for 15 min") == 1
        filtered = office.get("/admin/auth/user/?sign_in_blocked=yes").text
        assert ">alice<" in filtered
        assert ">bob<" not in filtered

    def test_action_lifts_the_block(self, office: Client, alice: User) -> None:
        fail("alice", STRANGER)
        assert "1 person unblocked" in self.unblock(office, alice).text
        assert sign_in("alice", ALICE, STRANGER).status_code == 302

    def test_action_lifts_the_block_of_an_address_that_refused_the_person(
        self, office: Client, alice: User
    ) -> None:
        for number in range(6):
            sign_in(f"name{number}", "Summer2026!", OFFICE)
        assert sign_in("alice", ALICE, OFFICE).status_code == 429

        assert "blocked everybody at 10.0.0.5" in office.get("/admin/auth/user/").text
        self.unblock(office, alice)
        assert sign_in("alice", ALICE, OFFICE).status_code == 302

    def test_new_password_alone_does_not(self, alice: User) -> None:
        fail("alice", STRANGER)
        alice.set_password("another-password")
        alice.save()
        assert sign_in("alice", "another-password", STRANGER).status_code == 429

    def test_failures_can_be_looked_at_and_deleted(self, office: Client, alice: User) -> None:
        fail("nobody-here", STRANGER)
        page = office.get("/admin/axes/accessattempt/").text
        assert "6.6.6.6" in page
        [row] = AccessAttempt.objects.all()
        office.post(f"/admin/axes/accessattempt/{row.pk}/delete/", {"post": "yes"})
        assert not AccessAttempt.objects.exists()


def test_sign_in_page_says_whom_to_ask(client: Client, settings: Any, db: None) -> None:
    page = client.get("/accounts/login/").text
    assert "No account, or password forgotten?" in page
    settings.OPERATOR_CONTACT = "https://intranet.example.com/portal"
    page = client.get("/accounts/login/").text
    assert 'href="https://intranet.example.com/portal"' in page


@pytest.mark.parametrize(
    ("proxies", "forwarded", "remote", "expected"),
    [
        (0, "6.6.6.6", "127.0.0.1", "127.0.0.1"),
        (1, "6.6.6.6", "127.0.0.1", "6.6.6.6"),
        (1, "1.1.1.1, 6.6.6.6", "127.0.0.1", "6.6.6.6"),
        (2, "1.1.1.1, 6.6.6.6, 10.0.0.1", "127.0.0.1", "6.6.6.6"),
        (2, "6.6.6.6", "127.0.0.1", "127.0.0.1"),  # fewer than there must be
        (1, "", "127.0.0.1", "127.0.0.1"),
        (1, "unknown", "127.0.0.1", "127.0.0.1"),
        (1, "6.6.6.6:5123", "127.0.0.1", "6.6.6.6"),
        (1, "2001:db8::1", "127.0.0.1", "2001:db8::"),
        (1, "[2001:db8::1]:443", "127.0.0.1", "2001:db8::"),
        (1, "2001:db8:0:0:ffff::9", "127.0.0.1", "2001:db8::"),
        (1, "2001:db8:0:1::9", "127.0.0.1", "2001:db8:0:1::"),
        (1, "::ffff:6.6.6.6", "127.0.0.1", "6.6.6.6"),
        (1, "fe80::1%eth0", "127.0.0.1", "fe80::"),
        (0, "", "", None),
    ],
)
def test_client_address(
    proxies: int, forwarded: str, remote: str, expected: str | None, settings: Any
) -> None:
    settings.TRUSTED_PROXIES = proxies
    request: HttpRequest = RequestFactory().get(
        "/", REMOTE_ADDR=remote, headers={"x-forwarded-for": forwarded}
    )
    assert client_address(request) == expected

from __future__ import annotations

from playwright.sync_api import expect

from selector.models import Connection
from tests.browser.portal import Portal


def fill(portal: Portal, **fields: str) -> None:
    portal.page.goto("/connections")
    for label, value in fields.items():
        portal.page.locator(f"#id_{label}").fill(value)
    portal.page.get_by_role("button", name="Connect", exact=True).click()


def test_it_works_with_the_sample_account(portal: Portal) -> None:
    portal.connect_to_samples()
    expect(portal.page.get_by_role("heading", name="Newest tasks")).to_be_visible()
    portal.page.goto("/connections")
    expect(portal.page.get_by_text("connected", exact=True)).to_be_visible()
    assert Connection.objects.get().credential not in portal.page.content()


def test_what_is_wrong_is_said_in_the_form_until_it_is_right(portal: Portal) -> None:
    page = portal.page
    alert = page.locator("#connect").get_by_role("alert")
    fill(portal, url="https://elsewhere.example.com", username="demo", password="secret")
    expect(alert).to_contain_text("Ask the operator")
    fill(portal, username="demo", password="wrong")
    expect(alert).to_contain_text("password")
    assert page.locator("#id_username").input_value() == "demo"
    assert page.locator("#id_password").input_value() == ""
    assert not Connection.objects.exists()
    fill(portal, username="bob", password="bob-password")
    expect(page.get_by_text(f"Connected to {portal.standin.url} as bob.")).to_be_visible()


def test_connect_again_and_disconnect(connected: Portal) -> None:
    page = connected.page
    Connection.objects.get().mark_refused()
    page.goto("/choose")
    expect(page.get_by_role("alert")).to_contain_text("Connect again")
    page.get_by_role("link", name="Connect again", exact=True).click()
    assert page.locator("#id_username").input_value() == "demo"
    page.locator("#id_password").fill("demo-password")
    page.get_by_role("button", name="Connect", exact=True).click()
    expect(page.get_by_role("heading", name="Newest tasks")).to_be_visible()

    page.goto("/connections")
    page.get_by_text("Disconnect", exact=True).click()
    expect(page.get_by_text("remains in your CVAT account until it expires")).to_be_visible()
    page.get_by_role("button", name="Disconnect from").click()
    expect(page.get_by_text("Not connected")).to_be_visible()
    assert not Connection.objects.exists()


def test_two_connections_can_be_switched(connected: Portal) -> None:
    page = connected.page
    bobs = Connection.objects.get()
    bobs.pk, bobs.organization, bobs.name = None, "acme", "The acme one"
    bobs.save()
    page.goto("/choose")
    page.get_by_label("Connection", exact=True).select_option(label="The acme one · demo")
    page.get_by_role("button", name="Switch").click()
    expect(page.get_by_text("1 task on The acme one")).to_be_visible()

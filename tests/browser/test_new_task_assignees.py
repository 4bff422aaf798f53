"""The people that a new task can be assigned to: those of the project that is chosen."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from publishing import new_task_form
from selections.models import Selection
from selector.models import Connection
from standin.model import Project
from tests.browser.portal import Portal
from tests.selections.builds import select


@pytest.fixture
def selection(connected: Portal) -> Selection:
    """In the personal space of the sample account."""
    return select(Connection.objects.get(), (12, [0]))


@pytest.fixture
def project(connected: Portal) -> Project:
    """In an organization."""
    world = connected.standin.world
    return world.add_project("At acme", owner="demo", organization=world.organizations[1])


@pytest.mark.parametrize("is_searched", [False, True])
def test_they_follow_the_choice_of_the_project(
    connected: Portal,
    selection: Selection,
    project: Project,
    monkeypatch: pytest.MonkeyPatch,
    is_searched: bool,
) -> None:
    if is_searched:
        monkeypatch.setattr(new_task_form, "FEW_PROJECTS", 0)
    page = connected.page
    page.goto(f"/publications/selections/{selection.pk}/task")
    assignee = page.get_by_label("Assign the task to")
    members = page.locator("#members")
    expect(members).to_contain_text("to yourself alone (demo)")
    expect(assignee.locator("option")).to_have_text(["Nobody", "demo"])
    if is_searched:
        page.get_by_label("Find a project").fill(f"#{project.id}")
    else:
        page.get_by_label("Project", exact=True).select_option(str(project.id))
    expect(members).to_have_text("Members of the organization: alice, bob, demo.")
    expect(assignee.locator("option")).to_have_text(["Nobody", "alice", "bob", "demo"])
    assignee.select_option("demo")
    page.get_by_label("Project", exact=True).select_option("")
    expect(members).to_contain_text("to yourself alone (demo)")
    expect(assignee.locator("option:checked")).to_have_text("demo")

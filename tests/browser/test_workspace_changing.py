"""A saved selection is changed in the workspace, also by two people at once."""

from __future__ import annotations

from collections.abc import Callable

from django.contrib.auth.models import User
from playwright.sync_api import expect

from selections import services
from selections.models import Selection
from tests.browser.portal import Portal
from tests.browser.workspace import Workspace
from tests.conftest import connect
from tests.making import make_selection

DRIVE = 1
SAVE_CHANGES = "Save changes to “Round 1”"


def opened(portal: Portal, selection: Selection) -> Workspace:
    desk = Workspace(portal)
    desk.open_task(DRIVE, selection=selection.pk)
    desk.expect_chosen(selection.frames.count(), 227)
    return desk


def numbers(selection: Selection) -> list[int]:
    frames = Selection.objects.get(pk=selection.pk).frames
    return list(frames.order_by("frame").values_list("frame", flat=True))


def test_an_editor_saves_changes(
    open_portal: Callable[..., Portal], alice: User, bob: User
) -> None:
    portal = open_portal("bob")
    connect(bob, portal.standin)
    selection = make_selection(alice, connect(alice, portal.standin), name="Round 1")
    selection.shares.create(person=bob, may_edit=True)
    desk = opened(portal, selection)
    expect(desk.button(SAVE_CHANGES)).to_have_count(0)
    desk.cell(1).click()
    desk.cell(5).click()
    desk.button(SAVE_CHANGES).click()
    status = desk.page.locator("#dock-status")
    expect(status).to_contain_text("“Round 1” has 3 frames now.")
    expect(desk.button(SAVE_CHANGES)).to_have_count(0)
    assert numbers(selection) == [0, 2, 5]
    assert Selection.objects.get().revisions.first().made_by == bob
    desk.cell(7).click()  # of what is saved now
    desk.button(SAVE_CHANGES).click()
    expect(status).to_contain_text("“Round 1” has 4 frames now.")
    assert Selection.objects.get().revision == 3


def test_what_somebody_else_changed_meanwhile_is_not_lost(
    open_portal: Callable[..., Portal], alice: User
) -> None:
    portal = open_portal()
    selection = make_selection(alice, connect(alice, portal.standin), name="Round 1")
    desk = opened(portal, selection)
    services.edit_frames(user=alice, selection=selection, revision=1, remove=[(1, 2)])
    desk.cell(5).click()
    desk.button(SAVE_CHANGES).click()
    status = desk.page.locator("#dock-status")
    expect(status).to_contain_text("frames of “Round 1” were changed by alice meanwhile")
    assert numbers(selection) == [0, 1]
    desk.button("Save mine on top").click()
    expect(status).to_contain_text("“Round 1” has 3 frames now, some of which are not chosen here.")
    assert numbers(selection) == [0, 1, 5]


def test_readers_save_as_new(open_portal: Callable[..., Portal], alice: User, bob: User) -> None:
    portal = open_portal("bob")
    connect(bob, portal.standin)
    selection = make_selection(
        alice, connect(alice, portal.standin), name="Round 1", visibility="shared"
    )
    desk = opened(portal, selection)
    desk.page.get_by_label("Name of the selection").fill("Mine")
    expect(desk.button("Save as new")).to_be_visible()  # not renamed
    desk.cell(5).click()
    expect(desk.button(SAVE_CHANGES)).to_have_count(0)
    desk.pick("2", seed="7")
    desk.expect_chosen(10, 227)
    expect(desk.button("Replace")).to_be_hidden()
    desk.button("Save as new").click()
    expect(desk.page.locator("#dock-status")).to_have_text(
        "Saved as “Mine”. “Round 1” stays as it was."
    )
    assert list(Selection.objects.order_by("pk").values_list("name", "owner__username")) == [
        ("Round 1", "alice"),
        ("Mine", "bob"),
    ]
    assert numbers(selection) == [0, 1, 2]


def test_a_name_that_nobody_gave_follows_the_number_of_frames(connected: Portal) -> None:
    desk = Workspace(connected)
    desk.open_task(DRIVE)
    desk.cell(3).click()
    desk.button("Save").click()
    status = desk.page.locator("#dock-status")
    expect(status).to_contain_text("Saved as “Night drive, north loop: 1 frame”.")
    desk.cell(5).click()
    desk.page.locator("#save-changes").click()
    expect(status).to_contain_text("“Night drive, north loop: 2 frames” has 2 frames now.")
    desk.button("Save").click()
    expect(status).to_contain_text("Saved already as “Night drive, north loop: 2 frames”.")

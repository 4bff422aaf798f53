"""A saved selection whose frames were changed or drawn anew: saved beside it, or in its place."""

from __future__ import annotations

from django.contrib.auth.models import User
from playwright.sync_api import expect

from selections.models import Selection
from tests.browser.workspace import Workspace

DRIVE = 1


def saved_and_changed(desk: Workspace) -> Selection:
    desk.open_task(DRIVE)
    desk.cell(3).click()
    expect(desk.button("Replace")).to_be_hidden()
    desk.save("Two cams")
    expect(desk.button("Replace")).to_be_hidden()
    desk.cell(5).click()
    expect(desk.button("Save as new")).to_be_visible()
    return Selection.objects.get()


def test_replace_puts_another_draw_in_place_of_the_saved_one(desk: Workspace, alice: User) -> None:
    earlier = saved_and_changed(desk)
    expect(desk.button("Replace")).to_be_hidden()  # changed by hand, it is the same selection
    desk.pick("2", seed="7")
    desk.expect_chosen(10, 227)
    expect(desk.button("Replace")).to_be_visible()
    desk.button("Replace").click()
    status = desk.page.locator("#dock-status")
    expect(status).to_contain_text("“Two cams” has these 10 frames now.")
    expect(desk.button("Replace")).to_be_hidden()
    now = Selection.objects.for_user(alice).get()
    assert (now.name, now.frames.count(), now.created_at) == ("Two cams", 10, earlier.created_at)
    assert list(Selection.objects.restorable(alice)) == [earlier]
    desk.button("Save").click()
    expect(status).to_contain_text("Saved already as “Two cams”.")
    # What it takes back is among the selections.
    desk.page.goto("/selections/")
    desk.button("Undo deleting Two cams").click()
    expect(desk.page.get_by_text("“Two cams” is back.")).to_be_visible()


def test_saved_as_new_it_gets_another_name(desk: Workspace, alice: User) -> None:
    saved_and_changed(desk)
    desk.button("Save as new").click()
    status = desk.page.locator("#dock-status")
    expect(status).to_contain_text("Saved as “Two cams 2”. “Two cams” stays as it was.")
    expect(desk.page.get_by_label("Name of the selection")).to_have_value("Two cams 2")
    desk.cell(7).click()
    desk.button("Save as new").click()
    expect(status).to_contain_text("Saved as “Two cams 3”. “Two cams 2” stays as it was.")
    names = Selection.objects.for_user(alice).order_by("pk").values_list("name", flat=True)
    assert list(names) == ["Two cams", "Two cams 2", "Two cams 3"]


def test_what_belongs_to_others_is_not_replaced(desk: Workspace, alice: User, bob: User) -> None:
    saved_and_changed(desk)
    Selection.objects.update(owner=bob, visibility="shared")
    desk.page.on("dialog", lambda dialog: dialog.accept())
    desk.open_task(DRIVE, selection=Selection.objects.get().pk)
    desk.expect_chosen(1, 227)
    desk.cell(7).click()
    expect(desk.button("Save as new")).to_be_visible()
    expect(desk.button("Replace")).to_be_hidden()

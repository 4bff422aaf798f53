"""A saved selection whose frames were changed or drawn anew: saved beside it, or in its place."""

from __future__ import annotations

from django.contrib.auth.models import User
from playwright.sync_api import expect

from selections.models import Selection
from tests.browser.workspace import Workspace

DRIVE = 1


def test_saved_beside_it_and_in_its_place(desk: Workspace, alice: User) -> None:
    status = desk.page.locator("#dock-status")
    replace = desk.button("Replace")
    desk.open_task(DRIVE)
    desk.cell(3).click()
    expect(replace).to_be_hidden()
    desk.save("Two cams")
    expect(replace).to_be_hidden()

    # Saved as new, it gets another name.
    desk.cell(5).click()
    desk.button("Save as new").click()
    expect(status).to_contain_text("Saved as “Two cams 2”. “Two cams” stays as it was.")
    expect(desk.page.get_by_label("Name of the selection")).to_have_value("Two cams 2")
    desk.cell(7).click()
    expect(desk.button("Save as new")).to_be_visible()
    expect(replace).to_be_hidden()  # changed by hand, it is the same selection
    desk.button("Save as new").click()
    expect(status).to_contain_text("Saved as “Two cams 3”. “Two cams 2” stays as it was.")
    names = Selection.objects.for_user(alice).order_by("pk").values_list("name", flat=True)
    assert list(names) == ["Two cams", "Two cams 2", "Two cams 3"]
    earlier = Selection.objects.get(name="Two cams 3")

    # Another draw in place of the saved one.
    desk.pick("2", seed="7")
    desk.expect_chosen(10, 227)
    replace.click()
    expect(status).to_contain_text("“Two cams 3” has these 10 frames now.")
    expect(replace).to_be_hidden()
    now = Selection.objects.for_user(alice).get(name="Two cams 3")
    assert (now.frames.count(), now.created_at) == (10, earlier.created_at)
    assert Selection.objects.for_user(alice).count() == 3
    assert list(Selection.objects.restorable(alice)) == [earlier]
    desk.button("Save").click()
    expect(status).to_contain_text("Saved already as “Two cams 3”.")

    # What it takes back is among the selections.
    desk.page.goto("/selections/")
    desk.button("Undo deleting Two cams 3").click()
    expect(desk.page.get_by_text("“Two cams 3” is back.")).to_be_visible()

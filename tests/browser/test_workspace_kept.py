"""A saved selection opened in the workspace."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.contrib.auth.models import User
from playwright.sync_api import Route, expect

from selections import services
from selections.draws import Draw
from selections.models import SelectedFrame, Selection
from selector.models import Connection
from tests.browser.workspace import Workspace

pytestmark = pytest.mark.browser
DRIVE, LARGE = 1, 8


def kept(*frames: int) -> Selection:
    connection = Connection.objects.get()
    selection = Selection.objects.create(
        owner=User.objects.get(username="alice"),
        connection=connection,
        url=connection.url,
        name="Round 1",
        note="From the first week.",
    )
    selection.tasks.create(task_id=DRIVE, name="Night drive, north loop", frames_count=len(frames))
    for frame in frames:
        SelectedFrame.objects.create(selection=selection, task_id=DRIVE, job_id=1, frame=frame)
    return selection


def open_kept(desk: Workspace, selection: Selection) -> None:
    desk.open_task(DRIVE, selection=selection.pk)


def test_it_works(desk: Workspace) -> None:
    selection = kept(3, 5, 60)
    open_kept(desk, selection)
    desk.expect_chosen(3, 227)
    status = desk.page.locator("#dock-status")
    expect(status).to_contain_text("3 frames of “Round 1” are chosen.")
    name = desk.page.get_by_label("Name of the selection")
    note = desk.page.get_by_label("Note", exact=True)
    expect(name).to_have_value("Round 1")

    # Nothing has changed, so nothing new is kept.
    desk.button("Save").click()
    expect(status).to_have_text("Saved already as “Round 1”.")
    assert Selection.objects.count() == 1

    # Another name or note is that of the same.
    name.fill("First round")
    desk.button("Save").click()
    expect(status).to_have_text("“Round 1” is now called “First round”.")
    desk.page.locator(".note summary").click()
    note.fill("Of the first day.")
    desk.button("Save").click()
    expect(status).to_have_text("The note of “First round” is saved.")
    name.fill("")
    desk.button("Save").click()
    expect(status).to_contain_text("needs a name")
    selection.refresh_from_db()
    assert (selection.name, selection.note) == ("First round", "Of the first day.")
    assert Selection.objects.count() == 1

    # Other frames are another selection.
    desk.cell(0).click()
    desk.expect_chosen(4, 227)
    name.fill("Round 2")
    desk.button("Save as new").click()
    expect(status).to_have_text("Saved as “Round 2”. “First round” stays as it was.")
    assert Selection.objects.exclude(pk=selection.pk).get().frames.count() == 4
    assert selection.frames.count() == 3
    expect(desk.button("Save")).to_be_visible()


def test_leaving_warns_when_it_is_not_as_saved(desk: Workspace) -> None:
    open_kept(desk, kept(3, 5))
    desk.expect_chosen(2, 227)
    desk.cell(0).click()  # without a gesture of a person no browser asks
    desk.cell(0).click()
    desk.button("Clear").click()
    assert desk.warns(), "that nothing is chosen"
    desk.button("Undo").click()
    desk.page.locator(".note summary").click()
    note = desk.page.get_by_label("Note", exact=True)
    note.fill("Another.")
    assert desk.warns(), "of another note"
    note.fill("From the first week.")
    assert not desk.warns()


def drawn(**values: Any) -> Selection:
    return services.create_random_selection(
        owner=User.objects.get(username="alice"),
        connection=Connection.objects.get(),
        draw=Draw(task_id=DRIVE, seed=7, **values),
        name="Drawn",
    )


def test_a_draw_stays_a_draw(desk: Workspace) -> None:
    first = drawn(method="random_uniform", share=0.25)
    open_kept(desk, first)
    desk.expect_chosen(56, 227)
    panel = desk.page.locator("#pick")
    expect(panel.get_by_role("radio", name="Over all")).to_be_checked()
    expect(panel.locator("#amount")).to_have_value("25")
    expect(panel.locator("#unit")).to_have_value("share")
    expect(panel.get_by_label("Seed")).to_have_value("7")
    # The very same, drawn anew here, is still what is saved.
    panel.locator("#draw").click()
    expect(desk.page.locator("#dock-status")).to_contain_text("with seed 7")
    expect(desk.button("Save")).to_be_visible()

    desk.cell(0).click()
    desk.page.get_by_label("Name of the selection").fill("Adjusted")
    desk.button("Save as new").click()
    expect(desk.page.locator("#dock-status")).to_contain_text("Saved as “Adjusted”.")
    adjusted = Selection.objects.get(name="Adjusted")
    assert adjusted.frame_selection_method == "manual"
    assert adjusted.parameters["adjusted_from"] == first.parameters | {"random_seed": 7}

    # One that was adjusted goes on from the same draw; back at its frames, it is that draw.
    open_kept(desk, adjusted)
    expect(panel.get_by_label("Seed")).to_have_value("7")
    desk.cell(0).click()
    desk.expect_chosen(56, 227)
    desk.page.get_by_label("Name of the selection").fill("Again")
    desk.button("Save as new").click()
    expect(desk.page.locator("#dock-status")).to_contain_text("Saved as “Again”.")
    again = Selection.objects.get(name="Again")
    assert (again.frame_selection_method, again.random_seed) == ("random_uniform", 7)
    assert again.parameters == first.parameters


def test_what_a_draw_left_out_is_left_out_again(desk: Workspace) -> None:
    left_out = kept(*range(0, 227, 2))
    first = drawn(count=2, exclude_selections=(left_out.pk,))
    open_kept(desk, first)
    desk.expect_chosen(10, 227)
    panel = desk.page.locator("#pick")
    status = desk.page.locator("#dock-status")
    expect(panel.locator("#left-out summary")).to_have_text("Without the frames of 1 selection")
    panel.locator("#draw").click()
    expect(status).to_contain_text("with seed 7")
    expect(desk.button("Save")).to_be_visible()  # the very same is drawn
    panel.locator("#left-out summary").click()
    expect(panel.get_by_role("checkbox", name="Round 1")).to_be_checked()

    # A draw that cannot be repeated is kept by hand.
    left_out.delete()
    open_kept(desk, first)
    desk.expect_chosen(10, 227)
    desk.button("Invert").click()
    desk.button("Save as new").click()
    expect(status).to_contain_text(
        "It is kept as chosen by hand, since its draw cannot be repeated"
    )
    assert Selection.objects.exclude(pk=first.pk).get().frames.count() == 217


def test_many_frames_while_they_come(desk: Workspace) -> None:
    selection = kept()
    SelectedFrame.objects.bulk_create(
        SelectedFrame(selection=selection, task_id=LARGE, job_id=1, frame=frame)
        for frame in range(5500)
    )
    held: list[Route] = []
    later = re.compile(r"/frames.*[?&]page=[2-9]")
    desk.page.route(later, lambda route: held.append(route) if len(held) < 4 else route.continue_())
    desk.open_task(LARGE, selection=selection.pk)
    expect(desk.page.locator("#dock-status")).to_have_text("Opening “Round 1”…")
    desk.until(lambda: len(held) == 4)  # side by side
    with desk.page.expect_response(later):
        held[0].continue_()
    for part in ("scroller", "tools", "side", "dock"):
        expect(desk.page.locator(f"#{part}")).to_have_attribute("inert", "")
    desk.cell(0).click(force=True)
    for route in reversed(held[1:]):
        route.continue_()
    desk.expect_chosen(5500, 20_000)
    desk.scroll_to(0)
    desk.cell(0).click()
    desk.expect_chosen(5499, 20_000)


def test_what_is_gone_is_told(desk: Workspace) -> None:
    """The words are tested in `missing_frames.test.mjs`."""
    status = desk.page.locator("#dock-status")
    open_kept(desk, kept(3, 5, 17, 104, 100_000))  # 17 and 104 are deleted in the sample
    desk.expect_chosen(2, 227)
    expect(status).to_contain_text(
        "2 are not offered here any more: 17, 104, deleted in CVAT. "
        "1 is not offered here any more: 100000, not in the task"
    )
    desk.open_task(DRIVE, selection=999999)
    expect(status).to_have_text("This selection is not there any more, or not shared with you.")
    desk.expect_chosen(0, 227)

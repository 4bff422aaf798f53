"""Keep, draw more: what goes on with the draw that is chosen, and what is another beside it."""

from __future__ import annotations

from django.contrib.auth.models import User
from playwright.sync_api import expect

from tests.browser.workspace import Workspace
from tests.conftest import api_of

DRIVE = 1


def test_keep_these_and_draw_more(desk: Workspace, alice: User) -> None:
    """The same seed goes on: five more are the draw of fifteen; another seed draws beside it."""
    desk.open_task(DRIVE)
    said = desk.page.locator("#dock-status")
    desk.pick("10", seed="7")
    desk.expect_chosen(50, 227)
    first = {row["frame"] for row in desk.info()}
    desk.page.locator("#amount").fill("5")
    desk.button("Keep, draw more").click()
    desk.expect_chosen(75, 227)
    expect(said).to_have_text("25 more frames picked with seed 7.")
    more = {row["frame"] for row in desk.info()}
    assert first < more
    desk.button("Keep, draw more").click()
    desk.expect_chosen(100, 227)
    desk.button("Undo").click()
    assert {row["frame"] for row in desk.info()} == more
    desk.pick("15", seed="7")
    expect(said).to_have_text("75 of 227 frames picked with seed 7.")
    assert {row["frame"] for row in desk.info()} == more
    desk.page.get_by_label("Seed").fill("8")
    desk.button("Keep, draw more").click()
    expect(said).to_contain_text("more frames picked with seed 8.")
    drawn = api_of(alice).post(
        "/api/random-select", {"task_id": DRIVE, "count": 15, "random_seed": 8}
    )
    beside = {row["frame"] for row in drawn.json()["images"]}
    assert {row["frame"] for row in desk.info()} == more | beside


def test_more_goes_on_only_with_the_draw_that_is_chosen(desk: Workspace) -> None:
    more = desk.button("Keep, draw more")
    desk.open_task(DRIVE)
    desk.cell(0).click()
    desk.pick("10", seed="7")
    desk.expect_chosen(50, 227)
    ten = {row["frame"] for row in desk.info()}
    desk.button("Undo").click()
    desk.expect_chosen(1, 227)
    more.click()  # ten of each job, not twenty
    expect(desk.page.locator("#dock-status")).to_contain_text("more frames picked with seed 7.")
    assert {row["frame"] for row in desk.info()} == ten | {0}
    desk.button("Clear").click()
    desk.expect_chosen(0, 227)
    more.click()
    desk.expect_chosen(50, 227)
    assert {row["frame"] for row in desk.info()} == ten
    # After undo of more, it goes on with what is chosen then.
    more.click()
    desk.expect_chosen(100, 227)
    desk.button("Undo").click()
    desk.expect_chosen(50, 227)
    more.click()
    desk.expect_chosen(100, 227)


def test_what_was_chosen_and_taken_out_by_hand_stays_so(desk: Workspace) -> None:
    desk.open_task(DRIVE)
    desk.pick("10", seed="7")
    desk.expect_chosen(50, 227)
    out, *stay = drawn = [row["frame"] for row in desk.info()]
    by_hand = next(frame for frame in range(11) if frame not in drawn)
    desk.cell(by_hand).click()
    desk.cell(out).click()
    desk.expect_chosen(50, 227)
    for count in (100, 150):
        desk.button("Keep, draw more").click()
        desk.expect_chosen(count, 227)
        chosen = {row["frame"] for row in desk.info()}
        assert {by_hand, *stay} < chosen
        assert out not in chosen

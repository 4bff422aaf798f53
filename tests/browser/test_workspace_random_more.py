"""Keep, draw more: what goes on with the draw that is chosen, and what is another beside it."""

from __future__ import annotations

from django.contrib.auth.models import User
from playwright.sync_api import expect

from tests.browser.workspace import Workspace
from tests.conftest import api_of

DRIVE = 1


def test_keep_these_and_draw_more(desk: Workspace) -> None:
    """The same seed goes on: ten more are the draw of twenty, and what was added by hand stays."""
    desk.open_task(DRIVE)
    desk.pick("10", seed="7")
    desk.expect_chosen(50, 227)
    first = {row["frame"] for row in desk.info()}
    desk.page.locator("#amount").fill("5")
    desk.button("Keep, draw more").click()
    desk.expect_chosen(75, 227)
    expect(desk.page.locator("#dock-status")).to_have_text("25 more frames picked with seed 7.")
    more = {row["frame"] for row in desk.info()}
    assert first < more
    desk.button("Keep, draw more").click()
    desk.expect_chosen(100, 227)
    desk.button("Undo").click()
    assert {row["frame"] for row in desk.info()} == more
    desk.pick("15", seed="7")
    expect(desk.page.locator("#dock-status")).to_have_text("75 of 227 frames picked with seed 7.")
    assert {row["frame"] for row in desk.info()} == more


def test_drawing_more_keeps_what_was_chosen_by_hand(desk: Workspace) -> None:
    desk.open_task(DRIVE)
    desk.pick("1", seed="7")
    desk.expect_chosen(5, 227)
    drawn = {row["frame"] for row in desk.info()}
    by_hand = next(frame for frame in range(5) if frame not in drawn)
    desk.cell(by_hand).click()
    desk.button("Keep, draw more").click()
    expect(desk.page.locator("#dock-status")).to_contain_text("more frames picked")
    assert drawn | {by_hand} < {row["frame"] for row in desk.info()}


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


def test_more_with_a_typed_seed_is_a_draw_beside(desk: Workspace, alice: User) -> None:
    desk.open_task(DRIVE)
    desk.pick("10", seed="7")
    desk.expect_chosen(50, 227)
    first = {row["frame"] for row in desk.info()}
    desk.page.get_by_label("Seed").fill("8")
    desk.button("Keep, draw more").click()
    expect(desk.page.locator("#dock-status")).to_contain_text("more frames picked with seed 8.")
    drawn = api_of(alice).post(
        "/api/random-select", {"task_id": DRIVE, "count": 10, "random_seed": 8}
    )
    second = {row["frame"] for row in drawn.json()["images"]}
    assert {row["frame"] for row in desk.info()} == first | second


def test_what_was_taken_out_by_hand_stays_out(desk: Workspace) -> None:
    desk.open_task(DRIVE)
    desk.pick("10", seed="7")
    desk.expect_chosen(50, 227)
    out = desk.info()[0]["frame"]
    desk.cell(out).click()
    desk.expect_chosen(49, 227)
    for chosen in (99, 149):
        desk.button("Keep, draw more").click()
        desk.expect_chosen(chosen, 227)
        assert out not in {row["frame"] for row in desk.info()}


def test_more_of_no_amount(desk: Workspace) -> None:
    desk.open_task(DRIVE)
    desk.pick("10", seed="7")
    desk.expect_chosen(50, 227)
    for amount in ("0", "-3", "1.5", ""):
        desk.forget_error()
        desk.page.locator("#amount").fill(amount)
        desk.button("Keep, draw more").click()
        expect(desk.page.locator("#pick-error")).to_contain_text("whole number, 1 or more")
        desk.expect_chosen(50, 227)

"""Random, by the API's own draw: per job or over all, a number or a share, again."""

from __future__ import annotations

from django.contrib.auth.models import User
from playwright.sync_api import Route, expect

from tests.browser.workspace import Workspace
from tests.conftest import api_of

DRIVE = 1


def elsewhere_of(job: dict) -> int:
    return sum(other["frames_count"] for other in job["counted_for_other_jobs"])


def test_a_draw_is_that_of_the_api_and_comes_again(desk: Workspace, alice: User) -> None:
    desk.open_task(DRIVE)
    said = desk.page.locator("#dock-status")
    picked = "50 of 227 frames picked with seed 7."
    desk.pick("10", seed="7")
    desk.expect_chosen(50, 227)
    drawn = (
        api_of(alice)
        .post("/api/random-select", {"task_id": DRIVE, "count": 10, "random_seed": 7})
        .json()
    )
    # A bar tells how many frames of the job's range are chosen, those that count for another too.
    assert desk.bars() == [
        f"Job {job['job_id']}: {job['selected'] + elsewhere_of(job)}/{job['total']}"
        for job in drawn["job_summary"]
    ]
    assert [job["total"] for job in drawn["job_summary"]] == [48, 50, 49, 50, 50]
    assert desk.info() == drawn["images"]
    desk.button("Another seed").click()
    expect(desk.page.get_by_label("Seed")).not_to_have_value("7")
    expect(said).not_to_have_text(picked)
    assert desk.info() != drawn["images"]
    # What is said fits what is chosen.
    for change in ("Undo", "Clear"):
        desk.pick("10", seed="7")
        expect(said).to_have_text(picked)
        desk.button(change).click()
        expect(said).to_be_empty()
    desk.expect_chosen(0, 227)
    desk.pick("10", seed="7")
    expect(said).to_have_text(picked)
    assert desk.info() == drawn["images"]
    # What is said of other things stays.
    desk.save("Fifty")
    desk.button("Clear").click()
    desk.expect_chosen(0, 227)
    expect(said).to_contain_text("Saved as")


def test_over_all_and_shares(desk: Workspace) -> None:
    desk.open_task(DRIVE)
    desk.pick("20", seed="3", mode="Over all")
    desk.expect_chosen(20, 227)
    desk.page.get_by_label("Unit").select_option(label="%")
    desk.pick("10", seed="3", mode="Over all")
    desk.expect_chosen(22, 227)
    desk.pick("50", seed="3", mode="Per job")
    desk.expect_chosen(123, 227)


def test_amounts_and_seeds_that_make_no_sense(desk: Workspace) -> None:
    """What the API refuses, and what the page refuses by itself (more in `amounts.test.mjs`)."""
    desk.open_task(DRIVE)
    said = desk.page.locator("#pick-error")
    for amount in ("0", "abc", "1.5", ""):
        desk.forget_error()
        desk.pick(amount)
        expect(said).to_contain_text("whole number, 1 or more")
        desk.expect_chosen(0, 227)
    desk.pick("10", seed="x")
    expect(said).to_contain_text("seed")
    desk.page.get_by_label("Unit").select_option(label="%")
    for amount in ("150", ""):
        desk.forget_error()
        desk.pick(amount)
        expect(said).to_contain_text("a percentage above 0 and at most 100")
        desk.expect_chosen(0, 227)
    desk.page.get_by_label("Unit").select_option(label="frames")
    desk.pick("10", seed="7")
    desk.expect_chosen(50, 227)
    for amount in ("0", ""):
        desk.forget_error()
        desk.page.locator("#amount").fill(amount)
        desk.button("Keep, draw more").click()
        expect(said).to_contain_text("whole number, 1 or more")
        desk.expect_chosen(50, 227)


def test_the_focus_stays_on_what_was_pressed(desk: Workspace) -> None:
    page = desk.page
    held: list[Route] = []
    page.route("**/api/random-select", lambda route: held.append(route))  # noqa: PLW0108 - takes no built-in
    desk.open_task(DRIVE)
    page.locator("#amount").fill("1")
    page.locator("#seed").fill("7")
    page.locator("#draw").focus()
    for _ in range(3):  # a press during a draw is none
        page.keyboard.press("Enter")
    desk.until(lambda: held)
    held[0].continue_()
    desk.expect_chosen(5, 227)
    expect(page.locator("#draw")).to_be_enabled()
    expect(page.locator("#draw")).to_be_focused()
    assert len(held) == 1
    page.unroute("**/api/random-select")
    more = desk.button("Keep, draw more")
    more.focus()
    for chosen in (10, 15):
        page.keyboard.press("Enter")
        desk.expect_chosen(chosen, 227)
        expect(more).to_be_enabled()
        expect(more).to_be_focused()
    another = desk.button("Another seed")
    another.focus()
    page.keyboard.press("Enter")
    desk.expect_chosen(5, 227)
    expect(another).to_be_enabled()
    expect(another).to_be_focused()
    expect(page.locator("#seed")).not_to_have_value("7")


def test_answers_of_a_portal_that_is_busy_and_of_a_task_that_has_changed(desk: Workspace) -> None:
    asked: list[Route] = []

    def busy_twice(route: Route) -> None:
        """As when the pictures of the page take all places for what waits for CVAT."""
        asked.append(route)
        if len(asked) > 2:
            route.continue_()
        else:
            told = {"success": False, "message": "CVAT is slow to answer.", "code": "busy"}
            route.fulfill(status=503, json=told)

    desk.page.route("**/api/random-select", busy_twice)
    desk.open_task(DRIVE)
    desk.pick("10", seed="7")
    desk.expect_chosen(50, 227)
    expect(desk.page.locator("#pick-error")).to_be_empty()
    assert len(asked) == 3
    changed = {"images": [{"frame": 5000}], "random_seed": 1, "count": 1}
    desk.page.route("**/api/random-select", lambda route: route.fulfill(json=changed))
    desk.pick("10")
    expect(desk.page.locator("#dock-status")).to_contain_text("Reload the page")

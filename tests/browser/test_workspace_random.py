"""Random, by the API's own draw: per job or over all, a number or a share, again."""

from __future__ import annotations

from django.contrib.auth.models import User
from playwright.sync_api import Route, expect

from tests.browser.workspace import Workspace
from tests.conftest import api_of

DRIVE, FOLDERS, LARGE = 1, 2, 8


def elsewhere_of(job: dict) -> int:
    return sum(other["frames_count"] for other in job["counted_for_other_jobs"])


def test_per_job_is_what_the_api_draws(desk: Workspace, alice: User) -> None:
    desk.open_task(DRIVE)
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


def test_the_last_job_has_fewer(desk: Workspace) -> None:
    desk.open_task(FOLDERS)
    desk.pick("10", seed="7")
    desk.expect_chosen(27, 47)
    assert desk.bars()[-1].endswith(": 7/7")


def test_of_one_job(desk: Workspace) -> None:
    desk.page.goto("/choose?job=2")
    desk.pick("7", seed="1", mode="Random")
    desk.expect_chosen(7, 50)
    assert desk.bars() == ["Job 2: 7/50"]


def test_amounts_that_make_no_sense(desk: Workspace) -> None:
    desk.open_task(DRIVE)
    for amount in ("0", "abc", "-3", "1.5", ""):
        desk.forget_error()
        desk.pick(amount)
        expect(desk.page.locator("#pick-error")).to_contain_text("whole number, 1 or more")
        desk.expect_chosen(0, 227)


def test_a_seed_that_is_none(desk: Workspace) -> None:
    desk.open_task(DRIVE)
    desk.pick("10", seed="x")
    expect(desk.page.locator("#pick-error")).to_contain_text("seed")


def test_another_seed_and_the_same_again(desk: Workspace) -> None:
    desk.open_task(DRIVE)
    desk.pick("10", seed="7")
    desk.expect_chosen(50, 227)
    first = desk.info()
    desk.button("Another seed").click()
    expect(desk.page.get_by_label("Seed")).not_to_have_value("7")
    assert desk.info() != first
    desk.pick("10", seed="7")
    expect(desk.page.locator("#dock-status")).to_have_text("50 of 227 frames picked with seed 7.")
    assert desk.info() == first


def test_over_all_and_shares(desk: Workspace) -> None:
    desk.open_task(DRIVE)
    desk.pick("20", seed="3", mode="Over all")
    desk.expect_chosen(20, 227)
    desk.page.get_by_label("Unit").select_option(label="%")
    desk.pick("10", seed="3", mode="Over all")
    desk.expect_chosen(22, 227)
    desk.pick("50", seed="3", mode="Per job")
    desk.expect_chosen(123, 227)


def test_shares_that_make_no_sense(desk: Workspace) -> None:
    desk.open_task(DRIVE)
    desk.page.get_by_label("Unit").select_option(label="%")
    said = desk.page.locator("#pick-error")
    for amount in ("150", "0", "-3", "", "abc"):
        desk.forget_error()
        desk.pick(amount)
        expect(said).to_contain_text("a percentage above 0 and at most 100")
        desk.expect_chosen(0, 227)


def test_what_is_said_fits_what_is_chosen(desk: Workspace) -> None:
    desk.open_task(DRIVE)
    said = desk.page.locator("#dock-status")
    for change in ("Undo", "Clear"):
        desk.pick("10", seed="7")
        expect(said).to_have_text("50 of 227 frames picked with seed 7.")
        desk.button(change).click()
        desk.expect_chosen(0, 227)
        expect(said).to_be_empty()
    # What it says of other things stays.
    desk.pick("10", seed="7")
    desk.expect_chosen(50, 227)
    desk.save("Fifty")
    desk.button("Clear").click()
    expect(said).to_contain_text("Saved as")


def test_the_focus_stays_on_what_was_pressed(desk: Workspace) -> None:
    page = desk.page
    desk.open_task(DRIVE)
    page.locator("#amount").fill("1")
    page.locator("#seed").fill("7")
    page.locator("#draw").focus()
    page.keyboard.press("Enter")
    desk.expect_chosen(5, 227)
    expect(page.locator("#draw")).to_be_focused()
    more = desk.button("Keep, draw more")
    more.focus()
    for chosen in (10, 15):
        page.keyboard.press("Enter")
        desk.expect_chosen(chosen, 227)
        expect(more).to_be_enabled()
        expect(more).to_be_focused()
    another = desk.button("Another seed")
    another.focus()
    seeds = {page.locator("#seed").input_value()}
    for _ in range(2):
        page.keyboard.press("Enter")
        desk.expect_chosen(5, 227)
        expect(another).to_be_enabled()
        seeds.add(page.locator("#seed").input_value())
    assert len(seeds) > 1
    expect(another).to_be_focused()


def test_a_press_during_a_draw_is_none(desk: Workspace) -> None:
    held: list[Route] = []
    desk.page.route("**/api/random-select", lambda route: held.append(route))  # noqa: PLW0108 - takes no built-in
    desk.open_task(DRIVE)
    desk.page.locator("#draw").focus()
    for _ in range(3):
        desk.page.keyboard.press("Enter")
    desk.until(lambda: held)
    held[0].continue_()
    desk.expect_chosen(50, 227)
    expect(desk.page.locator("#draw")).to_be_enabled()
    assert len(held) == 1


def test_a_draw_waits_for_a_portal_that_is_busy(desk: Workspace) -> None:
    """As when the pictures of the page take all places for what waits for CVAT."""
    asked: list[Route] = []

    def busy_twice(route: Route) -> None:
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


def test_a_draw_from_a_large_task(desk: Workspace) -> None:
    desk.open_task(LARGE)
    desk.button("Select all").click()
    desk.expect_chosen(20_000, 20_000)
    desk.pick("10", seed="1")
    desk.expect_chosen(200, 20_000)


def test_a_task_that_has_changed_meanwhile(desk: Workspace) -> None:
    desk.page.route(
        "**/api/random-select",
        lambda route: route.fulfill(
            json={"images": [{"frame": 5000}], "random_seed": 1, "count": 1}
        ),
    )
    desk.open_task(DRIVE)
    desk.pick("10")
    expect(desk.page.locator("#dock-status")).to_contain_text("Reload the page")

from __future__ import annotations

import json
from collections.abc import Callable

import pytest
from django.contrib.auth.models import User
from playwright.sync_api import expect

from selections.models import Selection
from tests.browser.portal import Portal
from tests.conftest import api_of

DRIVE, FOLDERS, LARGE = 1, 2, 8


def test_a_task_by_its_number(connected: Portal) -> None:
    connected.open("1")
    expect(connected.page.get_by_role("heading", name="Night drive, north loop")).to_be_visible()
    expect(connected.page.locator("#about")).to_have_text(
        " · 227 images · 5 jobs · 3 deleted left out"
    )
    connected.expect_chosen(0, 227)


@pytest.mark.parametrize("text", ["{url}/tasks/1", "{url}/tasks/1?page=2", "task 1", "#1"])
def test_a_task_in_other_words(connected: Portal, text: str) -> None:
    connected.open(text.format(url=connected.standin.url))
    connected.expect_chosen(0, 227)


def test_a_pasted_link_to_a_frame(connected: Portal) -> None:
    connected.open(f"{connected.standin.url}/tasks/1/jobs/2?frame=60")
    connected.expect_chosen(0, 50)
    expect(connected.cell(60)).to_be_focused()


def test_a_job(connected: Portal) -> None:
    connected.open("job 2")
    expect(connected.page.get_by_text("Job 2 of task 1 in CVAT")).to_be_visible()
    connected.pick("7", seed="1", mode="Random")
    connected.expect_chosen(7, 50)
    assert connected.summary() == ["Job 2: 7/50"]


def test_words_search_the_tasks(connected: Portal) -> None:
    connected.open("honeypots")
    connected.page.get_by_role("link", name="Parking lots with honeypots").click()
    expect(connected.page.locator("#about")).to_contain_text("honeypot")


@pytest.mark.parametrize(
    ("text", "job", "said"),
    [
        ("99999", "", "Task 99999 does not exist"),
        ("1", "99999", "Job 99999 does not exist"),
        ("2", "1", "Job 1 belongs to task 1, not to task 2"),
        ("https://elsewhere.example.com/tasks/1", "", "elsewhere.example.com"),
        ("12345678901234", "", "cannot be the number"),
        ("1", "abc", "“abc” is not the number of a job"),
    ],
)
def test_what_cannot_be_opened_is_said(connected: Portal, text: str, job: str, said: str) -> None:
    connected.open(text, job)
    expect(connected.page.get_by_role("alert")).to_contain_text(said)


@pytest.mark.parametrize(("task", "said"), [("9", "no "), ("14", "3D point clouds")])
def test_tasks_without_pictures(connected: Portal, task: str, said: str) -> None:
    connected.open(task)
    expect(connected.page.locator("#loading")).to_contain_text(said)
    expect(connected.page.get_by_role("button", name="Try again")).to_be_visible()


def test_random_per_job_is_what_the_api_draws(connected: Portal, alice: User) -> None:
    connected.open_task(DRIVE)
    connected.pick("10", seed="7")
    connected.expect_chosen(50, 227)
    assert connected.summary() == [
        "Job 1: 10/48",
        "Job 2: 10/45",
        "Job 3: 10/44",
        "Job 4: 10/45",
        "Job 5: 10/45",
    ]
    drawn = api_of(alice).post(
        "/api/random-select", {"task_id": DRIVE, "count": 10, "random_seed": 7}
    )
    assert selected_info(connected) == drawn.json()["images"]


def test_the_last_job_has_fewer(connected: Portal) -> None:
    connected.open_task(FOLDERS)
    connected.pick("10", seed="7")
    connected.expect_chosen(27, 47)
    assert connected.summary()[-1].endswith(": 7/7")


@pytest.mark.parametrize("amount", ["0", "abc", "-3", "1.5", ""])
def test_an_amount_that_makes_no_sense(connected: Portal, amount: str) -> None:
    connected.open_task(DRIVE)
    connected.pick(amount)
    expect(connected.page.locator("#pick-error")).to_contain_text("whole number, 1 or more")
    connected.expect_chosen(0, 227)


def test_another_seed_and_the_same_again(connected: Portal) -> None:
    connected.open_task(DRIVE)
    connected.pick("10", seed="7")
    connected.expect_chosen(50, 227)
    first = selected_info(connected)
    connected.page.get_by_role("button", name="Again with another seed").click()
    expect(connected.page.get_by_label("Seed")).not_to_have_value("7")
    assert selected_info(connected) != first
    connected.pick("10", seed="7")
    expect(connected.page.locator("#dock-status")).to_contain_text("with seed 7.")
    assert selected_info(connected) == first


def test_random_over_all_and_a_share(connected: Portal) -> None:
    connected.open_task(DRIVE)
    connected.pick("20", seed="3", mode="Over all")
    connected.expect_chosen(20, 227)
    connected.page.get_by_label("Unit").select_option(label="%")
    connected.pick("10", seed="3", mode="Over all")
    connected.expect_chosen(22, 227)
    connected.pick("50", seed="3", mode="Per job")
    connected.expect_chosen(112, 227)


def test_a_seed_that_is_none(connected: Portal) -> None:
    connected.open_task(DRIVE)
    connected.pick("10", seed="x")
    expect(connected.page.locator("#pick-error")).to_contain_text("seed")


def test_by_hand(connected: Portal) -> None:
    page = connected.page
    connected.open_task(DRIVE)
    connected.cell(3).check()
    connected.cell(9).click(modifiers=["Shift"])
    connected.expect_chosen(7, 227)
    connected.cell(5).uncheck()
    connected.expect_chosen(6, 227)
    page.get_by_role("button", name="Invert").click()
    connected.expect_chosen(221, 227)
    page.get_by_role("button", name="Select all").click()
    connected.expect_chosen(227, 227)
    page.get_by_role("button", name="Clear selection").click()
    connected.expect_chosen(0, 227)
    page.get_by_role("button", name="Choose all of job 1").click()
    connected.expect_chosen(48, 227)
    page.get_by_role("button", name="Choose none of job 1").click()
    connected.expect_chosen(0, 227)


def test_typed_ranges(connected: Portal) -> None:
    page = connected.page
    connected.open_task(DRIVE)
    page.get_by_text("By hand", exact=True).click()
    page.get_by_label("Frame numbers").fill("0-19, 200, 210-220 step 5")
    page.get_by_role("button", name="Choose these").click()
    connected.expect_chosen(22, 227)  # 17 and 18 are deleted
    page.get_by_label("Frame numbers").fill("0-9")
    page.get_by_role("button", name="Leave out").click()
    connected.expect_chosen(12, 227)
    page.get_by_label("Frame numbers").fill("9-0")
    page.get_by_role("button", name="Choose these").click()
    expect(page.locator("#pick-error")).to_contain_text("ends before it begins")


def test_filter_by_name(connected: Portal) -> None:
    page = connected.page
    connected.open_task(FOLDERS)
    page.get_by_label("File name contains").fill("night/")
    expect(page.get_by_text("10 of 47 shown")).to_be_visible()
    page.get_by_role("button", name="Select shown").click()
    connected.expect_chosen(10, 47)
    page.get_by_label("File name contains").fill("")
    connected.expect_chosen(10, 47)
    expect(connected.cells).to_have_count(47)


def test_keyboard(connected: Portal) -> None:
    page = connected.page
    connected.open_task(DRIVE)
    connected.cell(0).focus()
    page.keyboard.press("Space")
    page.keyboard.press("ArrowRight")
    expect(connected.cell(1)).to_be_focused()
    page.keyboard.press("Shift+ArrowRight")
    connected.expect_chosen(3, 227)
    page.keyboard.press("End")
    expect(connected.cell(229)).to_be_focused()
    page.keyboard.press("Home")
    expect(connected.cell(0)).to_be_focused()
    page.keyboard.press("Control+a")
    connected.expect_chosen(227, 227)
    page.keyboard.press("Tab")
    assert not connected.page.locator("#jobs input:focus").count()


def test_selected_info(connected: Portal) -> None:
    connected.open_task(FOLDERS)
    connected.cell(15).check()
    (info,) = selected_info(connected)
    assert info.pop("job_id")
    assert info == {
        "frame": 15,
        "task_id": FOLDERS,
        "filename": "cam_b/img_001.jpg",
        "width": 320,
        "height": 240,
    }
    connected.page.get_by_role("button", name="Get selected info").click()
    with connected.page.expect_download() as download:
        connected.page.get_by_role("button", name="Save as file").click()
    saved = json.loads(download.value.path().read_text())
    assert saved[0]["filename"] == "cam_b/img_001.jpg"


def selected_info(portal: Portal) -> list[dict[str, object]]:
    portal.page.get_by_role("button", name="Get selected info").click()
    text = portal.page.get_by_label("Selected frames as JSON").input_value()
    portal.page.get_by_role("button", name="Close").click()
    return json.loads(text)


def test_saved_as_drawn_and_as_adjusted(connected: Portal) -> None:
    connected.open_task(DRIVE)
    connected.pick("10", seed="7")
    connected.expect_chosen(50, 227)
    connected.save("As drawn")
    drawn = Selection.objects.get()
    assert (drawn.frame_selection_method, drawn.random_seed) == ("random_per_job", 7)
    assert drawn.frames.count() == 50

    connected.cells.first.focus()
    connected.page.keyboard.press("Space")
    connected.page.locator(".note summary").click()
    connected.page.locator("#note").fill("One by hand.")
    connected.save("Adjusted")
    adjusted = Selection.objects.exclude(pk=drawn.pk).get()
    assert adjusted.frame_selection_method == "manual"
    assert adjusted.parameters["adjusted_from"]["random_seed"] == 7
    assert adjusted.note == "One by hand."


def test_nothing_chosen_cannot_be_saved(connected: Portal) -> None:
    connected.open_task(DRIVE)
    connected.page.get_by_role("button", name="Save", exact=True).click()
    expect(connected.page.locator("#dock-status")).to_contain_text("No frame is chosen")


def test_a_large_task_stays_usable(connected: Portal) -> None:
    """20,000 frames: few of them are in the page at any time."""
    page = connected.page
    connected.open_task(LARGE)
    connected.expect_chosen(0, 20_000)
    assert connected.cells.count() < 1500
    page.get_by_role("button", name="Select all").click()
    connected.expect_chosen(20_000, 20_000)
    connected.cells.first.focus()
    page.keyboard.press("End")
    expect(connected.cell(19_999)).to_be_focused()
    expect(connected.cell(19_999)).to_be_checked()
    page.wait_for_timeout(300)
    assert connected.cells.count() < 1500
    page.get_by_role("button", name="Clear selection").click()
    connected.pick("10", seed="1")
    connected.expect_chosen(200, 20_000)


def test_cvat_that_does_not_answer(connected: Portal) -> None:
    connected.standin.stop()
    connected.open("1")
    expect(connected.page.get_by_role("alert")).to_be_visible()
    connected.standin.start()
    connected.open_task(DRIVE)


def test_without_javascript(open_portal: Callable[..., Portal]) -> None:
    portal = open_portal(java_script_enabled=False)
    portal.connect_to_samples()
    portal.open("1")
    said = portal.page.locator("noscript").inner_html()
    assert "Choosing frames needs JavaScript" in said
    expect(portal.page.locator("#frames")).to_be_hidden()

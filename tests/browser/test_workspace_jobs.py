"""The jobs of a task: what each is, those of a kind, and their frames."""

from __future__ import annotations

from playwright.sync_api import expect

from tests.browser.workspace import Workspace

DRIVE = 1


def test_the_list_tells_what_each_job_is_and_can_be_filtered(desk: Workspace) -> None:
    page = desk.page
    desk.open_task(DRIVE)
    desk.button("Job 4:").click()
    desk.in_sight(150)
    expect_facts_of_the_jobs(desk)
    page.get_by_label("Stage").select_option("acceptance")
    expect(page.get_by_text("48 of 227 shown")).to_be_visible()
    assert desk.bars() == ["Job 1: 0/48"]
    desk.button("Choose these").click()
    desk.expect_chosen(48, 227)
    page.get_by_label("Assignee", exact=True).select_option("bob")
    expect(page.get_by_text("No job is like that.")).to_be_visible()
    desk.button("Show all jobs").click()
    expect(desk.button("Select all")).to_be_visible()
    assert len(desk.bars()) == 5
    page.get_by_label("State", exact=True).select_option(label="in progress")
    assert [bar.split(":")[0] for bar in desk.bars()] == ["Job 2", "Job 3"]
    page.get_by_label("State", exact=True).select_option(label="Any state")
    # On a phone.
    page.set_viewport_size({"width": 390, "height": 844})
    desk.button("Pick…").click()
    expect_facts_of_the_jobs(desk)


def expect_facts_of_the_jobs(desk: Workspace) -> None:
    facts = desk.page.locator("#bars .job-facts")
    expect(facts.first).to_have_text(
        "frames 0–49 · acceptance · completed · alice · 5 also in job 2"
    )
    expect(facts.nth(3)).to_have_text(
        "frames 135–184 · annotation · rejected · 5 also in job 3, 5 also in job 5"
    )
    facts.last.scroll_into_view_if_needed()
    expect(facts.last).to_be_in_viewport()


def test_a_thousand_jobs_scroll_in_the_panel(desk: Workspace) -> None:
    desk.standin.world.add_task(
        "Many jobs", task_id=99, owner="demo", count=1000, size=(32, 24), segment_size=1
    )
    desk.open_task(99)
    bars = desk.page.locator("#bars")
    expect(bars.locator("li")).to_have_count(1000)
    assert bars.evaluate("list => list.scrollHeight > 20 * list.clientHeight")
    assert bars.locator(".job-facts").last.evaluate(
        "facts => !facts.checkVisibility({contentVisibilityAuto: true})"
    )
    bars.locator("li").last.scroll_into_view_if_needed()
    expect(bars.locator(".job-facts").last).to_be_in_viewport()

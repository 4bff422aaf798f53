"""Jobs that overlap: what each holds, what a draw takes from it, and why it gives fewer."""

from __future__ import annotations

import re

from playwright.sync_api import expect

from tests.browser.workspace import Workspace

TASK = 60


def test_jobs_that_overlap(desk: Workspace) -> None:
    jobs = add_jobs(desk)
    desk.open_task(TASK)
    assert desk.bars() == [f"Job {jobs[0]}: 0/10", f"Job {jobs[1]}: 0/10", f"Job {jobs[2]}: 0/4"]
    heading = desk.page.locator(".job-range")
    expect(heading.nth(0)).to_have_text("frames 0–9")
    expect(heading.nth(1)).to_have_text(f"frames 10–17, 2 more under job {jobs[0]}")
    desk.button(f"Choose all of job {jobs[1]}").click()
    desk.expect_chosen(10, 20)
    assert desk.bars() == [f"Job {jobs[0]}: 2/10", f"Job {jobs[1]}: 10/10", f"Job {jobs[2]}: 2/4"]
    assert [row["frame"] for row in desk.info()] == list(range(8, 18))
    facts = desk.page.locator("#bars .job-facts").nth(1)
    expect(facts).to_contain_text(f"2 also in job {jobs[0]}, 2 also in job {jobs[2]}")
    desk.button("Clear").click()
    # A job that gives fewer says why.
    desk.pick("10", seed="7")
    said = desk.page.locator("#dock-status")
    expect(said).to_have_text(
        "20 of 20 frames picked with seed 7. "
        f"Job {jobs[1]} gave 8 of 10: 2 of its frames were taken for job {jobs[0]}. "
        f"Job {jobs[2]} gave 2 of 10: it has only 4, and 2 of them were taken for job {jobs[1]}."
    )
    notes = desk.page.locator("#bars .job-note")
    expect(notes.nth(1)).to_have_text(f"8 of 10: 2 of its frames were taken for job {jobs[0]}")
    desk.cell(0).click()
    expect(notes.nth(1)).to_be_hidden()
    desk.button("Clear").click()
    # A filter of jobs and the draw agree.
    desk.page.get_by_label("State", exact=True).select_option(label="completed")
    expect(desk.page.get_by_text("10 of 20 shown")).to_be_visible()
    expect(desk.page.locator(".job-range")).to_have_text("frames 8–17")
    desk.pick("10", seed="7")
    expect(said).to_have_text("10 of 10 frames picked with seed 7.")
    assert desk.bars() == [f"Job {jobs[1]}: 10/10"]
    assert [(row["frame"], row["job_id"]) for row in desk.info()] == [
        (n, jobs[1]) for n in range(8, 18)
    ]
    # The same by the job alone.
    desk.page.get_by_role("link", name="only this job").click()
    expect(desk.page).to_have_url(re.compile(f"job={jobs[1]}"))
    desk.pick("10", seed="7", mode="Random")
    expect(said).to_have_text("10 of 10 frames picked with seed 7.")


def add_jobs(desk: Workspace) -> list[int]:
    """20 pictures in jobs of 10 that share 2: 0-9, 8-17, 16-19; the second one is completed."""
    task = desk.standin.world.add_task(
        "Overlap", task_id=TASK, owner="demo", count=20, size=(32, 24), segment_size=10, overlap=2
    )
    task.jobs[1].state = "completed"
    return [job.id for job in task.jobs]


def test_a_job_inside_its_neighbour_can_be_chosen(desk: Workspace) -> None:
    task = desk.standin.world.add_task(
        "Inside", task_id=61, owner="demo", count=20, size=(32, 24), segment_size=10, overlap=2
    )
    task.jobs[0].stop = 17
    inside = task.jobs[1].id
    desk.open_task(61)
    desk.button(f"Job {inside}:").click()
    heading = desk.page.locator(".job-range").nth(1)
    expect(heading).to_have_text(f"all 10 under job {task.jobs[0].id}")
    desk.button(f"Choose all of job {inside}").click()
    desk.expect_chosen(10, 20)

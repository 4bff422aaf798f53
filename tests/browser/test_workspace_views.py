"""The view of the chosen frames alone, and the draft that is kept."""

from __future__ import annotations

from playwright.sync_api import expect

from tests.browser.workspace import Workspace

DRIVE, DAY, DUSK = 1, 12, 13


def test_only_the_chosen_frames(desk: Workspace) -> None:
    desk.open_task(DRIVE)
    only_chosen = desk.page.locator("#only-chosen")
    only_chosen.click()
    expect(desk.page.locator("#notice")).to_contain_text("It must be chosen")
    desk.button("Show all frames").click()
    expect(desk.cell(0)).to_be_visible()
    expect(only_chosen).to_have_attribute("aria-pressed", "false")
    desk.cell(1).click()
    desk.cell(3).click()
    desk.page.keyboard.press("c")
    expect(desk.cells).to_have_count(2)
    expect(only_chosen).to_have_attribute("aria-pressed", "true")
    # What is taken out can be taken again; other frames renew the view.
    desk.cell(3).click()
    desk.expect_chosen(1, 227)
    expect(desk.cells).to_have_count(2)
    desk.pick("1", seed="7")
    desk.expect_chosen(5, 227)
    expect(desk.cells).to_have_count(5)
    only_chosen.click()
    expect(desk.page.locator("#shown")).to_be_empty()


def test_a_draft_survives_its_tab(desk: Workspace) -> None:
    desk.page.goto(f"/choose?tasks={DAY},{DUSK}")
    desk.page.get_by_role("button", name="Crossing, dusk #13").click()
    desk.grid.locator('.cell[title="dusk_004.jpg"]:visible').click()
    desk.expect_chosen(1, 60)
    context = desk.page.context
    desk.page.close(run_before_unload=False)
    desk.page = desk.portal.page = context.new_page()
    desk.page.goto(f"/choose?tasks={DAY},{DUSK}")
    desk.button("Choose it again").click()
    desk.expect_chosen(1, 60)
    assert [frame["filename"] for frame in desk.info()] == ["dusk_004.jpg"]

"""Draw methods with numbers of their own, in the workspace."""

from __future__ import annotations

from django.contrib.auth.models import User
from playwright.sync_api import Route, expect

from selections.models import Selection
from tests.browser.workspace import Workspace

DRIVE = 1  # 227 frames


def test_a_method_with_a_number_of_its_own(desk: Workspace, alice: User) -> None:
    page = desk.page
    desk.open_task(DRIVE)
    panel = page.locator("#pick")
    step = panel.get_by_label("Step in frames")
    panel.get_by_text("Every n-th", exact=True).click()
    step.fill("50")
    page.locator("#draw").click()
    desk.expect_chosen(5, 227)
    expect(page.locator("#dock-status")).to_contain_text("5 of 227 frames picked.")

    # It asks for no amount and seed.
    for name in ("#amount", "#seed", "#after-draw", "#setting-min_frames_apart"):
        expect(page.locator(name)).to_be_hidden()
    panel.get_by_text("Per job", exact=True).click()
    for name in ("#amount", "#seed", "#after-draw"):
        expect(page.locator(name)).to_be_visible()
    expect(step).to_be_hidden()

    # A number that is none is refused.
    panel.get_by_text("Every n-th", exact=True).click()
    step.fill("0")
    page.locator("#draw").click()
    expect(page.locator("#pick-error")).to_contain_text(
        "Step in frames must be a whole number, 1 to"
    )
    desk.expect_chosen(5, 227)

    # It is in the saved selection and in the address.
    step.fill("50")
    desk.save("Each 50th")
    saved = Selection.objects.get(owner=alice)
    assert saved.draw["frame_step"] == 50
    assert saved.frames.count() == 5
    page.reload()
    expect(step).to_have_value("50")
    page.goto(f"/choose?task={DRIVE}&selection={saved.pk}")
    desk.expect_chosen(5, 227)
    expect(page.get_by_role("radio", name="Every n-th")).to_be_checked()
    expect(step).to_have_value("50")


def test_the_chosen_method_and_its_number_are_explained(desk: Workspace) -> None:
    desk.open_task(DRIVE)
    panel = desk.page.locator("#pick")
    said = panel.locator("#method-help")
    expect(said).to_have_text("A number of frames from each job.")
    panel.get_by_text("Spread", exact=True).click()
    expect(said).to_contain_text("3 are the first, the middle and the last one")
    panel.get_by_text("Far apart", exact=True).click()
    expect(panel.get_by_label("Frames apart")).to_have_accessible_description(
        "The least distance between two frames of a task, in frame numbers."
    )
    panel.get_by_label("Frames apart").fill("200")
    desk.pick("10", seed="7", mode="Far apart")
    expect(desk.page.locator("#dock-status")).to_contain_text(
        "fewer than the 10 asked for: no other frame is far enough from these."
    )
    panel.get_by_text("By hand", exact=True).click()
    expect(said).to_be_hidden()


def test_near_duplicates_are_shown_beside_what_they_look_like(desk: Workspace) -> None:
    page = desk.page
    desk.open_task(DRIVE, job=2)
    panel = page.locator("#pick")
    panel.get_by_text("No doubles", exact=True).click()
    panel.get_by_label("Bits that may differ").fill("16")
    panel.get_by_label("Unit").select_option(label="%")
    desk.pick("100", seed="7", mode="No doubles")
    left_out = page.locator("#near-duplicates")
    expect(left_out.locator("summary")).to_contain_text("left out")
    left_out.locator("summary").click()
    pair = left_out.locator("li").first
    expect(pair).to_contain_text(" like ")
    for picture in pair.locator("img").all():
        desk.until(lambda picture=picture: picture.evaluate("image => image.naturalWidth > 0"))
    expect(page.locator("#dock-status")).to_contain_text("the others look like these.")
    panel.get_by_label("Bits that may differ").fill("0")
    panel.get_by_label("Bits that may differ").blur()
    expect(left_out).to_be_hidden()  # it told of another draw


def test_a_draw_that_waits_for_pictures(desk: Workspace) -> None:
    page = desk.page
    panel = page.locator("#pick")
    error = page.locator("#pick-error")
    said = "The pictures of task 1 are being read: 3 of 48 frames so far. Try again in a moment."
    reading = {"message": said, "code": "pictures_not_read", "success": False}
    waiting: list[Route] = []

    def hold(route: Route) -> None:
        waiting.append(route)

    def answer(route: Route) -> None:
        if page.locator("#count").text_content() == "2":
            route.continue_()
        else:
            route.fulfill(status=503, json=reading)

    page.set_viewport_size({"width": 1280, "height": 640})  # the panel is higher
    desk.open_task(DRIVE, job=2)

    # It ends with its method: else it would be asked for again by itself, with the method that is
    # chosen by then.
    page.route("**/api/random-select", hold)
    panel.get_by_text("Varied", exact=True).click()
    page.locator("#draw").click()
    desk.until(lambda: waiting)
    panel.get_by_text("Every n-th", exact=True).click()
    waiting[0].fulfill(status=503, json=reading)
    expect(page.locator("#draw")).to_have_attribute("aria-disabled", "false")
    # At once: the second request would remove what the first one says.
    assert error.text_content() == ""

    # Else it goes on by itself. What is chosen meanwhile is replaced, and can be brought back.
    page.route("**/api/random-select", answer)
    panel.get_by_text("No doubles", exact=True).click()
    page.get_by_label("Seed").press("Enter")
    expect(error).to_have_text(said.replace("Try again in a moment", "The draw goes on by itself"))
    expect(error).to_be_in_viewport(ratio=1)
    mine = [int(desk.cells.nth(at).get_attribute("data-frame") or "") for at in (0, 1)]
    for frame in mine:
        desk.cell(frame).click()
    status = page.locator("#dock-status")
    expect(status).to_contain_text("They replace the 2 frames chosen before.")
    expect(error).to_be_empty()
    status.get_by_role("button", name="Undo").click()
    desk.expect_frames(*mine)


def test_no_more_is_drawn_where_a_larger_draw_gives_other_frames(desk: Workspace) -> None:
    """In the workspace of one job, where the draw at random is called "Random"."""
    page = desk.page
    desk.open_task(DRIVE, job=2)
    desk.pick("7", seed="1", mode="Random")
    desk.expect_chosen(7, 50)
    assert desk.bars() == ["Job 2: 7/50"]
    desk.pick("5", seed="7", mode="Varied")
    expect(desk.button("Keep, draw more")).to_be_visible()

    def of_a_large_task(route: Route) -> None:
        route.fulfill(json={**route.fetch().json(), "total_available": 5001})

    page.route("**/api/random-select", of_a_large_task)
    desk.button("Another seed").click()
    expect(desk.button("Keep, draw more")).to_be_hidden()
    page.locator("#pick").get_by_text("Random", exact=True).click()
    expect(desk.button("Keep, draw more")).to_be_visible()

"""The annotations in the large view of a saved selection."""

from __future__ import annotations

import re
from collections.abc import Callable

from django.contrib.auth.models import User
from playwright.sync_api import expect

from selections import services
from selections.draws import Draw
from standin.annotated import add_annotated_task
from tests.annotated import Case
from tests.browser.portal import Portal
from tests.conftest import connect
from tests.recorded import FOLDER

OVERLAP = FOLDER / "annotated" / "overlap"


def test_the_objects_of_all_jobs_of_a_frame(
    open_portal: Callable[..., Portal], alice: User
) -> None:
    portal = open_portal()
    page = portal.page
    connection = connect(alice, portal.standin)
    task = add_annotated_task(portal.standin.world, OVERLAP)
    for user in portal.standin.world.users.values():
        user.is_superuser |= user.username == "demo"
    draw = Draw(task_id=task.id, method="random_uniform", share=1.0, seed=1)
    selection = services.create_random_selection(
        owner=alice, connection=connection, draw=draw, name="All"
    )
    expected = Case(OVERLAP).objects()
    page.goto(f"/selections/{selection.pk}")
    page.locator('.shot[data-frame="4"]').click()
    said = page.locator("#viewer-annotations-said")
    objects = page.locator("#viewer-overlay .object, #viewer-tags li")
    expect(said).to_have_text(f"{len(expected[4])} objects")
    expect(objects).to_have_count(len(expected[4]))
    page.keyboard.press("ArrowRight")
    number = len(expected[5])
    expect(said).to_have_text(f"{number} objects" if number > 1 else re.compile("object"))
    page.keyboard.press("n")
    expect(page.locator("#viewer-object")).not_to_be_empty()
    page.keyboard.press("a")
    expect(page.locator("#viewer-annotations")).to_have_attribute("aria-pressed", "false")
    expect(page.locator("#viewer-overlay .object")).to_have_count(0)
    page.keyboard.press("Escape")
    expect(page.locator('.shot[data-frame="5"]')).to_be_focused()

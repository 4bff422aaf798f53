"""The annotations in the large view of a saved selection."""

from __future__ import annotations

import re
from collections.abc import Callable

from django.contrib.auth.models import User
from playwright.sync_api import expect

from publishing.models import Publication
from selections import services
from selections.draws import Draw
from standin.annotated import add_annotated_task
from tests.annotated import Case
from tests.browser.portal import Portal
from tests.conftest import connect
from tests.making import make_publication
from tests.publishing.making import add_box
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


def published(alice: User, portal: Portal) -> Publication:
    """Frames 1 and 3 of a task were made into a new one, and two persons annotated in the first,
    which has a car."""
    world = portal.standin.world
    connection = connect(alice, portal.standin)
    task = world.add_task("Source", owner="demo", count=4)
    made = world.add_task("Chosen", owner="demo", count=2)
    choices = [services.Choice(task.id, frame) for frame in (0, 1, 3)]
    selection = services.create_selection(
        owner=alice, connection=connection, choices=choices, name="Sent"
    )
    publication = make_publication(alice, selection, "ready")
    publication.target, publication.result_task_id = Publication.Target.TASK, made.id
    publication.save()
    for new_frame, frame in enumerate([1, 3]):
        publication.published_frames.create(
            new_frame=new_frame, task_id=task.id, frame=frame, path=f"{frame}.png"
        )
    add_box(task, 1, 5)
    add_box(made, 0, 30, "person")
    add_box(made, 0, 60, "person")
    return publication


def test_the_results_of_a_publication_over_the_picture(
    open_portal: Callable[..., Portal], alice: User
) -> None:
    portal = open_portal()
    page = portal.page
    publication = published(alice, portal)
    assert publication.selection is not None
    page.goto(publication.selection.get_absolute_url())
    hint = page.get_by_text(f"In publication {publication.pk}", exact=True)
    expect(hint).to_have_count(2)
    page.locator('.shot[data-frame="1"]').click()
    labels = page.locator("#viewer-labels button")
    expect(labels).to_have_text(["car 1"])
    title = publication.results_title
    page.get_by_label("Objects from", exact=True).select_option(title)
    expect(labels).to_have_text(["person 2"])
    said = page.locator("#viewer-annotations-said")
    page.get_by_role("button", name="Previous frame").click()
    expect(said).to_contain_text("The publication has no frame 0 of task")
    expect(page.get_by_role("button", name="Try again")).to_be_hidden()
    page.get_by_role("button", name="Next frame").click()
    page.get_by_label("Objects from", exact=True).select_option("the task")
    expect(labels).to_have_text(["car 1"])


def test_the_results_of_a_publication_in_the_workspace(
    open_portal: Callable[..., Portal], alice: User
) -> None:
    portal = open_portal()
    page = portal.page
    publication = published(alice, portal)
    page.goto(publication.get_absolute_url())
    page.get_by_role("link", name="Show the results over the pictures").click()
    page.locator('.cell[data-frame="1"]').dblclick()
    choice = page.get_by_label("Objects from", exact=True)
    expect(choice.locator("option:checked")).to_have_text(publication.results_title)
    labels = page.locator("#viewer-labels button")
    expect(labels).to_have_text(["person 2"])
    choice.select_option("the task")
    expect(labels).to_have_text(["car 1"])
    expect(page.locator("#viewer-pick")).to_be_focused()
    choice.select_option(publication.results_title)
    expect(labels).to_have_text(["person 2"])
    page.keyboard.press("ArrowRight")
    said = page.locator("#viewer-annotations-said")
    expect(said).to_contain_text("The publication has no frame 2 of task")
    page.keyboard.press("ArrowRight")
    expect(said).to_have_text("No objects on this frame")

    # Without results there is no choice.
    publication.target = Publication.Target.ISSUES
    publication.save()
    with page.expect_response(lambda response: "/api/publications" in response.url):
        page.goto(f"/choose?task=1&selection={publication.selection_id}")
    page.locator('.cell[data-frame="1"]').dblclick()
    expect(said).to_contain_text("object")
    expect(choice).to_be_hidden()

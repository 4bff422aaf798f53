"""The form for an archive shows what plays a part, and how a split divides the frames."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth.models import User
from playwright.sync_api import Locator, expect

from selections.models import Archive, Selection
from standin.annotated import add_annotated_task
from standin.server import StandIn
from tests.annotated import Case
from tests.browser.portal import Portal
from tests.conftest import connect
from tests.selections.annotated_builds import CASES
from tests.selections.builds import select


@pytest.fixture
def selection(cast: None, alice: User, standin: StandIn, settings: Any, tmp_path: Any) -> Selection:
    """All frames of the recorded task `shapes`."""
    settings.ANNOTATIONS_DIR = tmp_path / "annotations"
    case = Case(CASES["shapes"])
    add_annotated_task(standin.world, case.folder)
    return select(connect(alice, standin, "alice"), (case.task["id"], None))


@pytest.fixture
def form(selection: Selection, portal: Portal) -> Locator:
    portal.page.goto(f"/selections/{selection.pk}")
    return portal.page.locator("form.build")


def test_choices_are_shown_where_they_play_a_part(form: Locator) -> None:
    objects, files = form.get_by_text("Which objects"), form.get_by_label("Files", exact=True)
    expect(objects).to_be_hidden()
    form.get_by_label("Annotations", exact=True).select_option("coco")
    expect(objects).to_be_visible()
    form.get_by_label("In the ZIP").select_option("alone")
    expect(files).to_be_hidden()
    form.get_by_text("Train, validation, test").click()
    expect(form.get_by_label("Seed")).to_be_hidden()
    form.get_by_label("Divide the frames").select_option("names")
    expect(form.get_by_label("List", exact=True)).to_be_visible()
    form.get_by_label("Divide the frames").select_option("shares")
    expect(form.get_by_label("Seed")).to_be_visible()
    expect(form.get_by_label("Separator")).to_be_hidden()
    form.get_by_label("Keep together").select_option("name")
    expect(form.get_by_label("Separator")).to_be_visible()
    form.get_by_label("Annotations", exact=True).select_option("none")
    expect(files).to_be_visible()
    expect(form.get_by_label("Divide each label evenly")).to_be_hidden()


def test_a_split_is_shown_and_a_wrong_choice_named(form: Locator, portal: Portal) -> None:
    form.get_by_label("Annotations", exact=True).select_option("coco")
    form.get_by_text("Train, validation, test").click()
    form.get_by_label("Divide the frames").select_option("shares")
    form.get_by_label("Divide each label evenly").check()
    form.get_by_role("button", name="Show how many").click()
    table = form.get_by_role("table")
    expect(table.get_by_role("columnheader")).to_have_text(["Split", "train", "val", "test"])
    expect(table.get_by_role("rowheader", name="car")).to_be_visible()
    form.get_by_label("Train, %").fill("70")
    form.get_by_label("Train, %").blur()
    expect(table).to_be_hidden()
    form.get_by_role("button", name="Show how many").click()
    expect(form.get_by_text("The shares must add up to 100, not to 90.")).to_be_visible()

    # What was filled in stays when it is refused.
    form.get_by_label("Train, %").fill("80")
    form.get_by_text("Which objects").click()
    form.get_by_label("Only these labels").fill("unicorn")
    form.get_by_role("button", name="Build ZIP").click()
    expect(portal.page.get_by_text("There is no label “unicorn”")).to_be_visible()
    expect(form.get_by_label("Only these labels")).to_have_value("unicorn")
    assert not Archive.objects.exists()

"""Annotations are asked for by page and API, with what cannot go together refused in words."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client

from selections import formats
from selections.archives.remarks_in_words import about_files, warnings
from selections.models import Archive, Selection
from tests.conftest import api_of
from tests.making import make_connection, make_selection

pytestmark = pytest.mark.usefixtures("messages")


@pytest.fixture
def kept(alice: User) -> Selection:
    return make_selection(alice, make_connection(alice))


def test_the_page_offers_every_format(alice: User, kept: Selection, client: Client) -> None:
    client.force_login(alice)
    page = client.get(f"/selections/{kept.pk}").content.decode()
    for key, _ in formats.choices():
        assert f'<option value="{key}"' in page
        client.post(f"/selections/{kept.pk}/build", {"annotations": key})
        archive = Archive.objects.get()
        assert archive.get_options().annotations == key
        archive.delete()


def test_the_api_takes_a_format_and_says_which(alice: User, kept: Selection) -> None:
    api = api_of(alice)
    answer = api.post(f"/api/selections/{kept.pk}/archives", {"annotations": "coco"})
    assert (answer.status_code, answer.json()["options"]["annotations"]) == (202, "coco")
    Archive.objects.all().delete()
    answer = api.post(f"/api/selections/{kept.pk}/archives", {})
    assert "annotations" not in answer.json()["options"]


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ({"annotations": "coco", "quality": "compressed"}, "Annotations go with original files"),
        ({"annotations": "paper"}, "not a valid choice"),
    ],
)
def test_what_cannot_be_is_refused(
    body: dict[str, str], words: str, alice: User, kept: Selection
) -> None:
    answer = api_of(alice).post(f"/api/selections/{kept.pk}/archives", body)
    assert answer.status_code == 400
    assert words in answer.content.decode()
    assert not Archive.objects.exists()


def test_the_page_says_why_compressed_pictures_have_none(
    alice: User, kept: Selection, client: Client
) -> None:
    client.force_login(alice)
    form = {"annotations": "coco", "quality": "compressed"}
    answer = client.post(f"/selections/{kept.pk}/build", form, follow=True)
    assert "Annotations go with original files" in answer.content.decode()
    assert not Archive.objects.exists()


def test_what_is_in_the_zip_and_what_is_not_is_said() -> None:
    problem = {"task_id": 5, "frame": 0, "object_id": 9, "reason": "The object was left out: why."}
    annotations: dict[str, Any] = {
        "format": "coco",
        "objects_count": 1234,
        "problems_count": 2,
        "problems": [problem],
        "left_out": {"COCO has no place for points": 1, "COCO has no place for tags": 2000},
    }
    remarks = {"annotations": annotations}
    assert about_files(remarks) == [
        "1,234 annotated objects, in the format COCO 1.0 (boxes, polygons, masks)."
    ]
    assert warnings(remarks) == [
        "1 object is not in the ZIP: COCO has no place for points.",
        "2,000 objects are not in the ZIP: COCO has no place for tags.",
        "2 annotations are missing. Task 5, frame 0: The object was left out: why. The manifest "
        "names the others.",
    ]


def test_the_number_of_objects_in_an_archive_of_an_earlier_release() -> None:
    annotations = {"format": "coco", "objects": 1, "problems_count": 0, "left_out": {}}
    assert about_files({"annotations": annotations}) == [
        "1 annotated object, in the format COCO 1.0 (boxes, polygons, masks)."
    ]

"""The pages on which files become a new task: their uploads, look, decide, send."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client

from publishing import services
from publishing.models import Publication, Upload, WritePermission
from selector.models import Connection
from tests.making import make_connection, make_upload
from tests.publishing.test_tasks_of_files import CAR, day

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("sent")]

SCHEMA = '[{"name": "car", "attributes": []}]'
FORM = {"name": "Day 1", "image_quality": 70, "label_schema": SCHEMA}


@pytest.fixture(autouse=True)
def folder(settings: Any, tmp_path: Path) -> None:
    settings.UPLOADS_DIR = tmp_path


@pytest.fixture
def upload(alice: User) -> Upload:
    return make_upload(alice, day())


def test_uploads_are_listed_and_deleted(web: Client, alice: User, upload: Upload) -> None:
    services.begin_upload(user=alice, name="Half", files=[{"path": "a.png", "size": 5000}])
    text = web.get("/publications/files").content.decode()
    assert f'href="/publications/files/{upload.pk}">Day<' in text
    assert "0 bytes of 5 kB are here" in text
    assert web.post(f"/publications/files/{upload.pk}/delete").status_code == 302
    assert [each.name for each in Upload.objects.all()] == ["Half"]


def test_files_become_a_task(
    web: Client, connection: Connection, permission: WritePermission, upload: Upload
) -> None:
    page = f"/publications/files/{upload.pk}"
    text = web.get(page).content.decode()
    assert "1 file left out" in text
    assert 'name="reviewers"' in text
    assert "day/.DS_Store is no picture: macOS has put it there." in text
    shown = web.post(page, FORM | {"show": "1"}).content.decode()
    assert "Upload 3 pictures, in 1 job" in shown
    answer = web.post(page, FORM | {"frames_per_job": 2, "reviewers": "demo"})
    publication = Publication.objects.get()
    assert answer.headers["Location"] == publication.get_absolute_url()
    options = publication.get_new_task_options()
    assert (options.frames_per_job, options.label_schema) == (2, CAR)
    assert len(options.reviewer_ids) == 1
    assert (publication.target, publication.frames_total) == ("files", 3)
    card = web.get(publication.get_absolute_url()).content.decode()
    assert "<dt>Files</dt>" in card
    refused = web.post(f"{page}/delete")
    assert refused.status_code == 409
    assert b"A task is being made of these files" in refused.content


def test_jpegs_that_may_be_cut_off_are_named_and_taken(
    web: Client, alice: User, connection: Connection, permission: WritePermission
) -> None:
    files = {**day(), "day/cut.jpg": day()["day/b/1.jpg"][:-2]}
    page = f"/publications/files/{make_upload(alice, files).pk}"
    text = web.get(page).text
    assert "1 JPEG has no end and may be cut off" in text
    assert "<li>day/cut.jpg</li>" in text
    assert web.post(page, FORM).status_code == 302
    assert Publication.objects.get().frames_total == 4


def test_what_is_missing_is_said_beside_the_form(
    web: Client, connection: Connection, permission: WritePermission, upload: Upload
) -> None:
    answer = web.post(f"/publications/files/{upload.pk}", FORM | {"label_schema": ""})
    assert answer.status_code == 409
    assert "choose a project, or give labels of its own" in answer.content.decode()


def test_the_permission_is_asked_for(web: Client, connection: Connection, upload: Upload) -> None:
    page = f"/publications/files/{upload.pk}"
    assert "You come back to this page then" in web.get(page).content.decode()
    assert web.post(page, FORM).status_code == 409


def test_an_upload_that_is_not_whole_is_said(
    web: Client, alice: User, connection: Connection
) -> None:
    half, _ = services.begin_upload(user=alice, name="Half", files=[{"path": "a", "size": 5}])
    answer = web.get(f"/publications/files/{half.pk}")
    assert answer.status_code == 409
    assert "0 of 5 bytes are here" in answer.content.decode()


def test_a_failed_one_leads_back_to_its_files(
    web: Client, connection: Connection, permission: WritePermission, upload: Upload
) -> None:
    web.post(f"/publications/files/{upload.pk}", FORM)
    Publication.objects.update(status="failed")
    publication = Publication.objects.get()
    assert publication.again_url == f"/publications/files/{upload.pk}"
    services.remove_upload(upload=upload)
    assert Publication.objects.get().again_url == "/publications/files"


def test_who_has_no_connection_is_led_to_one(web: Client, upload: Upload) -> None:
    pages = ("/publications/files", f"/publications/files/{upload.pk}")
    for page in (*pages, "/publications/copy-annotations"):
        text = web.get(page).text
        assert "You are not connected to a CVAT server yet." in text
        assert '<a class="button primary" href="/connections">' in text
    make_connection(upload.owner)
    assert "You are not connected" not in web.get("/publications/files").text

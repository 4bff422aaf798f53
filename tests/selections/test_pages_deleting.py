"""Deleting a selection hides it at once, can be undone for ten minutes, and then is final."""

from __future__ import annotations

import uuid
from datetime import timedelta
from pathlib import Path

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from rest_framework.test import APIClient

from portal.exceptions import NotFound
from selections import tasks
from selections.models import Archive, SelectedFrame, Selection
from selections.services import removal
from tests.conftest import api_of
from tests.making import make_archive, make_selection
from tests.selections.builds import Folders


def age(selection: Selection, minutes: float) -> None:
    """As if it had been deleted so long ago."""
    then = timezone.now() - timedelta(minutes=minutes)
    Selection.objects.filter(pk=selection.pk).update(deleted_at=then)


@pytest.fixture
def web(client: Client, alice: User) -> Client:
    client.force_login(alice)
    return client


@pytest.fixture
def selection(alice: User) -> Selection:
    return make_selection(alice, name="Round 1", visibility="shared")


def test_it_works(web: Client, selection: Selection) -> None:
    answer = web.post(f"/selections/{selection.pk}/delete", follow=True)
    assert answer.redirect_chain == [("/selections/", 302)]
    assert [each.pk for each in answer.context["deleted"]] == [selection.pk]
    assert "“Round 1” is deleted." in answer.text
    assert web.get(f"/selections/{selection.pk}").status_code == 404
    answer = web.post(f"/selections/{selection.pk}/restore", follow=True)
    assert answer.redirect_chain == [(f"/selections/{selection.pk}", 302)]
    assert "“Round 1” is back." in answer.text
    assert selection.frames.count() == 3


def test_deleted_is_deleted_everywhere(
    web: Client, alice: User, bob: User, admin: User, selection: Selection
) -> None:
    archive = make_archive(alice, selection, "failed")
    removal.discard_selection(selection=selection)
    api = api_of(alice)
    assert api.get(f"/api/archives/{archive.pk}").status_code == 404
    assert api.get("/api/archives").json()["count"] == 0
    assert web.get(archive.get_absolute_url()).status_code == 404
    for path in ("", "/frames", "/archives"):
        assert api.get(f"/api/selections/{selection.pk}{path}").status_code == 404
    assert api.get("/api/selections").json()["count"] == 0
    assert api.post("/api/download-images", {"selection": selection.pk}).status_code == 404
    assert api_of(bob).get(f"/api/selections/{selection.pk}").status_code == 404
    for path in ("", "/frames.csv"):
        assert web.get(f"/selections/{selection.pk}{path}").status_code == 404
    for verb in ("describe", "share", "copy", "delete", "build"):
        assert web.post(f"/selections/{selection.pk}/{verb}").status_code == 404
    web.force_login(admin)
    for model, row in (("selection", selection), ("archive", archive)):
        listed = web.get(reverse(f"admin:selections_{model}_changelist"))
        assert listed.context["cl"].result_count == 0
        assert (
            web.get(reverse(f"admin:selections_{model}_change", args=[row.pk])).status_code == 302
        )
    frames = web.get(reverse("admin:selections_selectedframe_changelist"))
    assert frames.context["cl"].result_count == 0


def test_a_deleted_selection_leaves_others_their_finished_archives(
    web: Client, alice: User, bob: User, selection: Selection, folders: Folders
) -> None:
    archive = make_archive(bob, selection, "ready")
    file = Path(archive.parts.get().file.path)
    removal.discard_selection(selection=selection)
    web.force_login(bob)

    def assert_it_is_there() -> None:
        page = web.get(archive.get_absolute_url())
        assert page.status_code == 200
        assert "Round 1" in page.text
        assert "Build again" not in page.text
        assert f"/selections/{selection.pk}" not in page.text
        assert web.get("/selections/archives").context["page"].paginator.count == 1
        download = web.get(f"/selections/archives/{archive.pk}/download")
        assert b"".join(download.streaming_content) == b"zip"

    assert_it_is_there()
    age(selection, 12)
    tasks.purge_selections()
    assert not Selection.objects.exists()
    assert file.exists()
    assert_it_is_there()
    answer = api_of(bob).get(f"/api/archives/{archive.pk}").json()
    assert (answer["selection"], answer["selection_name"]) == (None, "Round 1")
    assert api_of(bob).post(f"/api/archives/{archive.pk}/retry").status_code == 404


def test_a_deleted_selection_is_purged_once_builds_of_others_have_ended(
    bob: User, selection: Selection
) -> None:
    worker = uuid.uuid4()
    archive = make_archive(bob, selection, "queued")
    assert archive.claim(worker)
    removal.discard_selection(selection=selection)
    age(selection, 12)
    tasks.purge_selections()
    assert archive.heartbeat(worker, frames_done=1)
    assert selection.frames.count() == 3
    assert archive.finish(worker, parts=[], problems=[], bytes_done=1)
    tasks.purge_selections()
    assert not Selection.objects.exists()
    assert not SelectedFrame.objects.exists()
    archive.refresh_from_db()
    assert (archive.status, archive.selection_name) == ("ready", "Round 1")


def test_a_name_given_after_the_sharing_ended_is_not_shown(
    web: Client, alice: User, bob: User, selection: Selection
) -> None:
    archive = make_archive(bob, selection, "failed")
    api_of(alice).patch(
        f"/api/selections/{selection.pk}", {"visibility": "private", "name": "TOPSECRETNAME"}
    )
    web.force_login(bob)
    for path in (archive.get_absolute_url(), "/selections/archives"):
        page = web.get(path).text
        assert "TOPSECRETNAME" not in page
        assert "Round 1" in page
    assert "TOPSECRETNAME" not in api_of(bob).get(f"/api/archives/{archive.pk}").text


def test_the_api_deletes_the_same_way(api: APIClient, web: Client, selection: Selection) -> None:
    assert api.delete(f"/api/selections/{selection.pk}").status_code == 204
    assert api.delete(f"/api/selections/{selection.pk}").status_code == 404
    assert "“Round 1” is deleted." in web.get("/selections/").text
    assert web.post(f"/selections/{selection.pk}/restore").status_code == 302
    assert api.get(f"/api/selections/{selection.pk}").status_code == 200


def test_builds_under_way_are_given_up_and_stay_so(alice: User, selection: Selection) -> None:
    archive = make_archive(alice, selection, "queued")
    removal.discard_selection(selection=selection)
    removal.restore_selection(user=alice, selection_id=selection.pk)
    archive.refresh_from_db()
    assert archive.status == "cancelled"


def test_nobody_else_can_undo(web: Client, bob: User, admin: User, selection: Selection) -> None:
    removal.discard_selection(selection=selection)
    for who in (bob, admin):
        web.force_login(who)
        assert web.post(f"/selections/{selection.pk}/restore").status_code == 404
        assert "Round 1" not in web.get("/selections/").text


def test_undo_ends_before_the_rows_go(web: Client, alice: User, selection: Selection) -> None:
    removal.discard_selection(selection=selection)
    age(selection, 9.5)
    tasks.purge_selections()
    assert removal.restore_selection(user=alice, selection_id=selection.pk) == selection
    age(selection, 10.5)
    tasks.purge_selections()
    assert Selection.objects.exists()
    assert "Round 1" not in web.get("/selections/").text
    answer = web.post(f"/selections/{selection.pk}/restore")
    assert answer.status_code == 404
    assert "gone for good" in answer.text
    with pytest.raises(NotFound):
        removal.restore_selection(user=alice, selection_id=selection.pk)


def test_the_purge_takes_what_was_deleted_and_its_files(
    alice: User,
    selection: Selection,
    folders: Folders,
    django_capture_on_commit_callbacks: object,
) -> None:
    kept = make_selection(alice, name="kept")
    archive = make_archive(alice, selection, "ready")
    file = Path(archive.parts.get().file.path)
    removal.discard_selection(selection=selection)
    assert file.exists()
    age(selection, 12)
    with django_capture_on_commit_callbacks(execute=True):
        tasks.purge_selections()
    assert list(Selection.objects.all()) == [kept]
    assert set(SelectedFrame.objects.values_list("selection", flat=True)) == {kept.pk}
    assert not Archive.objects.exists()
    assert not file.exists()


def test_restoring_what_was_never_deleted(web: Client, alice: User, selection: Selection) -> None:
    assert web.post(f"/selections/{selection.pk}/restore").status_code == 404
    assert web.get(f"/selections/{selection.pk}/restore").status_code == 405
    assert web.get(f"/selections/{selection.pk}/delete").status_code == 405


@pytest.mark.parametrize("status", ["ready", "incomplete", "failed", "cancelled", "expired"])
def test_an_archive_that_ended_can_be_deleted(
    api: APIClient,
    alice: User,
    selection: Selection,
    folders: Folders,
    status: str,
    django_capture_on_commit_callbacks: object,
) -> None:
    archive = make_archive(alice, selection, status)
    files = [Path(part.file.path) for part in archive.parts.all()]
    with django_capture_on_commit_callbacks(execute=True):
        assert api.delete(f"/api/archives/{archive.pk}").status_code == 204
    assert not Archive.objects.exists()
    assert not any(file.exists() for file in files)
    assert api.delete(f"/api/archives/{archive.pk}").status_code == 404


@pytest.mark.parametrize("status", ["queued", "running"])
def test_an_archive_under_way_cannot(
    api: APIClient, web: Client, alice: User, selection: Selection, status: str
) -> None:
    archive = make_archive(alice, selection, status)
    answer = api.delete(f"/api/archives/{archive.pk}")
    assert answer.status_code == 409
    assert "Cancel it first" in answer.json()["detail"]
    answer = web.post(f"/selections/archives/{archive.pk}/delete")
    assert answer.status_code == 409
    assert "Cancel it first" in answer.text
    archive.cancel()
    answer = web.post(f"/selections/archives/{archive.pk}/delete", follow=True)
    assert answer.redirect_chain == [("/selections/archives", 302)]
    assert not Archive.objects.exists()


def test_archives_of_others_cannot_be_deleted(
    api: APIClient, web: Client, bob: User, selection: Selection
) -> None:
    archive = make_archive(bob, selection, "ready")
    assert api.delete(f"/api/archives/{archive.pk}").status_code == 404
    assert web.post(f"/selections/archives/{archive.pk}/delete").status_code == 404
    assert Archive.objects.exists()

"""Files uploaded to the portal in pieces: once, in their order, whatever is lost on the way."""

from __future__ import annotations

import os
from datetime import timedelta
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import connection as database
from django.utils import timezone
from rest_framework.test import APIClient

from portal.exceptions import Conflict, FolderUnusable, InvalidInput, LimitReached
from publishing import services
from publishing.models import Upload
from publishing.services import uploads
from publishing.tasks import clear_debris
from publishing.upload_names import why_not_a_path
from tests.conftest import api_of

pytestmark = pytest.mark.django_db

DAY = {"name": "Day", "files": [{"path": "a/1.jpg", "size": 3}, {"path": "a/2.jpg", "size": 4}]}
SOME = [{"path": "1.jpg", "size": 100}]


@pytest.fixture(autouse=True)
def folder(settings: Any, tmp_path: Path) -> Path:
    settings.UPLOADS_DIR = tmp_path / "uploads"
    return settings.UPLOADS_DIR


def begin(api: APIClient, body: dict[str, Any] = DAY) -> dict[str, Any]:
    answer = api.post("/api/uploads", body, format="json")
    assert answer.status_code in (200, 201), answer.content
    return answer.json()


def send(api: APIClient, number: int, offset: int, piece: bytes) -> Any:
    return api.patch(
        f"/api/uploads/{number}/data?offset={offset}",
        piece,
        content_type="application/octet-stream",
    )


def test_pieces_become_the_files(api: APIClient) -> None:
    """Also where a piece ends within a file."""
    begun = begin(api)
    assert (begun["files_count"], begun["size"], begun["received"]) == (2, 7, 0)
    assert send(api, begun["id"], 0, b"abcde").json()["received"] == 5
    assert send(api, begun["id"], 5, b"fg").json()["received"] == 7
    upload = Upload.objects.whole().get()
    assert upload.path.read_bytes() == b"abcdefg"
    assert upload.stored.files == (("a/1.jpg", 3, 0), ("a/2.jpg", 4, 3))


def test_a_piece_whose_answer_was_lost_is_not_added_twice(api: APIClient) -> None:
    number = begin(api)["id"]
    send(api, number, 0, b"abc")
    again = send(api, number, 0, b"abc")
    assert again.status_code == 409
    assert (again.json()["code"], again.json()["received"]) == ("wrong_offset", 3)
    assert api.get(f"/api/uploads/{number}").json()["received"] == 3
    ahead = send(api, number, 5, b"fg")
    assert (ahead.status_code, ahead.json()["received"]) == (409, 3)


def test_of_two_requests_with_one_piece_the_second_finds_the_first(alice: User) -> None:
    upload, _ = services.begin_upload(user=alice, **DAY)
    late = Upload.objects.get(pk=upload.pk)
    services.append_piece(upload=upload, offset=0, piece=b"abc")
    with pytest.raises(uploads.WrongOffset) as refused:
        services.append_piece(upload=late, offset=0, piece=b"abc")
    assert refused.value.received == 3


def test_a_piece_that_took_long_to_arrive_changes_nothing(alice: User) -> None:
    """Its row was read before the upload was whole and looked at."""
    upload, _ = services.begin_upload(user=alice, **DAY)
    late = Upload.objects.get(pk=upload.pk)
    services.append_piece(upload=upload, offset=0, piece=b"abcdefg")
    with pytest.raises(uploads.WrongOffset):
        services.append_piece(upload=late, offset=0, piece=b"1234567")
    assert upload.path.read_bytes() == b"abcdefg"


def test_the_same_files_again_are_the_upload_that_was_begun(api: APIClient) -> None:
    first = begin(api)
    send(api, first["id"], 0, b"abc")
    again = api.post("/api/uploads", DAY, format="json")
    assert (again.status_code, again.json()["id"], again.json()["received"]) == (
        200,
        first["id"],
        3,
    )
    changed = {"name": "Day", "files": [{**file, "modified": 5} for file in DAY["files"]]}
    assert begin(api, changed)["id"] != first["id"]


def test_others_have_no_part_in_it(api: APIClient, bob: User) -> None:
    number = begin(api)["id"]
    other = api_of(bob)
    assert other.get("/api/uploads").json()["count"] == 0
    assert send(other, number, 0, b"abc").status_code == 404
    assert begin(other)["id"] != number


def test_what_is_deleted_is_gone_from_the_disk(api: APIClient, folder: Path) -> None:
    number = begin(api)["id"]
    assert len(list(folder.iterdir())) == 1
    assert api.delete(f"/api/uploads/{number}").status_code == 204
    assert not list(folder.iterdir())
    assert send(api, number, 0, b"abc").status_code == 404


def test_a_file_that_was_lost_is_said(api: APIClient) -> None:
    number = begin(api)["id"]
    Upload.objects.get(pk=number).path.unlink()
    refused = send(api, number, 0, b"abc")
    assert (refused.status_code, refused.json()["detail"]) == (409, uploads.UPLOAD_GONE)


@pytest.mark.parametrize(
    ("piece", "says"),
    [
        (b"", "The piece is empty."),
        (b"abcdefgh", "goes beyond the end: the files have 7 bytes together"),
    ],
)
def test_pieces_that_do_not_fit_are_refused(api: APIClient, piece: bytes, says: str) -> None:
    answer = send(api, begin(api)["id"], 0, piece)
    assert answer.status_code == 400
    assert says in answer.json()["detail"]


def test_pieces_are_bytes_within_the_limit(api: APIClient) -> None:
    number = begin(api)["id"]
    large = send(api, number, 0, bytes(uploads.LARGEST_PIECE + 1))
    assert (large.status_code, large.json()["code"]) == (413, "too_large")
    form = api.patch(f"/api/uploads/{number}/data?offset=0", {"a": 1}, format="json")
    assert form.status_code == 415


@pytest.mark.parametrize(
    ("path", "says"),
    [
        ("/etc/passwd", "has an absolute path"),
        ("C:/a.jpg", "has an absolute path"),
        ("a/../../b.jpg", "leads out of the folder"),
        ("a\\b.jpg", "has a backslash"),
        ("a//b.jpg", "has an empty folder or file name"),
        ("./b.jpg", "has an empty folder or file name"),
        ("a\nb.jpg", "has control characters"),
        ("a\x00.jpg", "has control characters"),
        ("é" * 128 + ".jpg", "of more than 255 bytes"),
        ("a/" * 500 + "b.jpg", "has a path of more than 1,000 characters"),
        ("", "has no name"),
    ],
)
def test_paths_that_lead_elsewhere_are_refused(alice: User, path: str, says: str) -> None:
    with pytest.raises(InvalidInput, match="Rename it, or leave it out") as refused:
        services.begin_upload(user=alice, name="x", files=[{"path": path, "size": 1}])
    assert says in str(refused.value)


def test_ordinary_paths_are_taken() -> None:
    for path in ("a.jpg", "Straße/ä (1).JPG", ".hidden", "a..b/c.jpg", "日本/1.png"):
        assert not why_not_a_path(path)


@pytest.mark.parametrize(
    ("files", "says"),
    [
        ([], "Name at least one file"),
        ([{"path": "a", "size": 0}], "The files are empty"),
        ([{"path": "a", "size": 1}] * 2, "“a” is named twice"),
    ],
)
def test_lists_that_make_no_sense_are_refused(
    alice: User, files: list[dict[str, Any]], says: str
) -> None:
    with pytest.raises(InvalidInput, match=says):
        services.begin_upload(user=alice, name="x", files=files)


def test_too_many_files_are_refused(alice: User, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(uploads, "MOST_FILES", 1)
    with pytest.raises(InvalidInput, match="At most 1 files"):
        services.begin_upload(user=alice, **DAY)


def test_each_person_and_all_have_a_limit(
    alice: User, bob: User, settings: Any, folder: Path
) -> None:
    settings.UPLOADS_BYTES_PER_PERSON, settings.UPLOADS_MAX_BYTES = 150, 220
    with pytest.raises(InvalidInput, match="can be uploaded at once here"):
        services.begin_upload(user=alice, name="x", files=[{"path": "a", "size": 151}])
    first, _ = services.begin_upload(user=alice, name="x", files=SOME)
    with pytest.raises(Conflict, match="that each person may have here"):
        services.begin_upload(user=alice, name="y", files=SOME)
    services.begin_upload(user=bob, name="x", files=SOME)
    with pytest.raises(Conflict, match="no room for these files now"):
        services.begin_upload(user=bob, name="y", files=[{"path": "a", "size": 21}])
    assert len(list(folder.iterdir())) == 2
    services.remove_upload(upload=first)
    services.begin_upload(user=alice, name="y", files=SOME)


@pytest.mark.skipif(database.vendor != "postgresql", reason="SQLite has one writer at a time")
def test_two_people_at_once_do_not_exceed_the_limit_of_all(
    transactional_db: None, alice: User, bob: User, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """While alice has counted and has not saved yet, bob begins, and waits for her."""
    settings.UPLOADS_MAX_BYTES = 150
    real, answers = uploads._check_room, list[object]()

    def begin_as_bob() -> None:
        try:
            answers.append(services.begin_upload(user=bob, name="Other", files=SOME))
        except Conflict as error:
            answers.append(str(error))
        finally:
            database.close()

    other = Thread(target=begin_as_bob)

    def check_room(user: User, size: int) -> None:
        real(user, size)
        if user == alice:
            other.start()
            while other.is_alive() and not waits_for_a_lock():
                pass

    monkeypatch.setattr(uploads, "_check_room", check_room)
    services.begin_upload(user=alice, name="Day", files=SOME)
    other.join()
    [answer] = answers
    assert "no room for these files now" in str(answer)
    assert [each.owner for each in Upload.objects.all()] == [alice]


def waits_for_a_lock() -> bool:
    """Whether a transaction of this database waits for a lock by a name."""
    with database.cursor() as cursor:
        cursor.execute(
            "SELECT 1 FROM pg_locks WHERE locktype = 'advisory' AND NOT granted AND database = "
            "(SELECT oid FROM pg_database WHERE datname = current_database())"
        )
        return cursor.fetchone() is not None


def test_nobody_begins_any_number_of_uploads(alice: User, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(uploads, "UNFINISHED", 1)
    services.begin_upload(user=alice, name="x", files=SOME)
    with pytest.raises(LimitReached, match="as many as one person may have"):
        services.begin_upload(user=alice, name="y", files=SOME)


def test_a_full_disk_is_said_before_anything_is_sent(alice: User, settings: Any) -> None:
    settings.UPLOADS_BYTES_PER_PERSON = settings.UPLOADS_MAX_BYTES = 10**18
    with pytest.raises(FolderUnusable, match="the disk is full"):
        services.begin_upload(user=alice, name="x", files=[{"path": "a", "size": 10**17}])
    assert not Upload.objects.exists()


def test_files_beyond_the_limit_are_no_matter_of_the_disk(alice: User) -> None:
    with pytest.raises(InvalidInput, match="can be uploaded at once here"):
        services.begin_upload(user=alice, name="x", files=[{"path": "a", "size": 2**62}])


def test_what_nobody_goes_on_with_is_removed(alice: User, folder: Path) -> None:
    """And files of no upload, but not the one that is just being made."""
    old, _ = services.begin_upload(user=alice, name="x", files=SOME)
    kept, _ = services.begin_upload(user=alice, name="y", files=SOME)
    Upload.objects.filter(pk=old.pk).update(expires_at=timezone.now() - timedelta(seconds=1))
    stray, new = folder / "old.upload", folder / "new.upload"
    for path in (stray, new):
        path.touch()
    os.utime(stray, (0, 0))
    clear_debris()
    assert [each.name for each in Upload.objects.all()] == ["y"]
    assert sorted(folder.iterdir()) == sorted([kept.path, new])


def test_a_piece_puts_off_the_removal(alice: User) -> None:
    upload, _ = services.begin_upload(user=alice, name="x", files=SOME)
    soon = timezone.now() + timedelta(seconds=5)
    Upload.objects.filter(pk=upload.pk).update(expires_at=soon)
    assert services.append_piece(upload=upload, offset=0, piece=b"abc").expires_at > soon

"""Pages of selections and archives: whose they are, what goes wrong, how many queries."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.db import connection as database
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from selections.models import Archive, Selection
from selections.templatetags.selections_text import kept_for
from tests.making import make_archive, make_connection

OWN = ["", "/frames.csv"]
VERBS = ["describe", "share", "copy", "draw-again", "delete", "restore", "build"]
PARTS_OF_ARCHIVE = ["", "/progress", "/download"]


def keep(owner: User, name: str = "Round 1", frames: int = 3, **values: object) -> Selection:
    selection = Selection.objects.create(
        owner=owner,
        url="http://cvat.example.com",
        name=name,
        **values,
    )
    selection.tasks.create(task_id=12, name="Night drive", frames_count=frames)
    for frame in range(frames):
        selection.frames.create(
            task_id=12, job_id=30 + frame % 2, frame=frame, filename=f"image_{frame}.jpg"
        )
    return selection


@pytest.fixture
def web(client: Client, alice: User) -> Client:
    client.force_login(alice)
    return client


@pytest.fixture
def bobs(bob: User) -> Selection:
    return keep(bob, "bob's own")


@pytest.fixture
def shared(bob: User) -> Selection:
    return keep(bob, "bob's for all", visibility="shared")


def test_it_works(web: Client, alice: User) -> None:
    selection = keep(alice)
    assert "Round 1" in web.get("/selections/").text
    page = web.get(f"/selections/{selection.pk}").text
    assert "http://cvat.example.com/tasks/12/jobs/30?frame=0" in page
    assert "Job 30: <b>2</b>" in page
    assert "Every frame was chosen by hand. Saved by alice on " in page


def test_what_others_keep_to_themselves_is_not_there(web: Client, bobs: Selection) -> None:
    assert "s own" not in web.get("/selections/").text.split("<main")[1]
    for part in OWN:
        assert web.get(f"/selections/{bobs.pk}{part}").status_code == 404
    for verb in VERBS:
        assert web.post(f"/selections/{bobs.pk}/{verb}").status_code == 404
    assert Selection.objects.get().name == "bob's own"


def test_what_is_shared_may_be_read_and_copied(web: Client, alice: User, shared: Selection) -> None:
    assert web.get(f"/selections/{shared.pk}").status_code == 200
    for verb in ("describe", "share", "delete", "restore"):
        assert web.post(f"/selections/{shared.pk}/{verb}", {"name": "x"}).status_code == 404
    assert web.post(f"/selections/{shared.pk}/copy").status_code == 302
    copied = Selection.objects.get(owner=alice)
    assert (copied.visibility, copied.frames.count()) == ("private", 3)


def test_the_frame_list_as_csv(web: Client, alice: User, bobs: Selection) -> None:
    selection = keep(alice)
    answer = web.get(f"/selections/{selection.pk}/frames.csv")
    lines = b"".join(answer.streaming_content).decode("utf-8-sig").splitlines()
    assert len(lines) == 4
    assert "image_2.jpg" in lines[3]
    assert web.get(f"/selections/{bobs.pk}/frames.csv").status_code == 404


@pytest.mark.parametrize("number", ["0", "99", "9" * 30])
def test_numbers_that_are_none(web: Client, number: str) -> None:
    for path in ("/selections/{}", "/selections/archives/{}", "/selections/archives/{}/progress"):
        assert web.get(path.format(number)).status_code == 404


def test_archives_of_others_are_not_there(web: Client, bob: User, shared: Selection) -> None:
    archive = Archive.objects.create(selection=shared, requested_by=bob)
    for part in PARTS_OF_ARCHIVE:
        assert web.get(f"/selections/archives/{archive.pk}{part}").status_code == 404
    for verb in ("cancel", "again", "delete"):
        assert web.post(f"/selections/archives/{archive.pk}/{verb}").status_code == 404
    assert str(archive) not in web.get(f"/selections/{shared.pk}").text
    archive.refresh_from_db()
    assert archive.status == "queued"


def test_errors_are_said_on_the_page(web: Client, alice: User) -> None:
    selection = keep(alice)
    answer = web.post(f"/selections/{selection.pk}/build")
    assert answer.status_code == 409
    assert "not connected" in answer.text
    assert web.post(f"/selections/{selection.pk}/build", {"quality": "x"}).status_code == 400
    assert web.post(f"/selections/{selection.pk}/describe", {"name": " "}).status_code == 400
    assert web.post(f"/selections/{selection.pk}/share", {"visibility": "x"}).status_code == 400
    selection.refresh_from_db()
    assert (selection.name, selection.visibility) == ("Round 1", "private")


def test_progress_is_a_fragment_and_ends_with_the_card(web: Client, alice: User) -> None:
    archive = Archive.objects.create(
        selection=keep(alice), requested_by=alice, frames_total=3, status="running", frames_done=1
    )
    answer = web.get(f"/selections/archives/{archive.pk}/progress")
    assert "1 of 3 frames" in answer.text
    assert "<html" not in answer.text
    assert "HX-Retarget" not in answer.headers
    assert "building" in answer.text
    archive.cancel()
    answer = web.get(f"/selections/archives/{archive.pk}/progress")
    assert answer.headers["HX-Retarget"] == f"#archive-{archive.pk}"
    assert "hx-get" not in answer.text


def test_problems_and_errors_of_archives(web: Client, alice: User) -> None:
    selection = keep(alice)
    problem = {"task_id": 12, "frame": 7, "filename": "lost.jpg", "reason": "CVAT has lost it."}
    incomplete = make_archive(alice, selection, "incomplete", problems=[problem])
    page = web.get(incomplete.get_absolute_url()).text
    assert "1 frame could not be fetched" in page
    assert "lost.jpg" in page
    assert "CVAT has lost it." in page
    failed = Archive.objects.create(
        selection=selection, requested_by=alice, status="failed", error="No room left."
    )
    page = web.get(failed.get_absolute_url()).text
    assert "No room left." in page
    assert "Try again" in page


def test_no_file_no_download(web: Client, alice: User) -> None:
    archive = Archive.objects.create(selection=keep(alice), requested_by=alice)
    answer = web.get(f"/selections/archives/{archive.pk}/download")
    assert answer.status_code == 409
    assert "still being built" in answer.text
    archive.cancel()
    assert web.post(f"/selections/archives/{archive.pk}/cancel").status_code == 409


@pytest.mark.parametrize(
    ("path", "most"),
    [("/selections/", 10), ("/selections/archives", 7), ("/selections/{one}", 17)],
)
@pytest.mark.parametrize("is_connected", [True, False])
def test_as_many_queries_for_30_as_for_1(
    web: Client, alice: User, path: str, most: int, is_connected: bool
) -> None:
    if is_connected:
        make_connection(alice, "http://cvat.example.com")
    one = keep(alice)
    path = path.format(one=one.pk)

    def queries() -> int:
        with CaptureQueriesContext(database) as captured:
            assert web.get(path).status_code == 200
        return len(captured)

    Archive.objects.create(selection=one, requested_by=alice, status="failed")
    few = queries()
    for number in range(30):
        selection = keep(alice, f"Round {number}", frames=30)
        Archive.objects.create(selection=selection, requested_by=alice, status="failed")
        Archive.objects.create(selection=one, requested_by=alice, status="failed")
        one.frames.create(task_id=12, job_id=40 + number, frame=100 + number)
    # The list of selections is counted when it goes on behind its first page.
    assert queries() <= few + (1 if path == "/selections/" else 0)
    assert few <= most, few


@pytest.mark.parametrize("verb", VERBS)
def test_what_changes_something_takes_post_alone(web: Client, alice: User, verb: str) -> None:
    assert web.get(f"/selections/{keep(alice).pk}/{verb}").status_code == 405


def test_missing_frames_are_grouped_by_reason(web: Client, alice: User, admin: User) -> None:
    problems = [
        {"task_id": 12, "job_id": 3, "frame": frame, "filename": f"{frame}.jpg", "reason": reason}
        for frame, reason in [*((number, "CVAT has lost it.") for number in range(40)),
                              (57, "CVAT has lost it."), (60, "It is damaged.")]
    ]  # fmt: skip
    archive = make_archive(alice, keep(alice), "incomplete", problems=problems)
    for path in (archive.get_absolute_url(), "/selections/archives"):
        page = web.get(path).text
        assert "42 frames could not be fetched" in page
        assert page.count("CVAT has lost it.") == 1
        assert "Task 12: frames 0–39, 57" in page
        assert "Task 12: frame 60" in page
    web.force_login(admin)
    page = web.get(f"/admin/selections/archive/{archive.pk}/change/").text
    assert page.count("CVAT has lost it.") == 1
    assert "41: task 12: frames 0–39, 57" in page
    assert "task_id" not in page


@pytest.mark.parametrize(("query", "read"), [("", 0), ("?status=ready", 0), ("?status=failed", 1)])
def test_only_archives_that_there_are_are_read(
    web: Client, alice: User, query: str, read: int
) -> None:
    if query:
        make_archive(alice, keep(alice), "failed")
    with CaptureQueriesContext(database) as asked:
        answer = web.get(f"/selections/archives{query}")
    assert sum('"files_begun"' in each["sql"] for each in asked) == read
    assert len(answer.context["page"].object_list) == read


def test_a_list_of_archives_does_not_read_their_problems(web: Client, alice: User) -> None:
    problem = {"task_id": 1, "job_id": 1, "frame": 0, "filename": "x.jpg", "reason": "Gone."}
    selection = keep(alice)
    make_archive(alice, selection, "incomplete", problems=[problem] * 100_000)
    for path in ("/selections/archives", f"/selections/{selection.pk}"):
        with CaptureQueriesContext(database) as asked:
            assert web.get(path).status_code == 200
        assert not any('"problems"' in query["sql"] for query in asked)


@pytest.mark.parametrize(
    ("left", "said"),
    [
        (timedelta(days=7) - timedelta(seconds=1), "7 days"),
        (timedelta(days=6, hours=2), "6 days"),
        (timedelta(hours=25), "1 day"),
        (timedelta(hours=5, minutes=40), "6 hours"),
        (timedelta(minutes=50), "1 hour"),
        (timedelta(minutes=5), "less than an hour"),
    ],
)
def test_how_long_an_archive_is_kept(left: timedelta, said: str) -> None:
    archive = Archive(expires_at=timezone.now() + left)
    assert kept_for(archive) == f"kept for {said} more"

"""The admin site of selections, frames and archives."""

from __future__ import annotations

import csv
import io

import pytest
from django.contrib.auth.models import Permission, User
from django.db import connection as database
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from selections.models import Archive, ArchivePart, Selection
from tests.making import WITHOUT_SHARES, make_archive, make_connection, make_selection


@pytest.fixture
def site(admin: User) -> Client:
    client = Client()
    client.force_login(admin)
    return client


def act(site: Client, model: str, action: str, *rows: object, **more: str):
    return site.post(
        reverse(f"admin:selections_{model}_changelist"),
        {"action": action, "_selected_action": [row.pk for row in rows], **more},
        follow=True,
    )


def messages_of(response) -> list[str]:
    return [str(message) for message in response.context["messages"]]


def test_it_works(site: Client, alice: User) -> None:
    archive = make_archive(alice, make_selection(alice), "ready")
    for model in ("selection", "selectedframe", "archive"):
        answer = site.get(reverse(f"admin:selections_{model}_changelist"))
        assert answer.status_code == 200
    page = site.get(reverse("admin:selections_archive_change", args=[archive.pk]))
    assert "0" * 64 in page.content.decode()


@pytest.mark.parametrize("model", ["selection", "selectedframe", "archive"])
def test_as_many_queries_for_30_rows_as_for_1(site: Client, alice: User, model: str) -> None:
    address = reverse(f"admin:selections_{model}_changelist")

    def count() -> int:
        with CaptureQueriesContext(
            database,
        ) as queries:
            assert site.get(address).status_code == 200
        return len(queries)

    make_archive(alice, make_selection(alice), "ready")
    count()  # content types and the like are looked up once
    before = count()
    for number in range(30):
        user = User.objects.create_user(f"user{number}")
        make_archive(user, make_selection(user, make_connection(user)), "ready")
    assert count() == before


@pytest.mark.parametrize("model", ["selection", "selectedframe", "archive"])
@pytest.mark.parametrize("words", ["alice", "1", "n_2", "x'; --", "%", ""])
def test_search(site: Client, alice: User, model: str, words: str) -> None:
    make_archive(alice, make_selection(alice))
    answer = site.get(reverse(f"admin:selections_{model}_changelist"), {"q": words})
    assert answer.status_code == 200


@pytest.mark.parametrize(
    ("model", "query", "found"),
    [
        ("selection", "visibility__exact=shared", 1),
        ("selection", "frame_selection_method__exact=manual", 2),
        ("selection", "created_at__year=1999", 0),
        ("archive", "status__exact=ready", 1),
        ("archive", "problems=yes", 1),
        ("archive", "problems=no", 1),
        ("archive", "q=alice", 2),
        ("selectedframe", "q=n_1", 2),
        ("selectedframe", "q=7", 0),
    ],
)
def test_filters(site: Client, alice: User, model: str, query: str, found: int) -> None:
    make_archive(alice, make_selection(alice, visibility="shared"), "ready")
    make_archive(alice, make_selection(alice), "failed", problems=[{"frame": 1}])
    answer = site.get(f"{reverse(f'admin:selections_{model}_changelist')}?{query}")
    assert answer.context["cl"].result_count == found


@pytest.mark.parametrize(("model", "name"), [("archive", "requested_by"), ("selection", "owner")])
def test_filter_by_person(site: Client, alice: User, bob: User, model: str, name: str) -> None:
    make_archive(alice, make_selection(alice))
    make_archive(bob, make_selection(bob))
    address = reverse(f"admin:selections_{model}_changelist")
    answer = site.get(address, {f"{name}__id__exact": alice.pk})
    assert answer.context["cl"].result_count == 1
    assert [
        spec.title
        for spec in answer.context["cl"].filter_specs
        if spec.title == name.replace("_", " ")
    ]


def test_frames_are_not_counted_twice(site: Client, alice: User) -> None:
    make_selection(alice)
    answer = site.get(reverse("admin:selections_selectedframe_changelist"), {"q": "n_1"})
    assert answer.context["cl"].full_result_count is None


def test_links_lead_only_where_the_administrator_may_go(
    site: Client, alice: User, admin: User
) -> None:
    private, own = make_selection(alice), make_selection(admin)
    shared = make_selection(alice, visibility="shared")
    page = site.get(reverse("admin:selections_selection_changelist")).content.decode()
    for selection, is_linked in ((private, False), (own, True), (shared, True)):
        assert (f'href="{selection.get_absolute_url()}"' in page) is is_linked
        assert (site.get(selection.get_absolute_url()).status_code == 200) is is_linked


def test_machine_owned_rows_are_read_only(site: Client, alice: User) -> None:
    selection = make_selection(alice)
    archive = make_archive(alice, selection)
    for model, row in (("archive", archive), ("selectedframe", selection.frames.first())):
        assert site.get(reverse(f"admin:selections_{model}_add")).status_code == 403
        change = reverse(f"admin:selections_{model}_change", args=[row.pk])
        assert site.post(change, {"status": "ready", "frame": 99}).status_code == 403
    frame = selection.frames.first()
    delete = reverse("admin:selections_selectedframe_delete", args=[frame.pk])
    assert site.post(delete, {"post": "yes"}).status_code == 403
    archive.refresh_from_db()
    assert archive.status == "queued"
    assert selection.frames.count() == 3


def test_name_note_and_visibility_can_be_changed(site: Client, alice: User) -> None:
    selection = make_selection(alice)
    change = reverse("admin:selections_selection_change", args=[selection.pk])
    data = {"name": "Better", "note": "", "visibility": "shared", "owner": 99, "url": "x"}
    answer = site.post(change, data | WITHOUT_SHARES)
    assert answer.status_code == 302
    selection.refresh_from_db()
    assert (selection.name, selection.visibility, selection.owner) == ("Better", "shared", alice)
    assert selection.url == "https://cvat.example.com"


def test_build_again_says_what_became_of_each(site: Client, alice: User, bob: User) -> None:
    selection = make_selection(alice, make_connection(alice), visibility="shared")
    done = make_archive(alice, selection, "ready")
    unconnected = make_archive(bob, selection, "failed")
    running = make_archive(alice, make_selection(alice, done.connection), "running")
    hidden = make_archive(bob, make_selection(alice), "failed")
    said = messages_of(act(site, "archive", "build_again", done, unconnected, running, hidden))
    made = Archive.objects.get(selection=selection, requested_by=alice, status="queued")
    assert sorted(said) == sorted(
        [
            f"Archive {done.pk}: archive {made.pk} is waiting for alice.",
            f"Archive {unconnected.pk}: You are not connected to https://cvat.example.com. "
            "Connect to it first.",
            f"Archive {running.pk}: This archive is still being built.",
            f"Archive {hidden.pk}: bob may not see “alice's choice” any more.",
        ]
    )


def test_cancel_says_what_became_of_each(site: Client, alice: User) -> None:
    queued = make_archive(alice, make_selection(alice))
    ready = make_archive(alice, make_selection(alice), "ready")
    said = messages_of(act(site, "archive", "cancel", queued, ready))
    assert f"Archive {queued.pk}: cancelled." in said
    assert f"Archive {ready.pk}: This archive is ready and cannot be cancelled." in said
    queued.refresh_from_db()
    assert queued.status == "cancelled"


def test_who_may_only_look_may_not_act(alice: User, bob: User) -> None:
    bob.is_staff = True
    bob.save()
    bob.user_permissions.set(Permission.objects.filter(codename="view_archive"))
    client = Client()
    client.force_login(bob)
    archive = make_archive(alice, make_selection(alice))
    for action in ("cancel", "build_again", "delete_selected"):
        act(client, "archive", action, archive, post="yes")
    archive.refresh_from_db()
    assert archive.status == "queued"
    assert client.get(reverse("admin:selections_selection_changelist")).status_code == 403


def test_export_of_the_frame_list(site: Client, alice: User) -> None:
    first, second = make_selection(alice, name="=HYPERLINK(1)"), make_selection(alice, frames=1)
    first.frames.filter(frame=1).update(filename="-dash/ä,b\nc.jpg")
    make_selection(alice, name="another")
    answer = act(site, "selection", "export_frames", first, second)
    assert answer.headers["Content-Type"] == "text/csv; charset=utf-8"
    assert answer.headers["Content-Disposition"].startswith('attachment; filename="frames_')
    assert answer.streaming
    text = answer.getvalue().decode("utf-8-sig")
    rows = list(csv.DictReader(io.StringIO(text, newline="")))
    assert len(rows) == 4
    assert rows[0]["selection"] == "'=HYPERLINK(1)"
    assert rows[1]["filename"] == "'-dash/ä,b\nc.jpg"
    assert rows[2] == {
        "selection_id": str(first.pk),
        "selection": "'=HYPERLINK(1)",
        "owner": "alice",
        "task_id": "1",
        "job_id": "1",
        "frame": "2",
        "filename": "n_2.jpg",
        "width": "0",
        "height": "0",
        "source_frame": "",
        "video": "",
        "verdict": "",
        "tags": "",
        "comment": "",
    }


@pytest.mark.parametrize("model", ["archive", "selection"])
def test_deleting_in_bulk_removes_the_files(
    site: Client, alice: User, model: str, django_capture_on_commit_callbacks
) -> None:
    rows = [make_archive(alice, make_selection(alice), "ready") for _ in range(3)]
    files = [(part.file.storage, part.file.name) for part in ArchivePart.objects.all()]
    assert all(storage.exists(name) for storage, name in files)
    chosen = rows if model == "archive" else [row.selection for row in rows]
    with CaptureQueriesContext(database):
        question = act(site, model, "delete_selected", *chosen)
    assert "3" in question.content.decode()
    with django_capture_on_commit_callbacks(execute=True):
        act(site, model, "delete_selected", *chosen, post="yes")
    assert not Archive.objects.exists()
    assert not any(storage.exists(name) for storage, name in files)
    assert Selection.objects.count() == (3 if model == "archive" else 0)


def test_the_question_before_deleting_does_not_list_the_frames(site: Client, alice: User) -> None:
    selection = make_selection(alice, frames=50)
    page = site.get(reverse("admin:selections_selection_delete", args=[selection.pk]))
    text = page.content.decode()
    assert "50" in text
    assert "n_49.jpg" not in text
    assert "frame 49" not in text


def test_who_may_not_delete_selections_may_not_delete_their_owner(
    client: Client, alice: User, bob: User
) -> None:
    make_selection(alice)
    bob.is_staff = True
    bob.save()
    bob.user_permissions.add(*Permission.objects.filter(codename__in=["delete_user", "view_user"]))
    client.force_login(bob)
    delete = reverse("admin:auth_user_delete", args=[alice.pk])
    assert "doesn’t have permission" in client.get(delete).content.decode().replace("'", "’")
    assert client.post(delete, {"post": "yes"}).status_code == 403
    assert User.objects.filter(pk=alice.pk).exists()


def test_a_user_can_be_deleted_with_everything(site: Client, alice: User) -> None:
    make_archive(alice, make_selection(alice, make_connection(alice), frames=50), "ready")
    delete = reverse("admin:auth_user_delete", args=[alice.pk])
    question = site.get(delete).content.decode()
    assert "frames: 50" in question
    assert "n_49.jpg" not in question
    assert "frame 49" not in question
    assert site.post(delete, {"post": "yes"}).status_code == 302
    assert not Selection.objects.exists()

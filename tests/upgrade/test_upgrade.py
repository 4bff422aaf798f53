"""A database of the first release, made by its own code, is upgraded and means the same.

`d35c4a8.sql` is the dump of an SQLite database that commit d35c4a8 filled through its services,
with the sample tasks of the stand-in. With PostgreSQL, the tables of that commit are created by its
migrations, and its models copy the rows there.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from django.conf import settings
from django.contrib.auth.models import Group, Permission, User
from django.core.management import call_command
from django.core.management.color import no_style
from django.db import connections, transaction
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.backends.sqlite3.base import DatabaseWrapper as Sqlite
from django.db.migrations.executor import MigrationExecutor
from django.db.migrations.recorder import MigrationRecorder
from django.test import override_settings
from pytest_django.plugin import DjangoDbBlocker
from rest_framework.test import APIClient

from portal.models import ApiToken
from selections import methods
from selections.draws import Draw
from selections.models import Archive, ArchiveOptions, SelectedTask, Selection
from selector.models import Connection, RecentTask

DUMP = Path(__file__).with_name("d35c4a8.sql")
# Made for the dump, whose access tokens are those of a stand-in that ran for a second.
KEY = "ZAhuVQ889HYMkq4OnMkFwcfhsxpj9-6OqDjdkEt7py0="
TOKEN = "cis_0a0a0a0a_secret-of-the-upgrade-test"
READING_TOKEN = "cis_0b0b0b0b_secret-of-the-upgrade-test"

NIGHT = "Night drive, north loop"
ONE_TASK = [{"id": 1, "name": NIGHT}]
ADJUSTED = Draw(task_id=1, count=2, seed=7)
OVER_ALL = Draw(task_id=1, method="random_uniform", count=9, seed=9, exclude_selections=(2,))
# id: name, how the frames were drawn, number of frames
SELECTIONS: dict[int, tuple[str, Draw | None, int]] = {
    1: ("By hand", None, 5),
    2: ("Per job", Draw(task_id=1, count=2, seed=7), 10),
    3: ("Per job, a share of two jobs", Draw(task_id=1, job_ids=(2, 3), share=0.1, seed=8), 8),
    4: ("Over all, without another", OVER_ALL, 9),
    5: (
        "A share of all",
        Draw(task_id=1, method="random_uniform", share=0.05, seed=4294967295),
        11,
    ),
    6: ("Of one job", Draw(task_id=1, job_id=3, count=4, seed=0), 4),
    7: (
        "Of one job, over all",
        Draw(task_id=1, job_id=3, method="random_uniform", share=0.1, seed=1),
        4,
    ),
    8: ("Adjusted", ADJUSTED, 10),
    9: ("Copy of Over all, without another", OVER_ALL, 9),
    10: ("Copy of Adjusted", ADJUSTED, 10),
    11: ("Video", None, 2),
    12: ("Deleted", None, 1),
    13: ("Bob’s “own” \\ task", None, 1),
    14: ("Of an organization", None, 1),
}
BY_HAND = {1, 8, 10, 11, 12, 13, 14}


@pytest.fixture(scope="module", autouse=True)
def upgraded(
    tmp_path_factory: pytest.TempPathFactory,
    django_db_setup: None,
    django_db_blocker: DjangoDbBlocker,
) -> Iterator[None]:
    """The upgraded database, in place of that of the tests."""
    file = tmp_path_factory.mktemp("upgrade") / "db.sqlite3"
    with closing(sqlite3.connect(file)) as database:
        database.executescript(DUMP.read_text())
    of_tests = connections["default"]
    keys = [*settings.FIELD_ENCRYPTION_KEYS, KEY]
    with django_db_blocker.unblock(), override_settings(FIELD_ENCRYPTION_KEYS=keys):
        if of_tests.vendor == "sqlite":
            upgraded = sqlite_database(file, "default")
        else:
            upgraded = empty_database(of_tests)
        connections["default"] = upgraded
        try:
            if of_tests.vendor != "sqlite":
                copy_rows(sqlite_database(file, "dump"))
            call_command("migrate", "-v0")
            yield
        finally:
            upgraded.close()
            connections["default"] = of_tests
            if of_tests.vendor != "sqlite":
                execute(of_tests, "DROP DATABASE", upgraded.settings_dict["NAME"])


def sqlite_database(file: Path, alias: str) -> Sqlite:
    return Sqlite({**connections["default"].settings_dict, "NAME": str(file), "OPTIONS": {}}, alias)


def empty_database(of_tests: BaseDatabaseWrapper) -> BaseDatabaseWrapper:
    """A new database beside that of the tests."""
    name = f"{of_tests.settings_dict['NAME']}_upgrade"
    execute(of_tests, "CREATE DATABASE", name)
    return type(of_tests)({**of_tests.settings_dict, "NAME": name}, "default")


def execute(of_tests: BaseDatabaseWrapper, statement: str, name: str) -> None:
    with of_tests._nodb_cursor() as cursor:
        cursor.execute(f"{statement} {of_tests.ops.quote_name(name)}")


def copy_rows(dump: Sqlite) -> None:
    """Create the tables as the commit of the dump did, and copy all rows through its models."""
    database = connections["default"]
    with closing(dump):
        connections[dump.alias] = dump
        last = dict(MigrationRecorder(dump).migration_qs.order_by("id").values_list("app", "name"))
        state = MigrationExecutor(database).migrate(list(last.items()))
        models = state.apps.get_models(include_auto_created=True)
        with transaction.atomic():
            for model in models:
                for row in model._base_manager.using(dump.alias):
                    row.save_base(using="default", raw=True, force_insert=True)
        del connections[dump.alias]
    with database.cursor() as cursor:
        for statement in database.ops.sequence_reset_sql(no_style(), models):
            cursor.execute(statement)


def api(token: str) -> APIClient:
    client = APIClient()
    client.credentials(HTTP_AUTHORIZATION=f"Bearer {token}")
    return client


def test_it_works() -> None:
    call_command("migrate", "--check", "-v0")
    assert Selection.objects.count() == len(SELECTIONS)


def test_connections_keep_their_access() -> None:
    rows = Connection.objects.order_by("pk")
    assert [(each.owner.username, each.username, each.organization) for each in rows] == [
        ("alice", "demo", ""),
        ("alice", "demo", "acme"),
        ("bob", "bob", ""),
    ]
    assert all(each.credential and each.verified_at for each in rows)
    assert list(RecentTask.objects.values_list("connection_id", "task_id").order_by("task_id")) == [
        (1, 1),
        (1, 3),
    ]


def test_tokens_are_in_portal_and_sign_in() -> None:
    rows = ApiToken.objects.order_by("pk").values_list("name", "owner__username", "read_only")
    assert list(rows) == [
        ("scripts", "alice", False),
        ("reports", "alice", True),
        ("his", "bob", False),
    ]
    me = api(TOKEN).get("/api/me").json()
    assert (me["username"], me["token_read_only"]) == ("alice", False)
    assert api(READING_TOKEN).get("/api/me").json()["token_read_only"] is True
    assert api(READING_TOKEN).post("/api/selections", {}).status_code == 403


def test_permissions_on_tokens_are_kept() -> None:
    permissions = Permission.objects.filter(content_type__model="apitoken")
    assert set(permissions.values_list("content_type__app_label", flat=True)) == {"portal"}
    assert permissions.count() == 4
    keeper = User.objects.get(username="keeper")
    assert keeper.has_perms(
        ["portal.view_apitoken", "portal.delete_apitoken", "portal.change_apitoken"]
    )
    assert not keeper.has_perm("portal.add_apitoken")
    assert Group.objects.get(name="Token keepers").permissions.count() == 2


@pytest.mark.parametrize("pk", SELECTIONS)
def test_selections_were_drawn_as_before(pk: int) -> None:
    name, draw, count = SELECTIONS[pk]
    selection = Selection.objects.get(pk=pk)
    assert (selection.name, selection.frames.count()) == (name, count)
    assert selection.get_draw() == draw
    method = methods.MANUAL if draw is None or pk in BY_HAND else draw.method
    assert selection.frame_selection_method == method
    assert selection.adjusted_by_hand == (pk in {8, 10})
    assert selection.is_complete
    assert (selection.deleted_at is None) == (pk != 12)
    assert selection.visibility == ("shared" if pk == 4 else "private")


@pytest.mark.parametrize("pk", SELECTIONS.keys() - {9, 12, 13})
def test_the_api_answers_of_selections_as_before(pk: int) -> None:
    name, draw, count = SELECTIONS[pk]
    answer = api(TOKEN).get(f"/api/selections/{pk}").json()
    assert (answer["name"], answer["frames_count"]) == (name, count)
    if pk in {8, 10}:
        assert answer["parameters"] == {
            "adjusted_from": {
                "task_id": 1,
                "job_id": None,
                "frames_per_job_count": 2,
                "random_seed": 7,
            }
        }
        assert answer["random_seed"] is None
    elif draw is None:
        assert (answer["parameters"], answer["random_seed"]) == ({}, None)
    else:
        assert answer["parameters"] == draw.parameters
        assert answer["random_seed"] == draw.seed
    assert answer["draw"] == (draw.to_json() if draw else None)


def test_tasks_are_rows() -> None:
    rows = SelectedTask.objects.filter(selection=1)
    assert list(rows.values_list("task_id", "name", "frames_count", "start_frame")) == [
        (1, NIGHT, 3, None),
        (2, "Two cameras, folders and odd names", 2, None),
    ]
    answer = api(TOKEN).get("/api/selections/4").json()
    assert answer["tasks"] == ONE_TASK
    listed = api(TOKEN).get("/api/selections?task_id=3").json()
    assert [each["id"] for each in listed["results"]] == [11]
    for selection in Selection.objects.all():
        counts = {task.task_id: task.frames_count for task in selection.tasks.all()}
        assert sum(counts.values()) == selection.frames.count()


def test_archives_keep_options_files_and_problems() -> None:
    plain = ArchiveOptions()
    rows = Archive.objects.order_by("pk")
    assert [(row.selection_id, row.status, row.get_options()) for row in rows] == [
        (1, "ready", plain),
        (4, "failed", ArchiveOptions(quality="compressed")),
        (2, "incomplete", ArchiveOptions(part_size=10 * 2**20)),
        (4, "ready", ArchiveOptions(video_format="jpeg", video_quality=80)),
        (8, "cancelled", plain),
        (2, "expired", plain),
    ]
    assert [row.parts.count() for row in rows] == [1, 0, 1, 1, 0, 0]
    assert rows[1].error == "CVAT cannot be reached."
    assert rows[2].problem_groups == [{"reason": "Gone.", "count": 1, "frames": "task 1: frame 3"}]
    answer = api(TOKEN).get("/api/archives/3").json()
    assert answer["selection_name"] == "Per job"
    assert answer["options"]["part_size"] == 10 * 2**20
    assert answer["parts"][0]["size"] == 1000
    assert [problem["filename"] for problem in answer["problems"]] == ["north_0003.jpg"]
    listed = api(TOKEN).get("/api/archives").json()
    assert {each["id"] for each in listed["results"]} == {1, 2, 3, 5, 6}


def test_what_leaves_a_selection_out_is_found() -> None:
    """A question before an account is deleted reads the draws."""
    rows = Selection.objects.filter(draw__has_key="exclude_selections")
    assert set(rows.values_list("pk", flat=True)) == {4, 9}

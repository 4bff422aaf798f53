"""The filter of selections by task reads an index, however many selections there are."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import User
from django.db import connection as database
from django.test.utils import CaptureQueriesContext
from rest_framework.test import APIClient

from selections.models import SelectedFrame
from tests.making import make_selection


def test_it_finds_each_selection_once(api: APIClient, alice: User) -> None:
    of_task_1 = make_selection(alice)
    other = make_selection(alice)
    other.tasks.update(task_id=2)
    found = api.get("/api/selections?task_id=1").json()
    assert [each["id"] for each in found["results"]] == [of_task_1.pk]
    assert found["count"] == 1


@pytest.mark.skipif(database.vendor != "sqlite", reason="the plan is read from SQLite")
def test_no_table_is_scanned_for_tasks(api: APIClient, alice: User) -> None:
    make_selection(alice)
    with CaptureQueriesContext(
        database,
    ) as queries:
        api.get("/api/selections?task_id=1")
    asked = [each["sql"] for each in queries if '"task_id" = 1' in each["sql"]]
    assert len(asked) == 2  # the count and the page
    for sql in asked:
        with database.cursor() as cursor:
            cursor.execute(f"EXPLAIN QUERY PLAN {sql}")
            plan = [row[3] for row in cursor.fetchall()]
        lookups = [step for step in plan if "U0" in step]
        assert all(step.startswith("SEARCH") for step in lookups), plan
        assert any("(selection_id=? AND task_id=? AND until>?)" in step for step in lookups), plan


def test_frames_have_no_second_index_on_their_selection() -> None:
    """The unique index begins with the selection and serves for it."""
    assert SelectedFrame._meta.get_field("selection").db_index is False

"""A build has the frames that the selection had when the build was asked for."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import User
from django.test import Client

from portal.exceptions import Conflict
from selections import services
from selections.archives import building
from selections.models import Selection
from selector.models import Connection
from tests.selections.builds import built, manifest_of, request, select

pytestmark = pytest.mark.usefixtures("transactional_db", "folders", "messages")


def remove(selection: Selection, frame: int) -> None:
    now = Selection.objects.get(pk=selection.pk)
    services.edit_frames(user=now.owner, selection=now, revision=now.revision, remove=[(1, frame)])


def test_a_change_does_not_reach_a_build_under_way(alice: User, connection: Connection) -> None:
    selection = select(connection, (1, [0, 1, 2]))
    archive = request(selection)
    remove(selection, 1)
    with pytest.raises(Conflict, match="before its last change"):
        request(Selection.objects.get())
    building.build(archive.pk)
    archive.refresh_from_db()
    assert archive.status == "ready"
    manifest = manifest_of(archive)
    assert [each["frame"] for each in manifest["frames"]] == [0, 1, 2]
    assert manifest["selection"]["revision"] == 1
    after = built(Selection.objects.get())
    assert [each["frame"] for each in manifest_of(after)["frames"]] == [0, 2]
    assert manifest_of(after)["selection"]["revision"] == 2
    browser = Client()
    browser.force_login(alice)
    page = browser.get(f"/selections/{selection.pk}").content.decode()
    assert page.count("It has the frames of revision 1: the selection was changed since.") == 1


def test_a_build_under_way_keeps_tasks_that_are_removed(connection: Connection) -> None:
    selection = select(connection, (1, [0, 1]), (2, [0]))
    archive = request(selection)
    services.edit_frames(user=selection.owner, selection=selection, revision=1, remove=[(2, 0)])
    building.build(archive.pk)
    archive.refresh_from_db()
    assert [task["id"] for task in manifest_of(archive)["cvat"]["tasks"]] == [1, 2]

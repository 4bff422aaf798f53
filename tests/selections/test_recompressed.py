"""Pictures that CVAT serves otherwise than they were uploaded, to those who see a ground-truth job
alone."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import User

from selections import services
from selections.archives.planning import Block
from selections.archives.spool import Spool
from selections.models import Selection
from selector.services.catalogs import load_catalog
from standin.model import Job
from standin.server import StandIn
from tests.conftest import connect
from tests.selections.builds import Folders, assert_whole, built, manifest_of, pictures_of

pytestmark = pytest.mark.usefixtures("transactional_db", "folders", "messages", "hasty")

VALIDATED = 5


@pytest.fixture
def judged(standin: StandIn) -> Job:
    """All that carol may see of the task."""
    job = next(job for job in standin.world.tasks[VALIDATED].jobs if job.type == "ground_truth")
    job.assignee = standin.world.user("carol")
    return job


@pytest.fixture
def selection(alice: User, judged: Job, standin: StandIn) -> Selection:
    hers = connect(alice, standin, "carol")
    frames = load_catalog(connection=hers, job_id=judged.id).frames[:4]
    choices = [services.Choice(VALIDATED, frame.frame, judged.id) for frame in frames]
    return services.create_selection(owner=alice, connection=hers, choices=choices)


def test_they_are_named_for_what_they_are(selection: Selection) -> None:
    """No .png may hold a JPEG, and the manifest says why."""
    archive = built(selection)
    assert archive.status == "ready"
    rows = manifest_of(archive)["frames"]
    assert all(row["recompressed"] for row in rows)
    assert all(row["filename"].endswith(".png") and row["path"].endswith(".jpg") for row in rows)
    assert all(content[:3] == b"\xff\xd8\xff" for content in pictures_of(archive).values())


def test_asked_for_compressed_there_is_nothing_to_say(selection: Selection) -> None:
    rows = manifest_of(built(selection, quality="compressed"))["frames"]
    assert not any("recompressed" in row for row in rows)


def test_who_may_open_the_task_gets_what_was_uploaded(
    selection: Selection, judged: Job, standin: StandIn
) -> None:
    standin.world.tasks[VALIDATED].assignee, judged.assignee = judged.assignee, None
    exact = built(selection)
    assert_whole(exact, standin)
    assert not any("recompressed" in row for row in manifest_of(exact)["frames"])


def test_a_build_that_goes_on_knows_which_they_were(folders: Folders) -> None:
    alone = Block(1, 5, -1 - 99, 99, 0, is_video=False, frames=(99,), is_recompressed=True)
    before = Spool(folders.spool)
    before.prepare()
    with before.arriving_frame(alone, 99, is_recompressed=True) as file:
        file.write(b"z")
    after = Spool(folders.spool)
    after.prepare()
    assert after.missing(alone) == []
    picture = after.open(alone, 99)
    with picture.file:
        assert (picture.file.read(), picture.is_recompressed) == (b"z", True)
    after.drop(alone)
    assert after.missing(alone) == [99]

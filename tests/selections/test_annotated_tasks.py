"""Tasks as a real CVAT had them are opened and fetched whole."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from django.contrib.auth.models import User

from standin.annotated import add_annotated_task
from standin.server import StandIn
from tests.annotated import WITH_IMAGES
from tests.conftest import connect
from tests.selections.builds import built, pictures_of, select


@pytest.mark.parametrize("folder", WITH_IMAGES, ids=lambda path: path.name)
@pytest.mark.usefixtures("transactional_db", "folders", "messages")
def test_it_works(folder: Path, alice: User, standin: StandIn) -> None:
    task = add_annotated_task(standin.world, folder)
    meta = json.loads((folder / "meta.json").read_text())
    offered = set(range(meta["size"])) - set(meta["deleted_frames"]) - set(task.honeypots)
    archive = built(select(connect(alice, standin, "alice"), (task.id, None)))
    assert (archive.status, archive.error) == ("ready", "")
    assert pictures_of(archive) == {
        (task.id, frame): (folder / "images" / meta["frames"][frame]["name"]).read_bytes()
        for frame in offered
    }

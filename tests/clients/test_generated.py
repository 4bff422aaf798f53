"""A client that openapi-python-client generates from the schema does the main job."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from django.core.management import call_command
from pytest_django.live_server_helper import LiveServer

from selections.archives import building
from selections.models import Archive, Selection
from selector.models import Connection
from tests.selections.builds import only_path
from tests.selections.conftest import folder_of_builds, folders, hasty, messages
from tests.settings import BASE_DIR

__all__ = ["folder_of_builds", "folders", "hasty", "messages"]  # fixtures
PACKAGE = "generated_client"


@pytest.fixture(scope="module")
def generated(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ModuleType]:
    """The generated package."""
    folder = tmp_path_factory.mktemp("generated")
    schema, config = folder / "schema.json", folder / "config.yml"
    call_command("spectacular", "--format", "openapi-json", "--file", str(schema))
    documented = (BASE_DIR / "clients" / "openapi-python-client.yml").read_text()
    config.write_text(f"{documented}post_hooks: []\n")  # no linter
    generator = Path(sys.executable).with_name("openapi-python-client")
    done = subprocess.run(
        [
            *(generator, "generate", "--meta", "none", "--fail-on-warning"),
            *("--path", schema, "--config", config, "--output-path", folder / PACKAGE),
        ],
        check=False,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    sys.path.insert(0, str(folder))
    yield import_module(PACKAGE)
    sys.path.remove(str(folder))


def operation(name: str) -> ModuleType:
    """The module of an operation, such as "tasks.tasks_list"."""
    return import_module(f"{PACKAGE}.api.{name}")


@pytest.fixture
def client(generated: ModuleType, live_server: LiveServer, token: str) -> Any:
    return generated.AuthenticatedClient(live_server.url, token, raise_on_unexpected_status=True)


@pytest.mark.usefixtures("messages", "hasty", "folders")
def test_tasks_are_listed_drawn_from_saved_built_and_downloaded(
    client: Any, connection: Connection
) -> None:
    models = import_module(f"{PACKAGE}.models")
    tasks = operation("tasks.tasks_list").sync(client=client, search="Night drive")
    [task] = [each for each in tasks.results if each.id == 1]
    draw: dict[str, Any] = {
        "task_id": task.id,
        "frame_selection_method": models.FrameSelectionMethodEnum.RANDOM_UNIFORM,
        "frame_count": 3,
        "random_seed": 7,
    }
    asked = models.RandomSelectRequest.from_dict({**draw, "job_ids": [1, 2]})
    drawn = operation("random_select.random_select_create").sync(client=client, body=asked)
    assert (drawn.count, drawn.random_seed) == (3, 7)
    form = models.RandomSelectFormRequest.from_dict(draw)
    assert operation("random_select.random_select_create").sync(client=client, body=form).count == 3

    saved = operation("selections.selections_create").sync(
        client=client,
        body=models.NewSelectionRequest(name="Round 1", **draw),
        idempotency_key="round-1",
    )
    assert saved.frames_count == Selection.objects.get().frames.count() == 3
    assert saved.draw.frame_count == 3

    options = models.NewArchiveRequest(annotations=models.AnnotationsEnum.COCO)
    archive = operation("selections.selections_archives_create").sync(
        saved.id, client=client, body=options
    )
    building.build(archive.id)
    archive = operation("archives.archives_retrieve").sync(archive.id, client=client)
    assert archive.status == "ready"
    file = operation("archives.archives_download_retrieve").sync(archive.id, client=client)
    content = file.payload.read()
    assert content == only_path(Archive.objects.get()).read_bytes()
    assert len(content) == archive.parts[0].size


def test_what_is_refused_is_an_error_with_its_sentence(client: Any, connection: Connection) -> None:
    models = import_module(f"{PACKAGE}.models")
    wrong = models.NewSelectionRequest.from_dict({"task_id": 1, "frames_per_jo": 3})
    answer = operation("selections.selections_create").sync(client=client, body=wrong)
    assert isinstance(answer, models.Error)
    assert "frames_per_jo" in answer.detail

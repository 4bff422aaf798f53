"""The official client makes tasks and ground-truth jobs in the stand-in as in the real server."""

from __future__ import annotations

import logging
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from cvat_sdk import models
from cvat_sdk.api_client.exceptions import ApiException
from cvat_sdk.core import uploading as sdk_uploading
from cvat_sdk.core.client import AccessTokenCredentials, Client
from cvat_sdk.core.proxies.tasks import ResourceType
from cvat_sdk.core.uploading import DataUploader

from standin.pictures import jpeg, numbered
from standin.server import StandIn
from standin.world import World

NAMES = ("b/2.jpg", "a/1.jpg", "c.jpg")


@pytest.fixture(scope="module")
def standin() -> Iterator[StandIn]:
    world = World()
    world.add_user("alice")
    with StandIn(world, throttle=None) as running:
        yield running


@pytest.fixture(scope="module")
def client(standin: StandIn) -> Iterator[Client]:
    quiet = logging.getLogger("sdk")
    quiet.setLevel(logging.ERROR)
    token = standin.world.access_token("alice", read_only=False)
    with Client(standin.url, logger=quiet) as made:
        made.login(AccessTokenCredentials(token.value))
        made.config.status_check_period = 0.01
        # As the proxy in front of CVAT sets it, without which uploads in pieces fail.
        made.api_client.set_default_header("X-Forwarded-Host", standin.url.partition("//")[2])
        yield made


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    folder = tmp_path_factory.mktemp("files")
    paths = [folder / f"{number}.jpg" for number in (10, 9)]
    for number, path in enumerate(paths):
        path.write_bytes(jpeg(numbered(number, (64, 48)), 75))
    return paths


def spec(**values: object) -> models.TaskWriteRequest:
    label = models.PatchedLabelRequest(name="car", attributes=[])
    return models.TaskWriteRequest(name="by the client", labels=[label], **values)


def test_a_task_of_single_files(client: Client, standin: StandIn, files: list[Path]) -> None:
    task = client.tasks.create_from_data(
        spec=spec(segment_size=1, overlap=0, bug_tracker="https://example.com/1"),
        resources=files,
        resource_type=ResourceType.LOCAL,
        data_params={"image_quality": 70, "sorting_method": "natural"},
    )
    assert (task.size, task.mode, task.bug_tracker) == (2, "annotation", "https://example.com/1")
    assert [frame.name for frame in task.get_meta().frames] == ["9.jpg", "10.jpg"]
    assert len(task.get_jobs()) == 2
    assert task.get_frame(1, quality="original").read() == files[0].read_bytes()


def test_a_task_of_a_zip_in_pieces(
    client: Client, standin: StandIn, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Above its limit for small files, the client uploads in pieces."""
    monkeypatch.setitem(DataUploader.__init__.__kwdefaults__, "max_request_size", 1000)
    monkeypatch.setattr(sdk_uploading, "TUS_CHUNK_SIZE", 1000)
    path = tmp_path / "pictures.zip"
    with zipfile.ZipFile(path, "w") as out:
        for number, name in enumerate(NAMES):
            out.writestr(name, jpeg(numbered(number, (64, 48)), 75))
    task = client.tasks.create_from_data(
        spec=spec(),
        resources=[path],
        resource_type=ResourceType.LOCAL,
        data_params={"image_quality": 70, "job_file_mapping": [NAMES[:2], NAMES[2:]]},
    )
    assert [frame.name for frame in task.get_meta().frames] == list(NAMES)
    assert sorted(job.stop_frame for job in task.get_jobs()) == [1, 2]
    assert len(standin.requests.matching("/data/", "PATCH")) > 1


def test_a_ground_truth_job(client: Client, standin: StandIn) -> None:
    task = standin.world.add_task("twelve", owner="alice", count=12)
    request = models.JobWriteRequest(
        type="ground_truth", task_id=task.id, frame_selection_method="manual", frames=[7, 2]
    )
    job, _ = client.api_client.jobs_api.create(request)
    assert (str(job.type), job.frame_count) == ("ground_truth", 2)
    with pytest.raises(ApiException, match="cannot have more than 1 GT job"):
        client.api_client.jobs_api.create(request)
    client.api_client.jobs_api.destroy(job.id)
    assert [each.type for each in task.jobs] == ["annotation"]


def test_a_failed_creation(client: Client, standin: StandIn, tmp_path: Path) -> None:
    path = tmp_path / "text.jpg"
    path.write_bytes(b"no picture")
    with pytest.raises(Exception, match="cannot identify image file"):
        client.tasks.create_from_data(
            spec=spec(), resources=[path], data_params={"image_quality": 70}
        )

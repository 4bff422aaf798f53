"""Exports of a task: begun, made once, and sent."""

from __future__ import annotations

import io
import threading
import zipfile
from collections.abc import Callable
from typing import Any

import pytest
import requests

from standin.costs import Costs
from standin.model import Task
from standin.server import StandIn
from tests.conftest import eventually

EXPORT = "/api/tasks/1/dataset/export?format=CVAT+for+images+1.1&save_images=true"


class Held(Costs):
    """Counts the files that are made, and makes none before `go`."""

    def __init__(self) -> None:
        super().__init__()
        self.go = threading.Event()
        self.made = 0

    def export(self, task: Task, make: Callable[[], bytes]) -> bytes:
        self.go.wait(30)
        self.made += 1
        return super().export(task, make)


def status(ask: Any, request_id: str) -> dict[str, Any]:
    answer = ask(f"/api/requests/{requests.utils.quote(request_id, safe='')}")
    assert answer.status_code == 200
    return dict(answer.json())


def exported(ask: Any) -> bytes:
    """The file of a new export."""
    request_id = ask(EXPORT, method="POST").json()["rq_id"]
    eventually(lambda: status(ask, request_id)["status"] == "finished")
    url = status(ask, request_id)["result_url"]
    return bytes(ask(url[url.index("/api") :]).content)


def test_the_file_holds_every_picture_but_the_deleted_ones(standin: StandIn, ask: Any) -> None:
    task = standin.world.tasks[1]
    frames = [frame for frame in range(task.size) if frame not in task.deleted]
    assert len(frames) < task.size
    names = [f"images/{task.media.name(task.order[frame])}" for frame in frames]
    with zipfile.ZipFile(io.BytesIO(exported(ask))) as opened:
        assert opened.namelist() == ["annotations.xml", *names]
        for frame in (0, -1):
            served = standin.world.original_bytes(1, frames[frame])
            assert opened.read(names[frame]) == served


def test_one_that_runs_is_named_and_its_file_is_made_once(standin: StandIn, ask: Any) -> None:
    held = standin.costs = Held()
    first = ask(EXPORT, method="POST")
    assert first.status_code == 202
    request_id = first.json()["rq_id"]
    assert status(ask, request_id)["status"] == "started"
    again = ask(EXPORT, method="POST")
    assert (again.status_code, again.json()) == (409, {"rq_id": request_id})
    held.go.set()
    eventually(lambda: status(ask, request_id)["status"] == "finished")
    exported(ask)
    assert held.made == 1
    standin.world.touch(standin.world.tasks[1])
    exported(ask)
    assert held.made == 2


@pytest.mark.parametrize(
    ("path", "code"),
    [
        ("/api/tasks/1/dataset/export?format=Nope+1.0", 400),
        ("/api/tasks/1/dataset/export?save_images=true", 400),
        ("/api/tasks/999/dataset/export?format=CVAT+for+images+1.1", 404),
    ],
)
def test_exports_that_cannot_be_begun(ask: Any, path: str, code: int) -> None:
    assert ask(path, method="POST").status_code == code


def test_unknown_requests(ask: Any) -> None:
    assert ask("/api/requests/nope").status_code == 404
    assert ask("/api/tasks/1/dataset/download?rq_id=nope").status_code == 400


def test_a_read_only_token_may_begin_one(standin: StandIn) -> None:
    token = standin.world.access_token("demo", read_only=True)
    answer = requests.post(
        standin.url + EXPORT, headers={"Authorization": f"Bearer {token.value}"}, timeout=20
    )
    assert answer.status_code == 202

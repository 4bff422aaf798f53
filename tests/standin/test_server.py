"""The server around it: connections, the log of requests, and the command."""

import re
import signal
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import requests

from standin.building import JobSettings
from standin.samples import sample_world
from standin.server import StandIn
from standin.world import World

ROOT = Path(__file__).parents[2]


def test_the_log_knows_what_was_asked(standin: StandIn, ask) -> None:
    answer = ask("/api/jobs/1/data", params={"type": "chunk", "index": 0, "quality": "original"})
    (seen,) = standin.requests.matching("/data$")
    assert (seen.method, seen.path, seen.status) == ("GET", "/api/jobs/1/data", 200)
    assert seen.query == {"type": "chunk", "index": "0", "quality": "original"}
    assert seen.headers["accept-encoding"] == "identity"
    assert seen.sent == len(answer.content)
    standin.requests.clear()
    assert len(standin.requests) == 0


def test_connections_are_kept_alive(standin: StandIn) -> None:
    with requests.Session() as session:
        ports = set()
        for _ in range(3):
            answer = session.get(f"{standin.url}/api/server/about", stream=True, timeout=10)
            ports.add(answer.raw.connection.sock.getsockname()[1])
            assert answer.content
    assert len(ports) == 1


def test_every_answer_has_its_own_request_id(standin: StandIn, ask) -> None:
    paths = ("/api/tasks", "/api/nothing", "/api/tasks/9/data/meta", "/api/tasks/999")
    found = {ask(path).headers["X-Request-Id"] for path in paths}
    assert len(found) == len(paths)


def test_a_hundred_clients_at_once(standin: StandIn) -> None:
    standin.throttle.limit = None

    def one(_: int) -> int:
        return requests.get(f"{standin.url}/api/server/about", timeout=20).status_code

    with ThreadPoolExecutor(100) as pool:
        assert set(pool.map(one, range(200))) == {200}


def test_stopping_closes_connections_and_a_restart_keeps_the_port() -> None:
    standin = StandIn(sample_world()).start()
    url = standin.url
    with requests.Session() as session:
        assert session.get(f"{url}/api/server/about", timeout=10).ok
        standin.stop()
        with pytest.raises(requests.ConnectionError):
            session.get(f"{url}/api/server/about", timeout=10)
    with standin:
        assert standin.url == url
        assert requests.get(f"{url}/api/server/about", timeout=10).ok


def test_head_answers_without_a_body(ask) -> None:
    answer = ask("/api/tasks/1", method="HEAD")
    assert answer.ok
    assert answer.content == b""
    assert int(answer.headers["Content-Length"]) > 100
    assert ask("/api/jobs/1/data?type=frame&number=0", method="HEAD").status_code == 500


@pytest.mark.parametrize("accept", ["*/*", "application/vnd.cvat+json", "image/png, */*;q=0.1"])
def test_what_is_acceptable(ask, accept: str) -> None:
    assert ask("/api/tasks/1", headers={"Accept": accept}).ok


def test_browsers_get_a_page(ask) -> None:
    accept = {"Accept": "text/html,application/xhtml+xml,*/*;q=0.8"}
    for path, status in (("/api/tasks/1", 200), ("/api/tasks/999", 404)):
        answer = ask(path, headers=accept)
        assert (answer.status_code, answer.headers["Content-Type"][:9]) == (status, "text/html")
    assert ask("/api/tasks/1/preview", headers=accept).headers["Content-Type"] == "image/jpeg"


def test_json_alone_is_not_acceptable(ask) -> None:
    for path in ("/api/tasks/1", "/api/jobs/1/data?type=chunk&index=0"):
        assert ask(path, headers={"Accept": "application/json"}).status_code == 406


def test_links_into_cvat_end_on_a_page_that_says_so(standin: StandIn) -> None:
    for path, said in (("/", "running"), ("/tasks/1/jobs/2?frame=47", "tasks/1/jobs/2, frame 47")):
        answer = requests.get(standin.url + path, timeout=10)
        assert answer.headers["Content-Type"].startswith("text/html")
        assert said in answer.text
    assert requests.get(f"{standin.url}/tasks/<script>", timeout=10).status_code == 404


def test_unreadable_pictures_are_served_as_they_are(ask, world: World) -> None:
    files = {"broken.jpg": b"not a picture", "broken.tif": b"nor is this"}
    task = world.add_task("broken", owner="demo", images=files)
    for frame, body in enumerate(files.values()):
        path = f"/api/tasks/{task.id}/data?type=frame&quality=original&number={frame}"
        assert ask(path).content == body
    assert ask(f"/api/tasks/{task.id}/data/meta").json()["size"] == 2


def test_the_builder_makes_what_tests_need() -> None:
    world = World()
    world.add_user("eve", password="secret")
    acme = world.add_organization("acme", "eve")
    project = world.add_project("inside", "eve", organization=acme)
    task = world.add_task(
        "all of it",
        owner="eve",
        project=project,
        task_id=70,
        images=["b.png", "a.png", "c.png", "d.png", "e.png"],
        size=(32, 24),
        segment_size=2,
        deleted=[1],
        first_job_id=500,
        jobs={1: JobSettings(assignee="eve", stage="validation", state="in progress")},
        ground_truth=[0, 4],
    )
    assert [(job.id, *job.frames) for job in task.jobs] == [
        *((500, 0, 1), (501, 2, 3), (502, 4), (503, 0, 4))
    ]
    assert task.organization is acme
    assert world.jobs[501].assignee is world.users[1]
    assert world.filename(70, 1) == "a.png"
    assert world.original_bytes(70, 1)[:4] == b"\x89PNG"
    with pytest.raises(ValueError, match="already"):
        world.add_task("again", task_id=70)
    with pytest.raises(TypeError):
        world.add_task("typo", imges=["a.png"])


def test_given_bytes_are_served_as_they_are() -> None:
    source = World()
    made = source.add_task("source", count=2)
    files = {f"{frame}.jpg": source.original_bytes(made.id, frame) for frame in (0, 1)}
    world = World()
    task = world.add_task("copy", images=files)
    assert [world.original_bytes(task.id, frame) for frame in (0, 1)] == list(files.values())
    assert task.media.dimensions(0) == (64, 48)


def test_the_command_serves_until_it_is_told_to_end() -> None:
    command = [sys.executable, "-m", "standin", "--port", "0"]
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)
    try:
        line = process.stdout.readline()
        url = re.match(r"http://\S+", line)[0]
        assert "demo-password" in line
        credentials = {"username": "demo", "password": "demo-password"}
        answer = requests.post(f"{url}/api/auth/login", json=credentials, timeout=10)
        assert answer.status_code == 200
    finally:
        process.send_signal(signal.SIGTERM)
        rest, _ = process.communicate(timeout=30)
    assert process.returncode == 0
    assert rest == ""

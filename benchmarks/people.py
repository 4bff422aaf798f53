"""People who use the portal at the same time, each a thread with an API token of its own."""

from __future__ import annotations

import json
import random
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import urllib3

POLL_SECONDS = 1.0
REQUEST_TIMEOUT = 100.0
LATEST = 1.0  # seconds after the end of the plan
BUILD_TIMEOUT = 300.0
# Requests that do not need CVAT: they must stay quick while CVAT is slow.
WITHOUT_CVAT = frozenset({"list selections", "build", "poll", "download"})


class Sample(NamedTuple):
    kind: str
    ended_at: float  # time.time()
    seconds: float
    error: str  # "" or what was answered instead


@dataclass
class Plan:
    """The steps of everybody: in each round list the tasks, open one, get two packs of thumbnails,
    draw, save, list the selections; in every second round build and download as well."""

    url: str
    tokens: list[str]
    tasks: list[int]
    thinking: float  # seconds between two steps on average
    frames_per_job: int
    stop_at: float  # time.time()
    samples: list[Sample] = field(default_factory=list)


class Failed(Exception):
    """A request had an unexpected answer; the person starts a new round."""


class Person:
    def __init__(self, plan: Plan, number: int) -> None:
        self._plan = plan
        self._random = random.Random(number)
        self._http = urllib3.PoolManager(
            1, headers={"Authorization": f"Bearer {plan.tokens[number]}"}, retries=False
        )
        self._build_next = number % 2 == 0
        self._saved: int | None = None

    def run(self) -> None:
        """Do rounds until the plan ends. The first one begins at a random step: everybody's places
        in the round are spread from the start, as they are later."""
        first = self._random.randrange(5)
        self._sleep(self._random.uniform(0, self._plan.thinking))
        while time.time() < self._plan.stop_at:
            with suppress(Failed):
                self._choose(first)
            first = 0
            self._think()
            with suppress(Failed):
                self._ask("list selections", "GET", "/api/selections")
                self._think()
                if self._build_next and self._saved:
                    self._build(self._saved)
                    self._think()
            self._build_next = not self._build_next

    def _choose(self, first: int) -> None:
        """The first half of a round, from its step number `first` on; nothing from the last on."""
        task = self._random.choice(self._plan.tasks)
        seed = self._random.randrange(2**31)
        steps = (self._list_tasks, self._look_into, self._draw, self._save)
        for number, step in enumerate(steps[first:]):
            if number:
                self._think()
            step(task, seed)

    def _list_tasks(self, task: int, seed: int) -> None:
        self._ask("list tasks", "GET", "/api/tasks")

    def _look_into(self, task: int, seed: int) -> None:
        catalog = self._ask("open task", "GET", f"/api/catalog?task_id={task}")
        self._think()
        for job in self._random.sample(catalog["jobs"], 2):
            self._ask("thumbnails", "GET", f"/api/jobs/{job['id']}/thumbnails/0", is_json=False)

    def _draw(self, task: int, seed: int) -> None:
        asked = {"task_id": task, "count": self._plan.frames_per_job, "random_seed": seed}
        self._ask("draw", "POST", "/api/random-select", asked)

    def _save(self, task: int, seed: int) -> None:
        draw = {
            "name": f"Task {task}",
            "task_id": task,
            "frame_selection_method": "random_per_job",
            "frames_per_job_count": self._plan.frames_per_job,
            "random_seed": seed,
        }
        self._saved = self._ask("save", "POST", "/api/selections", draw)["id"]

    def _build(self, selection: int) -> None:
        archive = self._ask("build", "POST", f"/api/selections/{selection}/archives", {})
        started = time.time()
        while archive["status"] in ("queued", "running"):
            self._sleep(POLL_SECONDS)
            archive = self._ask("poll", "GET", f"/api/archives/{archive['id']}")
            if time.time() - started > BUILD_TIMEOUT:
                self._note("build finished", started, "not finished in time")
                raise Failed
        self._note("build finished", started, "" if archive["status"] == "ready" else "not ready")
        if archive["status"] == "ready":
            path = f"/api/archives/{archive['id']}/download"
            self._ask("download", "GET", path, is_json=False)

    def _ask(
        self, kind: str, method: str, path: str, body: Any = None, *, is_json: bool = True
    ) -> Any:
        if time.time() >= self._plan.stop_at:
            raise Failed
        started = time.time()
        # What is not answered when the plan ends is not measured, and not waited for.
        timeout = min(REQUEST_TIMEOUT, self._plan.stop_at - started + LATEST)
        try:
            answer = self._http.request(method, self._plan.url + path, json=body, timeout=timeout)
        except urllib3.exceptions.HTTPError as error:
            self._note(kind, started, type(error).__name__)
            raise Failed from None
        is_good = answer.status in (200, 201, 202)
        self._note(kind, started, "" if is_good else f"{answer.status} {answer.data[:200]!r}")
        if not is_good:
            raise Failed
        return json.loads(answer.data) if is_json else None

    def _note(self, kind: str, started: float, error: str) -> None:
        now = time.time()
        self._plan.samples.append(Sample(kind, now, now - started, error))

    def _think(self) -> None:
        self._sleep(self._random.uniform(0.5, 1.5) * self._plan.thinking)

    def _sleep(self, seconds: float) -> None:
        time.sleep(max(0.0, min(seconds, self._plan.stop_at - time.time())))


@contextmanager
def at_work(plan: Plan) -> Iterator[None]:
    """Context in which all people of the plan work, until the plan ends."""
    people = [Person(plan, number) for number in range(len(plan.tokens))]
    threads = [threading.Thread(target=person.run, daemon=True) for person in people]
    for thread in threads:
        thread.start()
    yield
    for thread in threads:
        thread.join(REQUEST_TIMEOUT + POLL_SECONDS)


def serve(pipe: Any) -> None:
    """Main function of the separate process: receives plans and sends back their samples."""
    while (plan := pipe.recv()) is not None:
        with at_work(plan):
            pass
        pipe.send(plan.samples)

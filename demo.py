"""`make demo`: choose, build, download and compare all bytes and objects, without a browser.

Starts a separate portal (free ports, a temporary folder, the stand-in CVAT with sample tasks), so
that a running one is not disturbed, and uses it over HTTP only, like a script. The ZIP stays in
var/demo.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
import zipfile
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path
from typing import Any

import requests

from config import envfile
from launcher.logfiles import LogFile
from launcher.ports import free_ports
from launcher.processes import Child, GroupList, Service

BASE_DIR = Path(__file__).resolve().parent
OUTPUT = BASE_DIR / "var" / "demo"
ACCOUNT = {"username": "demo", "password": "demo-password"}
TASK = "Night drive, north loop"
COCO = "instances_default.json"
COCO_KINDS = {"rectangle", "polygon", "ellipse", "mask"}  # all that the format has a place for
PER_JOB = 10
SEED = 2024
START_SECONDS = 300  # only a portal that hangs takes so long, however busy the machine
BUILD_SECONDS = 120


class Wrong(Exception):
    """A check failed; `str(error)` says which."""


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--keep", type=Path, default=OUTPUT, help="where the ZIP is put")
    keep = parser.parse_args().keep
    started = time.monotonic()
    try:
        with portal() as (api, cvat):
            path, summary = main_job(api, cvat, keep)
    except (Wrong, requests.RequestException) as error:
        say(f"\nNOT RIGHT: {error}")
        return 1
    say(f"\nAll right, after {time.monotonic() - started:.0f} s. {summary}")
    say(f"The ZIP is {path}")
    return 0


def say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


def check(holds: object, what: str) -> None:
    if not holds:
        raise Wrong(what)


# --- the portal of the demo --------------------------------------------------------------------


@contextmanager
def portal() -> Iterator[tuple[Api, Api]]:
    """A new portal and its stand-in CVAT, both ready for requests; removed afterwards."""
    with ExitStack() as stack:
        folder = Path(tempfile.mkdtemp(prefix="cvat-selector-demo-"))
        stack.callback(shutil.rmtree, folder, ignore_errors=True)
        port, standin_port = free_ports(2)
        environment = {
            "ENV_FILE": str(folder / ".env"),
            "VAR_DIR": str(folder / "var"),
            "PORT": str(port),
            "STANDIN_PORT": str(standin_port),
        }
        say("Starting a portal for the demo.")
        start(stack, folder, environment)
        token = new_token(environment)
        cvat = Api(f"http://localhost:{standin_port}")
        cvat.authorize("Token", cvat.post("/api/auth/login", ACCOUNT)["key"])
        api = Api(f"http://localhost:{port}")
        api.authorize("Bearer", token)
        yield api, cvat


def start(stack: ExitStack, folder: Path, environment: Mapping[str, str]) -> None:
    log = LogFile(folder / "serve.log")
    # Variables of another installation must not affect this one.
    for name in envfile.variable_names():
        os.environ.pop(name, None)
    command = [sys.executable, "manage.py", "serve"]
    groups = stack.enter_context(closing(GroupList(folder / "demo.groups")))
    child = Child(Service("serve", command, BASE_DIR, environment), log, groups)
    stack.callback(lambda: child.end(time.monotonic() + 20))
    stack.callback(child.terminate)
    end = time.monotonic() + START_SECONDS
    while "The portal is ready" not in log.tail():
        running = child.status is None and time.monotonic() < end
        check(running, f"The portal did not start:\n{log.tail(40)}")
        time.sleep(0.1)


def new_token(environment: Mapping[str, str]) -> str:
    command = subprocess.run(
        [sys.executable, "manage.py", "api_token", "demo", "--create-user", "--days", "1"],
        cwd=BASE_DIR,
        env=os.environ | dict(environment),
        capture_output=True,
        text=True,
        check=False,
    )
    check(command.returncode == 0, f"No API token: {command.stderr}")
    return command.stdout.strip()


class Api:
    """JSON over HTTP. Raises Wrong for an answer that is not a success."""

    def __init__(self, url: str) -> None:
        self.url = url
        self._session = requests.Session()
        self._session.trust_env = False  # no proxy and no .netrc of this machine

    def authorize(self, scheme: str, token: str) -> None:
        self._session.headers["Authorization"] = f"{scheme} {token}"

    def get(self, path: str, **query: Any) -> requests.Response:
        url = path if path.startswith("http") else self.url + path
        return self._checked(self._session.get(url, params=query, timeout=60))

    def post(self, path: str, body: Mapping[str, Any]) -> dict[str, Any]:
        answer = self._session.post(self.url + path, json=body, timeout=60)
        return dict(self._checked(answer).json())

    def _checked(self, answer: requests.Response) -> requests.Response:
        request = f"{answer.request.method} {answer.url}"
        check(answer.ok, f"{request} answered {answer.status_code}: {answer.text[:500]}")
        return answer


# --- the main job ------------------------------------------------------------------------------


def main_job(api: Api, cvat: Api, keep: Path) -> tuple[Path, str]:
    """Connect, draw, save, build, download and compare. Returns the ZIP and a summary."""
    connected = api.post("/api/test-connection", ACCOUNT)
    check(connected["success"], connected["message"])
    say(connected["message"])
    draw = {"task_id": find_task(api), "count": PER_JOB, "random_seed": SEED}
    images = draw_twice(api, draw)
    archive = build(api, save(api, draw, images))
    path = download(api, archive, keep)
    compare(path, images, cvat, draw)
    size = path.stat().st_size / 1e6
    summary = f"{len(images)} frames, {size:.1f} MB, each byte, name and object as CVAT has them."
    return path, summary


def find_task(api: Api) -> int:
    tasks = api.get("/api/tasks", search=TASK).json()["results"]
    check(tasks, f"There is no task “{TASK}”.")
    say(f"Task {tasks[0]['id']}, {tasks[0]['name']}: {tasks[0]['size']} frames.")
    return int(tasks[0]["id"])


def draw_twice(api: Api, draw: Mapping[str, Any]) -> list[dict[str, Any]]:
    answer = api.post("/api/random-select", draw)
    again = api.post("/api/random-select", draw)
    check(answer["images"] == again["images"], "The same seed gave other frames.")
    images: list[dict[str, Any]] = answer["images"]
    for job in answer["job_summary"]:
        say(f"  Job {job['job_id']}: {job['selected']}/{job['total']}")
        wanted = min(PER_JOB, job["total"])
        check(job["selected"] == wanted, f"Not {wanted} from job {job['job_id']}.")
        listed = sum(image["job_id"] == job["job_id"] for image in images)
        check(listed == wanted, f"Job {job['job_id']} says {wanted}, the list has {listed}.")
    check(len({image["frame"] for image in images}) == len(images), "A frame was drawn twice.")
    check(answer["count"] == len(images), "The count is not that of the images.")
    return images


def save(api: Api, draw: Mapping[str, Any], images: list[dict[str, Any]]) -> int:
    body = {
        "name": "Demo",
        "frame_selection_method": "random_per_job",
        "task_id": draw["task_id"],
        "frames_per_job_count": draw["count"],
        "random_seed": draw["random_seed"],
    }
    selection = api.post("/api/selections", body)
    saved = api.get(f"/api/selections/{selection['id']}/frames", page_size=1000).json()["results"]
    drawn = {image["frame"] for image in images}
    check({row["frame"] for row in saved} == drawn, "Other frames were saved than drawn.")
    say(f"Saved as selection {selection['id']}: {len(saved)} frames.")
    return int(selection["id"])


def build(api: Api, selection: int) -> dict[str, Any]:
    options = {"quality": "original", "annotations": "coco"}
    archive = api.post(f"/api/selections/{selection}/archives", options)
    end, shown = time.monotonic() + BUILD_SECONDS, ""
    while archive["status"] in {"queued", "running"}:
        check(time.monotonic() < end, f"Still {archive['status']} after {BUILD_SECONDS} s.")
        now = f"  {archive['status']}: {archive['frames_done']}/{archive['frames_total']}"
        if now != shown:
            say(now)
            shown = now
        time.sleep(0.2)
        archive = api.get(archive["status_url"]).json()
    check(archive["status"] == "ready", f"{archive['status']}: {archive['error']}")
    say(f"  ready: {archive['frames_done']}/{archive['frames_total']}")
    return archive


def download(api: Api, archive: Mapping[str, Any], keep: Path) -> Path:
    answer = api.get(archive["download_url"])
    name = answer.headers["Content-Disposition"].partition("filename=")[2].strip('"')
    stamp = name.removeprefix("Demo_").removesuffix(".zip")
    try:
        time.strptime(stamp, "%Y%m%d_%H%M%S")
    except ValueError:
        raise Wrong(f"The ZIP is called {name}.") from None
    check(len(answer.content) == archive["size"], "Another size than announced.")
    (part,) = archive["parts"]
    digest = hashlib.sha256(answer.content).hexdigest()
    check(digest == part["sha256"], "Another SHA-256 than announced.")
    keep.mkdir(parents=True, exist_ok=True)
    path = keep / name
    path.write_bytes(answer.content)
    return path


# --- compare with CVAT itself, without the portal ----------------------------------------------


def compare(path: Path, images: list[dict[str, Any]], cvat: Api, draw: Mapping[str, Any]) -> None:
    task = f"/api/tasks/{draw['task_id']}/data"
    meta = cvat.get(f"{task}/meta").json()
    deleted = set(meta["deleted_frames"]) & {image["frame"] for image in images}
    check(not deleted, f"Deleted frames were drawn: {sorted(deleted)}")
    names = {image["frame"]: meta["frames"][image["frame"]]["name"] for image in images}
    with zipfile.ZipFile(path) as archive:
        listed = archive.namelist()
        check(sorted(listed) == sorted([*names.values(), COCO, "manifest.json"]), "Other names.")
        check(listed[-1] == "manifest.json", "The manifest is not the last entry.")
        for frame, name in names.items():
            served = cvat.get(task, type="frame", number=frame, quality="original").content
            check(archive.read(name) == served, f"{name} has other bytes than frame {frame}.")
        check_manifest(archive, names, draw)
        objects = check_objects(archive, names, cvat, draw["task_id"])
    say(f"Compared {len(names)} files with what CVAT serves: identical.")
    counts = ", ".join(f"{count} x {label}" for label, count in sorted(objects.items()))
    say(f"Compared the objects on them: {counts}.")


def check_manifest(
    archive: zipfile.ZipFile, names: Mapping[int, str], draw: Mapping[str, Any]
) -> None:
    manifest = json.loads(archive.read("manifest.json"))
    check(manifest["problems"] == [], f"The manifest lists problems: {manifest['problems']}")
    check(manifest["selection"]["random_seed"] == draw["random_seed"], "Another seed.")
    listed = {each["frame"]: each for each in manifest["frames"]}
    check(len(manifest["frames"]) == len(listed) == len(names), "Other frames in the manifest.")
    for frame, name in names.items():
        entry, info = listed[frame], archive.getinfo(name)
        stated = (entry["task_id"], entry["path"], entry["size"], entry["crc32"])
        actual = (draw["task_id"], name, info.file_size, f"{info.CRC:08x}")
        check(stated == actual, f"The manifest says {stated}, the ZIP has {actual}.")


def check_objects(
    archive: zipfile.ZipFile, names: Mapping[int, str], cvat: Api, task: int
) -> Counter[str]:
    """Compare which objects are on each frame. Returns how many there are of each label."""
    coco = json.loads(archive.read(COCO))
    categories = {each["id"]: each["name"] for each in coco["categories"]}
    files = {each["id"]: each["file_name"] for each in coco["images"]}
    check(sorted(files.values()) == sorted(names.values()), "Other images in the COCO file.")
    written = Counter(
        (files[each["image_id"]], categories[each["category_id"]]) for each in coco["annotations"]
    )
    labels = cvat.get("/api/labels", task_id=task, page_size=100).json()["results"]
    called = {each["id"]: each["name"] for each in labels}
    shapes = cvat.get(f"/api/tasks/{task}/annotations").json()["shapes"]
    annotated = Counter(
        (names[each["frame"]], called[each["label_id"]])
        for each in shapes
        if each["frame"] in names and each["type"] in COCO_KINDS
    )
    check(written == annotated, f"Other objects: {(written - annotated) + (annotated - written)}")
    return Counter(label for (_, label), count in written.items() for _ in range(count))


if __name__ == "__main__":
    sys.exit(main())

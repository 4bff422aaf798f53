"""Other ways to get the same frames. Each returns when all bytes have arrived."""

from __future__ import annotations

import tempfile
import time
import zipfile
from collections.abc import Container, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import BinaryIO
from urllib.parse import quote
from xml.etree import ElementTree

import requests
from cvat_sdk import make_client
from requests.adapters import HTTPAdapter

from cvat import login
from cvat.frames import chunk_index
from cvat.types import Credential, Job
from standin.samples import DEMO

THREADS = 4
RAW_BLOCK = 2**20  # bytes that are read at once: the fewest turns of Python
EXPORT_FORMAT = "CVAT for images 1.1"
POLL_SECONDS = 0.05


def credential(url: str, *, read_only: bool = True) -> Credential:
    server = login.Server(url)
    key = login.sign_in(server, *DEMO)
    return login.make_token(server, key, name="benchmark", days=1, read_only=read_only).credential


def sequential(url: str, task_id: int, frames: Iterable[int]) -> None:
    """What a simple script does: password with every request, one after the other, deflated."""
    with tempfile.TemporaryFile() as file, zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as out:
        for frame in frames:
            answer = requests.get(
                f"{url}/api/tasks/{task_id}/data",
                params={"type": "frame", "number": str(frame), "quality": "original"},
                auth=DEMO,
                timeout=100,
            )
            answer.raise_for_status()
            out.writestr(f"{frame}.jpg", answer.content)


def sdk(url: str, task_id: int, frames: Sequence[int], *, with_annotations: bool = False) -> None:
    """`download_frames` of cvat-sdk, which re-encodes and numbers instead of naming; and
    `get_annotations` of the jobs that hold the frames."""
    with (
        tempfile.TemporaryDirectory() as folder,
        make_client(url, credentials=DEMO) as c,
    ):
        task = c.tasks.retrieve(task_id)
        task.download_frames(list(frames), outdir=folder, quality="original", image_extension="jpg")
        for job in task.get_jobs() if with_annotations else ():
            if any(job.start_frame <= frame <= job.stop_frame for frame in frames):
                job.get_annotations()


class Session(requests.Session):
    def __init__(self, key: Credential, connections: int = THREADS) -> None:
        super().__init__()
        self.headers["Authorization"] = f"Bearer {key.value}"
        self.headers["Accept-Encoding"] = "identity"
        adapter = HTTPAdapter(pool_maxsize=connections)
        self.mount("http://", adapter)

    def body(self, url: str, **params: str | int) -> bytes:
        answer = self.get(url, params={"quality": "original", **params}, timeout=400)
        answer.raise_for_status()
        return answer.content


def single_frames(url: str, key: Credential, task_id: int, frames: Iterable[int]) -> None:
    """A token, threads, frame by frame, written to a stored ZIP."""
    with (
        tempfile.TemporaryFile() as file,
        zipfile.ZipFile(file, "w") as out,
        Session(key) as session,
        ThreadPoolExecutor(THREADS) as pool,
    ):
        address = f"{url}/api/tasks/{task_id}/data"
        bodies = pool.map(lambda frame: session.body(address, type="frame", number=frame), frames)
        for frame, body in zip(frames, bodies, strict=True):
            out.writestr(f"{frame}.jpg", body)


def chunks_of(jobs: Sequence[Job], frames: Iterable[int]) -> set[tuple[int, int]]:
    """The chunks that hold the frames, as (job id, index)."""
    return {
        (job.id, chunk_index(job, frame))
        for frame in frames
        for job in jobs
        if job.start_frame <= frame <= job.stop_frame
    }


def raw_chunks(
    url: str,
    key: Credential,
    jobs: Sequence[Job],
    frames: Iterable[int],
    *,
    connections: int = THREADS,
    folder: Path | None = None,
) -> None:
    """The chunks that hold the frames, and nothing else: no ZIP, no decoding, and without a folder
    no file."""
    wanted = chunks_of(jobs, frames)

    def fetch(chunk: tuple[int, int]) -> int:
        job_id, index = chunk
        with session.get(
            f"{url}/api/jobs/{job_id}/data",
            params={"type": "chunk", "index": str(index), "quality": "original"},
            stream=True,
            timeout=400,
        ) as answer:
            answer.raise_for_status()
            if folder is None:
                return sum(map(len, answer.iter_content(RAW_BLOCK)))
            path = folder / f"{job_id}_{index}.zip"
            with path.open("wb", buffering=0) as file:
                return sum(map(file.write, answer.iter_content(RAW_BLOCK)))

    with Session(key, connections) as session, ThreadPoolExecutor(connections) as pool:
        for length in pool.map(fetch, sorted(wanted)):
            assert length


def saved_chunks(
    url: str,
    key: Credential,
    jobs: Sequence[Job],
    frames: Iterable[int],
    *,
    connections: int = THREADS,
) -> None:
    """As `raw_chunks`, with each chunk saved as a file."""
    with tempfile.TemporaryDirectory() as folder:
        raw_chunks(url, key, jobs, frames, connections=connections, folder=Path(folder))


def cvat_export(
    url: str, key: Credential, task_id: int, frames: Container[int] | None = None
) -> None:
    """CVAT's own export of the whole task with its pictures, and its download into a file; then a
    ZIP of only these frames, if there are any."""
    with Session(key) as session, tempfile.TemporaryFile() as file:
        params = {"format": EXPORT_FORMAT, "save_images": "true"}
        begun = session.post(f"{url}/api/tasks/{task_id}/dataset/export", params=params, timeout=60)
        begun.raise_for_status()
        path = f"{url}/api/requests/{quote(begun.json()['rq_id'], safe='')}"
        while (state := session.get(path, timeout=60).json())["status"] != "finished":
            time.sleep(POLL_SECONDS)
        with session.get(state["result_url"], stream=True, timeout=400) as answer:
            answer.raise_for_status()
            for block in answer.iter_content(RAW_BLOCK):
                file.write(block)
        if frames is not None:
            _cut(file, frames)


def _cut(export: BinaryIO, frames: Container[int]) -> None:
    """Write a stored ZIP with the pictures and annotations of the frames."""
    with (
        tempfile.TemporaryFile() as file,
        zipfile.ZipFile(export) as whole,
        zipfile.ZipFile(file, "w") as part,
    ):
        root = ElementTree.Element("annotations")
        with whole.open("annotations.xml") as xml:
            images = (each for _, each in ElementTree.iterparse(xml) if each.tag == "image")
            root.extend(image for image in images if int(image.get("id", "")) in frames)
        for image in root:
            name = f"images/{image.get('name')}"
            part.writestr(name, whole.read(name))
        part.writestr("annotations.xml", ElementTree.tostring(root))

"""Other ways to get the same frames. Each returns when all bytes have arrived."""

from __future__ import annotations

import tempfile
import zipfile
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor

import requests
from cvat_sdk import make_client
from requests.adapters import HTTPAdapter

from cvat import login
from cvat.frames import chunk_index
from cvat.types import Credential, Job
from standin.samples import DEMO

THREADS = 4


def credential(url: str) -> Credential:
    server = login.Server(url)
    key = login.sign_in(server, *DEMO)
    return login.make_token(server, key, name="benchmark", days=1).credential


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


def sdk(url: str, task_id: int, frames: Sequence[int]) -> None:
    """`download_frames` of cvat-sdk, which re-encodes and numbers instead of naming."""
    with (
        tempfile.TemporaryDirectory() as folder,
        make_client(url, credentials=DEMO) as c,
    ):
        c.tasks.retrieve(task_id).download_frames(
            list(frames), outdir=folder, quality="original", image_extension="jpg"
        )


class Session(requests.Session):
    def __init__(self, key: Credential) -> None:
        super().__init__()
        self.headers["Authorization"] = f"Bearer {key.value}"
        self.headers["Accept-Encoding"] = "identity"
        adapter = HTTPAdapter(pool_maxsize=THREADS)
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


def raw_chunks(url: str, key: Credential, jobs: Sequence[Job], frames: Iterable[int]) -> None:
    """The chunks that hold the frames, and nothing else: no file, no ZIP, no decoding."""
    wanted = {
        (job.id, chunk_index(job, frame))
        for frame in frames
        for job in jobs
        if job.start_frame <= frame <= job.stop_frame
    }

    def fetch(chunk: tuple[int, int]) -> int:
        job_id, index = chunk
        return len(session.body(f"{url}/api/jobs/{job_id}/data", type="chunk", index=index))

    with Session(key) as session, ThreadPoolExecutor(THREADS) as pool:
        for length in pool.map(fetch, sorted(wanted)):
            assert length

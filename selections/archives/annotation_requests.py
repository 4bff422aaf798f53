"""Requests CVAT's JSON of jobs, a few at a time and ahead of reading, into temporary files.

No Django.
"""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import BinaryIO, cast

from cvat.client import CvatClient

# Jobs whose annotations are requested at a time: beside the requests for pictures each answer is
# waited for, and meanwhile an earlier one can be read.
AT_ONCE = 3


class AnnotationRequests:
    """The jobs are requested in their order; the next one when a file is taken. To be closed: then
    its requests have ended."""

    def __init__(self, client: CvatClient, jobs: Sequence[int], folder: Path) -> None:
        self._client = client
        self._folder = folder
        self._not_requested = list(reversed(jobs))
        self._requested: dict[int, Future[BinaryIO]] = {}
        self._pool = ThreadPoolExecutor(AT_ONCE, thread_name_prefix="annotations of jobs")
        for _ in range(AT_ONCE):
            self._request_next()

    def take(self, job_id: int) -> BinaryIO:
        """The file of a job, at its beginning and to be closed. Waits for CVAT, and raises the
        error of the request."""
        while job_id not in self._requested:
            self._request_next()
        file = self._requested.pop(job_id).result()
        self._request_next()
        return file

    def close(self) -> None:
        self._pool.shutdown(cancel_futures=True)
        for future in self._requested.values():
            if not future.cancelled() and future.exception() is None:
                future.result().close()

    def _request_next(self) -> None:
        if self._not_requested:
            job_id = self._not_requested.pop()
            self._requested[job_id] = self._pool.submit(self._save, job_id)

    def _save(self, job_id: int) -> BinaryIO:
        file = cast(BinaryIO, tempfile.TemporaryFile(dir=self._folder))  # noqa: SIM115  (see take)
        try:
            self._client.save_annotations(job_id=job_id, into=file)
            file.seek(0)
        except BaseException:
            file.close()
            raise
        return file

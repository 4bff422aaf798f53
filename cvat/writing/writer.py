"""Makes and changes objects in CVAT: one method for each change that the portal makes."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from typing import Any

from cvat import frames as frame_numbers
from cvat import reading
from cvat.client import CvatClient
from cvat.exceptions import CvatNotFound, CvatRefused, Reason
from cvat.http import Call
from cvat.types import Job, Task
from cvat.writing import refusals
from cvat.writing.sending import Sender

UNCHANGED: Any = object()  # the default of a field that shall stay as it is


class CvatWriter:
    """Changes in CVAT, with a client whose credential may write. Safe for threads.

    Every method raises CvatError; a refusal is a CvatRefused, whose text says what to do. Methods
    named `ensure_` look first whether it is done already, and again after a lost answer: they can
    be repeated at any time, by another process too. The others send one request once.
    """

    def __init__(self, client: CvatClient) -> None:
        self._client = client
        self._sender = Sender(client)

    def check_permission(self) -> None:
        """CvatRefused if the credential is a read-only access token, CvatUnauthorized if CVAT does
        not accept it."""
        self._client.whoami()
        if self._sender.is_read_only():
            raise CvatRefused(refusals.READ_ONLY, Reason.NOT_PERMITTED)

    # Ground-truth jobs

    def create_ground_truth_job(
        self, task_id: int, frames: Sequence[int], *, assignee_id: int | None = None
    ) -> Job:
        """A new ground-truth job of these task frames (cvat-api 13.1)."""
        return self._create_ground_truth_job(self._client.task(task_id), frames, assignee_id)

    def ensure_ground_truth_job(
        self, task_id: int, frames: Sequence[int], *, assignee_id: int | None = None
    ) -> Job:
        """The ground-truth job of exactly these task frames, made if the task has none.
        CvatRefused with GROUND_TRUTH_EXISTS if it has one of other frames."""
        task = self._client.task(task_id)
        return self._sender.ensure(
            lambda: self._find_ground_truth(task_id, frames),
            lambda: self._create_ground_truth_job(task, frames, assignee_id),
        )

    def ground_truth_jobs(self, task_id: int) -> list[Job]:
        """The ground-truth jobs of a task: one or none."""
        return [job for job in self._client.jobs(task_id) if job.type == "ground_truth"]

    def ensure_job_deleted(self, job_id: int) -> None:
        """Delete a ground-truth job with its annotations, if it is there (cvat-api 13.2)."""
        self._sender.ensure(lambda: self._is_gone(job_id), lambda: self._delete_job(job_id))

    def _create_ground_truth_job(
        self, task: Task, frames: Sequence[int], assignee_id: int | None
    ) -> Job:
        body: dict[str, Any] = {
            "type": "ground_truth",
            "task_id": task.id,
            "frame_selection_method": "manual",
            "frames": list(frames),
        }
        if assignee_id is not None:
            body["assignee"] = assignee_id
        call = Call(
            "POST",
            "/api/jobs",
            f"the ground truth of task {task.id}",
            _in_organization(task),
            body=body,
        )
        answer = self._sender.send(
            call,
            names_assignee=assignee_id is not None,
            is_personal=task.organization_id is None,
        )
        return reading.job(answer.data)

    def _find_ground_truth(self, task_id: int, frames: Sequence[int]) -> Job | None:
        for job in self.ground_truth_jobs(task_id):
            meta = self._client.job_meta(job.id)
            if meta.included_sources is not None:
                held = frame_numbers.included_frames(meta)
                if sorted(held) == sorted(frames):
                    return job
            raise refusals.ground_truth_exists(is_list=meta.included_sources is not None)
        return None

    def _is_gone(self, job_id: int) -> bool | None:
        try:
            self._client.job(job_id)
        except CvatNotFound:
            return True
        return None

    def _delete_job(self, job_id: int) -> bool:
        with suppress(CvatNotFound):
            self._sender.send(Call("DELETE", f"/api/jobs/{job_id}", f"job {job_id}"))
        return True

    # Jobs

    def update_job(
        self,
        job_id: int,
        *,
        stage: str | None = None,
        state: str | None = None,
        assignee_id: int | None = UNCHANGED,
    ) -> Job:
        """Set the stage, the state and the assignee (None: nobody) of a job. A stage without a
        state sets the state to `new` (cvat-api 13.5). Repeated after a lost answer: to set the
        same values twice changes nothing."""
        body: dict[str, Any] = {}
        if stage is not None:
            body["stage"] = stage
        if state is not None:
            body["state"] = state
        if assignee_id is not UNCHANGED:
            body["assignee"] = assignee_id
        call = Call("PATCH", f"/api/jobs/{job_id}", f"job {job_id}", body=body)
        names_assignee = body.get("assignee") is not None

        def change() -> Job:
            # Whether the job is in an organization is not looked up: only the text of a refusal
            # depends on it, and in an organization nobody is refused for the assignee.
            answer = self._sender.send(call, names_assignee=names_assignee, is_personal=True)
            return reading.job(answer.data)

        return self._sender.ensure(lambda: None, change)


def _in_organization(task: Task) -> dict[str, int]:
    """The query of a request for an object of the task: without it a maintainer may be refused
    (cvat-api 3.3)."""
    return {} if task.organization_id is None else {"org_id": task.organization_id}

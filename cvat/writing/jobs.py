"""Ground-truth jobs made and deleted in CVAT, and stage, state and assignee of jobs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from cvat import frames as frame_numbers
from cvat import reading
from cvat.exceptions import CvatRefused, Reason
from cvat.http import Call
from cvat.types import Job, Task
from cvat.writing import refusals
from cvat.writing.writer import Writer, in_organization

UNCHANGED: Any = object()  # the default of a field that shall stay as it is


class JobWriter(Writer):
    """Makes and deletes ground-truth jobs, and changes any job."""

    def create_ground_truth_job(
        self, task_id: int, frames: Sequence[int], *, assignee_id: int | None = None
    ) -> Job:
        """A new ground-truth job of these task frames (cvat-api 13.1)."""
        return self._create_ground_truth_job(self._client.task(task_id), frames, assignee_id)

    def ensure_ground_truth_job(
        self, task_id: int, frames: Sequence[int], *, assignee_id: int | None = None
    ) -> Job:
        """The ground-truth job of exactly these task frames, made if the task has none.
        CvatRefused with GROUND_TRUTH_EXISTS if it has one of other frames, and if CVAT makes it of
        other frames."""
        task = self._client.task(task_id)

        def find() -> Job | None:
            return self._find_ground_truth(task_id, frames)

        def create() -> Job:
            try:
                return self._create_ground_truth_job(task, frames, assignee_id)
            except CvatRefused as error:
                # By an earlier request, which CVAT has carried out after its answer was given up.
                if error.reason is Reason.GROUND_TRUTH_EXISTS and (job := find()):
                    return job
                raise

        job = self._sender.ensure(find, create)
        if self._has_frames(job.id, frames) is False:  # CVAT before 2.21 (cvat-api 16.3)
            raise refusals.other_frames(job.id)
        return job

    def ground_truth_jobs(self, task_id: int) -> list[Job]:
        """The ground-truth jobs of a task: one or none."""
        return [job for job in self._client.jobs(task_id) if job.type == "ground_truth"]

    def ensure_job_deleted(self, job_id: int) -> None:
        """Delete a ground-truth job with its annotations, if it is there (cvat-api 13.2)."""
        self._ensure_deleted(f"/api/jobs/{job_id}", f"job {job_id}")

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
        assigns = body.get("assignee") is not None

        def is_personal() -> bool:
            return not self._organization_of_job(job_id)

        def change() -> Job:
            answer = self._sender.send(call, is_personal=is_personal if assigns else None)
            return reading.job(answer.data)

        return self._sender.ensure(lambda: None, change)

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
            in_organization(task),
            body=body,
        )
        answer = self._sender.send(
            call, is_personal=None if assignee_id is None else lambda: not in_organization(task)
        )
        return reading.job(answer.data)

    def _find_ground_truth(self, task_id: int, frames: Sequence[int]) -> Job | None:
        for job in self.ground_truth_jobs(task_id):
            has_frames = self._has_frames(job.id, frames)
            if has_frames:
                return job
            raise refusals.ground_truth_exists(is_list=has_frames is not None)
        return None

    def _has_frames(self, job_id: int, frames: Sequence[int]) -> bool | None:
        """Whether a ground-truth job was made from just these task frames. None if it was not made
        from a list."""
        meta = self._client.job_meta(job_id)
        if meta.included_sources is None:
            return None
        return sorted(frame_numbers.included_frames(meta)) == sorted(frames)

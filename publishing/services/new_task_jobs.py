"""The jobs of a new task: given to people, and checked by a ground-truth job."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from heapq import nsmallest
from typing import Any

from cvat.writing import JobWriter
from portal.work.exceptions import WorkFailed
from publishing.models import Publication
from publishing.new_task import NewTaskOptions
from publishing.new_task_requests import ground_truth_creation, job_assignment
from publishing.services.writing import Writing
from selections.sampling import rank_of_place


def check_replicas(writing: Writing, task_id: int) -> None:
    """Raises WorkFailed unless each annotation job has as many replicas as were asked for: another
    version of CVAT may know their number by another name, and ignores what it does not know
    (cvat-api 16.4)."""
    wanted = writing.publication.get_new_task_options().consensus_replicas
    if not wanted:
        return
    types = Counter(job.type for job in writing.client.jobs(task_id))
    annotation_jobs = types.pop("annotation", 0)
    replicas = types.total() - types["ground_truth"]
    if replicas != annotation_jobs * wanted:
        raise WorkFailed(
            f"CVAT made task {task_id} with {replicas:,} replicas, and "
            f"{annotation_jobs * wanted:,} were asked for ({wanted} of each job): this version of "
            "CVAT may not make them for the portal. Look at the task there; nothing was deleted."
        )


def assign(writing: Writing, task_id: int) -> None:
    """Give the jobs to people in turn, if that was asked for: replicas in place of the jobs that
    their results are merged into."""
    options, writer = writing.publication.get_new_task_options(), JobWriter(writing.client)
    change = job_assignment(task_id, assignees=len(set(options.job_assignee_ids)))
    if not options.job_assignee_ids or writing.publication.has_done(change):
        return
    has_replicas = options.consensus_replicas > 0
    jobs = [job for job in writing.client.jobs(task_id) if job.is_annotation != has_replicas]
    with writing.step(change):
        for number, job in enumerate(sorted(jobs, key=lambda job: (job.start_frame, job.id))):
            writing.heartbeat.check()
            writer.update_job(job.id, assignee_id=options.assignee_of_job(number))


def make_ground_truth(writing: Writing, task_id: int) -> None:
    """The ground-truth job, if that was asked for: of the frames of the lowest rank by the frames
    that they were made from, or, of files, by their own numbers. With honeypots CVAT has made it
    already."""
    publication = writing.publication
    options = publication.get_new_task_options()
    count = 0 if options.honeypots_per_job else options.ground_truth_count
    change = ground_truth_creation(task_id, frames_count=count)
    if not count or publication.has_done(change):
        return
    rows: Iterable[tuple[int, int, Any]]
    if publication.target == Publication.Target.FILES:
        rows = ((task_id, number, number) for number in range(publication.frames_total))
    else:
        rows = publication.published_frames.values_list("task_id", "frame", "new_frame")
    frames = sorted(new_frame for _, _, new_frame in drawn_for_ground_truth(options, rows))
    with writing.step(change):
        JobWriter(writing.client).ensure_ground_truth_job(task_id, frames)


def drawn_for_ground_truth(
    options: NewTaskOptions, rows: Iterable[tuple[int, int, Any]]
) -> list[tuple[int, int, Any]]:
    """The rows of the frames that are drawn for the ground truth: those of the lowest rank by task
    and frame, which each row begins with."""
    seed = options.ground_truth_seed
    return nsmallest(
        options.ground_truth_count, rows, key=lambda row: rank_of_place(row[0], row[1], seed)
    )

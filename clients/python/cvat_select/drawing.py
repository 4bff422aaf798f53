"""The options of `cvat-select draw`, and the fields of the API that they stand for."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import click

# Option, field of the amount, method.
AMOUNTS = (
    ("per_job", "frames_per_job_count", "random_per_job"),
    ("per_task", "frames_per_task_count", "random_per_task"),
    ("per_assignee", "frames_per_assignee_count", "random_per_assignee"),
    ("per_label", "frames_per_label_count", "balanced_by_label"),
    ("count", "frame_count", "random_uniform"),
    ("every", "frame_step", "every_nth"),
)
NUMBERS = ("project_id", "job_id", "saved_search", "first_frame", "last_frame", "random_seed")
WORDS = ("stage", "state", "assignee", "filename_contains", "filename_pattern")
NO_ASSIGNEE = "no assignee"  # instead of a user name
OPTIONS = (
    click.option("--project", "project_id", type=int, help="From all tasks of a project."),
    click.option("--task", "task_ids", type=int, multiple=True, help="From a task; repeatable."),
    click.option("--job", "job_id", type=int, help="From a job."),
    click.option(
        "--saved-search",
        type=int,
        help="From the tasks that a saved search finds now: its id, see `cvat-select searches`.",
    ),
    click.option("--per-job", type=int, help="So many frames of each job."),
    click.option("--per-task", type=int, help="So many frames of each task."),
    click.option("--per-assignee", type=int, help="So many frames of each assignee."),
    click.option("--per-label", type=int, help="So many frames of each label."),
    click.option("--count", type=int, help="So many frames in all."),
    click.option("--every", type=int, help="Every n-th frame."),
    click.option(
        "--label", "labels", multiple=True, help="Only frames with this label; repeatable: any."
    ),
    click.option("--stage", help="Only from jobs in this stage, such as acceptance."),
    click.option("--state", help="Only from jobs in this state, such as completed."),
    click.option("--assignee", help="Only from jobs of this person: the user name in CVAT."),
    click.option("--no-assignee", is_flag=True, help="Only from jobs that nobody is assigned to."),
    click.option("--filename", "filename_contains", help="Only names with each of these words."),
    click.option(
        "--filename-pattern", help="Only names like this pattern, such as '*_left.png', in quotes."
    ),
    click.option("--first-frame", type=int, help="Only frames from this number on, in each task."),
    click.option("--last-frame", type=int, help="Only frames up to this number, in each task."),
    click.option(
        "--without",
        "exclude_selections",
        type=int,
        multiple=True,
        help="Not the frames of this selection; repeatable.",
    ),
    click.option(
        "--not-in-task",
        "other_tasks",
        multiple=True,
        metavar="TASK",
        help="Not the images whose file name is in this task: its id, or its link in "
        "CVAT if it is on another server; repeatable.",
    ),
    click.option(
        "--same-name",
        type=click.Choice(["as_is", "base_name", "base_name_without_job_id"]),
        help="Which names --not-in-task takes for the same.",
    ),
    click.option("--seed", "random_seed", type=int, help="The same seed draws the same frames."),
    click.option("--name", default="", help="Name of the selection."),
)


def options(command: Callable[..., None]) -> Callable[..., None]:
    """Decorator: from what, how many, and which frames."""
    for option in reversed(OPTIONS):
        command = option(command)
    return command


def fields(**given: Any) -> dict[str, Any]:
    """The body of POST /api/selections. Raises UsageError unless one amount is named."""
    amounts = [each for each in AMOUNTS if given[each[0]] is not None]
    if len(amounts) != 1:
        names = ", ".join(f"--{option.replace('_', '-')}" for option, _, _ in AMOUNTS)
        raise click.UsageError(f"Say how many frames, by one of {names}.")
    [(option, amount, method)] = amounts
    body = {"frame_selection_method": method, amount: given[option]}
    for name in NUMBERS:
        if given[name] is not None:
            body[name] = given[name]
    for name in WORDS:
        if given[name]:
            body[name] = given[name]
    if given["no_assignee"]:
        if given["assignee"]:
            raise click.UsageError("Give either --assignee or --no-assignee.")
        body["assignee"] = NO_ASSIGNEE
    for name in ("task_ids", "exclude_selections"):
        if given[name]:
            body[name] = list(given[name])
    if given["other_tasks"]:
        tasks = [_other_task(text) for text in given["other_tasks"]]
        body["exclude_filenames"] = {"tasks": tasks, "match": given["same_name"] or "as_is"}
    elif given["same_name"]:
        raise click.UsageError("--same-name goes with --not-in-task.")
    if given["labels"]:
        body["annotation_filter"] = {"labels_any": list(given["labels"])}
    return body


def _other_task(text: str) -> dict[str, Any]:
    """The task that an id or a link such as https://cvat.example.com/tasks/7 names."""
    url, found, number = text.rpartition("/tasks/") if "/" in text else ("", "", text)
    number = number.partition("/")[0]
    if not (number.isascii() and number.isdecimal()) or ("/" in text and not found):
        raise click.UsageError(
            f'"{text}" is not a task: give its id, or a link such as '
            "https://cvat.example.com/tasks/7."
        )
    return {"task_id": int(number), **({"url": url} if url else {})}

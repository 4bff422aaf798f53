"""`cvat-select upload`: files become a new task in CVAT."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import click

from cvat_select import progress, terminal
from cvat_select.answers import Contents, Upload
from cvat_select.errors import Error
from cvat_select.portal import Portal
from cvat_select.terminal import connected_portal, say

LISTS = ("job_assignee_ids", "reviewer_ids")


@click.command()
@click.argument("path", type=click.Path(exists=True, path_type=Path))
@click.option(
    "--connection",
    metavar="CONNECTION",
    help="The CVAT server: id or name of a connection of yours; default: the one used last.",
)
@click.option("--name", help="Name of the task; default: that of the folder or the ZIP.")
@click.option("--project", "project_id", type=int, help="The project that the task is made in.")
@click.option("--new-project", help="Name of a project to make for it; goes with --labels.")
@click.option(
    "--labels",
    "label_schema",
    type=click.File(encoding="utf-8"),
    help="A file with the labels as JSON, as in CVAT's tab Raw; instead of --project.",
)
@click.option("--subset", help="Such as Train.")
@click.option("--frames-per-job", type=int, help="Default: all in one job.")
@click.option("--overlap", type=int, help="How many frames the next job has too.")
@click.option("--image-quality", type=int, help="1 to 100, of the pictures in CVAT's editor.")
@click.option(
    "--replicas", "consensus_replicas", type=int, help="How many people annotate each job."
)
@click.option(
    "--ground-truth", "ground_truth_count", type=int, help="Make a ground-truth job of so many."
)
@click.option(
    "--assignee",
    "assignee_id",
    type=int,
    metavar="ID",
    help="Who gets the task: the id of a user of CVAT. One who cannot get it is refused, with the "
    "names and ids of those who can.",
)
@click.option(
    "--job-assignee",
    "job_assignee_ids",
    type=int,
    multiple=True,
    metavar="ID",
    help="Who gets its jobs, by id; repeatable: in turn, the last one all that remain.",
)
@click.option(
    "--reviewer",
    "reviewer_ids",
    type=int,
    multiple=True,
    metavar="ID",
    help="Who gets its completed jobs when they are handed over in the portal, by id; repeatable: "
    "in turn.",
)
@click.option("--first-frame", "start_frame", type=int, help="Of a video: the first frame, from 0.")
@click.option("--last-frame", "stop_frame", type=int, help="Of a video: the last frame.")
@click.option("--every", "frame_step", type=int, help="Of a video: every n-th frame.")
@click.option(
    "--dry-run",
    is_flag=True,
    help="Upload to the portal, and show what would be sent to CVAT. Nothing changes there.",
)
def upload(path: Path, connection: str | None, dry_run: bool, **given: Any) -> None:
    """Make a new task in CVAT of the pictures in PATH, a folder or a ZIP, or of a video.

    The files go to the portal first. If that breaks off, the same command goes on.

    For example: cvat-select upload "Day 1" --project 4 --frames-per-job 100
    """
    fields = _fields(**given)
    portal = connected_portal()
    fields["connection"] = _connection_id(portal, connection)
    if not dry_run and not portal.may_write(fields["connection"]):
        raise Error(
            "The portal may not write to CVAT for you. Allow it first, for some days, at "
            f"{portal.url}/publications/connections/{fields['connection']}/permission."
        )
    with progress.of_upload() as on_upload:
        uploaded = portal.upload(path, on_progress=on_upload)
    contents = portal.contents(uploaded["id"])
    _tell_left_out(contents)
    for name in contents["cut_off"]:
        say(f"“{name}” has no end and may be cut off. CVAT takes it all the same.")
    if dry_run:
        for change in portal.plan_task_of_files(uploaded["id"], **fields):
            click.echo(f"{change['method']} {change['path']}\t{change['text']}")
    else:
        _make(portal, uploaded, fields)
    if contents["left_out_count"]:
        sys.exit(terminal.INCOMPLETE)


def _fields(**given: Any) -> dict[str, Any]:
    """The body of POST /api/uploads/{id}/new-task. Raises UsageError unless it is said which labels
    the task gets."""
    if (given["project_id"] is None) == (given["label_schema"] is None):
        raise click.UsageError("Say which labels the task gets: either --project or --labels.")
    if given["new_project"] and given["project_id"] is not None:
        raise click.UsageError("--new-project goes with --labels, not with --project.")
    if (file := given["label_schema"]) is not None:
        try:
            given["label_schema"] = json.load(file)
        except ValueError as error:
            raise click.UsageError(f"{file.name} is not JSON: {error}") from error
    for name in LISTS:
        given[name] = list(given[name]) or None
    return {name: value for name, value in given.items() if value is not None}


def _connection_id(portal: Portal, named: str | None) -> int:
    if named is None:
        last = portal.me()["default_connection"]
        if last is None:
            raise Error(f"You have no connection to CVAT yet. Make one at {portal.url}.")
        return last
    known = list(portal.connections())
    found = [each for each in known if named in (str(each["id"]), each["name"])]
    if len(found) != 1:
        listed = ", ".join(f"{each['id']} ({each['name'] or each['url']})" for each in known)
        how = "Several connections have" if found else "No connection of yours has"
        raise Error(f"{how} the id or name “{named}”. Give one of these ids: {listed or 'none'}.")
    return found[0]["id"]


def _tell_left_out(contents: Contents) -> None:
    for file in contents["left_out"]:
        say(f"Left out: “{file['path']}” {file['reason']}.")
    further = contents["left_out_count"] - len(contents["left_out"])
    if further:
        say(f"Left out: {further} more.")


def _make(portal: Portal, uploaded: Upload, fields: dict[str, Any]) -> None:
    publication = portal.make_task_of_files(uploaded["id"], **fields)
    say(
        f"Publication {publication['id']} makes the task, also if this command ends: "
        f"{portal.url}/publications/{publication['id']}"
    )
    done = portal.wait_for_task(publication)
    click.echo(f'Task {done["result_task_id"]} "{done["task_name"]}": {done["result_url"]}')

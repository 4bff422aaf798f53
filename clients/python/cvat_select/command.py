"""`cvat-select`: choose, save, build and download from a terminal or a script.

Exit codes: 0 done, 1 refused or failed (the sentence is on standard error), 2 wrong usage, 3 done,
but the ZIP is without some frames, or the task without some files.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from cvat_select import account, drawing, progress, terminal, uploading
from cvat_select.answers import Archive, Selection
from cvat_select.errors import Error
from cvat_select.portal import Portal
from cvat_select.terminal import connected_portal, say, table
from cvat_select.version import VERSION


class Group(click.Group):
    """Shows errors as their sentence."""

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except BrokenPipeError:
            raise  # click ends quietly when `head` has read enough
        except (Error, OSError) as error:
            raise click.ClickException(str(error)) from error


@click.group(cls=Group)
@click.version_option(VERSION)
def main() -> None:
    """Choose images in CVAT and get them with their annotations, through a CVAT Image Selector.

    Begin with `cvat-select connect ADDRESS`. CVAT_SELECT_URL and CVAT_SELECT_TOKEN take the place
    of what it keeps.
    """


main.add_command(uploading.upload)


@main.command()
@click.argument("address")
def connect(address: str) -> None:
    """Keep the ADDRESS of a portal and a token of yours.

    Make a token in the portal under "API tokens". It is asked for; a script writes it to standard
    input.
    """
    if sys.stdin.isatty():
        token = click.prompt("API token", hide_input=True)
    else:
        token = sys.stdin.readline()
    token = token.strip()
    me = Portal(address, token, on_wait=say).me()
    path = account.keep(account.Account(address, token))
    click.echo(f"Connected as {me['username']}; kept in {path}.")
    if not me["connections_count"]:
        say(f"You have no connection to CVAT yet. Make one at {address}.")


@main.command()
@click.option("--search", default="", help="Words in the name, or an id.")
@click.option("--project", "project_id", type=int, help="Only tasks of this project.")
def tasks(search: str, project_id: int | None) -> None:
    """List the tasks that CVAT shows you: id, images, jobs, project, name."""
    table(
        ("id", "images", "jobs", "project", "name"),
        (
            (row["id"], row["size"], row["jobs_count"], row["project_id"] or "-", row["name"])
            for row in connected_portal().tasks(search=search, project_id=project_id)
        ),
    )


@main.command()
def searches() -> None:
    """List your saved searches for tasks: id, CVAT server, name."""
    table(
        ("id", "server", "name"),
        ((row["id"], row["url"], row["name"]) for row in connected_portal().saved_searches()),
    )


@main.command()
@click.option("--search", default="", help="Words in the name or note.")
@click.option("--mine", is_flag=True, help="Only your own.")
def selections(search: str, mine: bool) -> None:
    """List saved selections: id, frames, method, owner, name."""
    filters: dict[str, Any] = {"search": search}
    if mine:
        filters["mine"] = "true"
    table(
        ("id", "frames", "method", "owner", "name"),
        (
            (
                row["id"],
                row["frames_count"],
                row["frame_selection_method"],
                row["owner"],
                row["name"],
            )
            for row in connected_portal().selections(**filters)
        ),
    )


def build_options(command: Callable[..., None]) -> Callable[..., None]:
    """Decorator: what is in the ZIP, and where it is put."""
    for option in (
        click.option(
            "--out",
            type=click.Path(path_type=Path),
            help="The file or folder for the ZIP.",
        ),
        click.option(
            "--no-pictures", is_flag=True, help="The annotations alone; goes with --format."
        ),
        click.option(
            "--format", "annotations", help="Format of the annotations, such as coco or yolo."
        ),
    ):
        command = option(command)
    return command


@main.command()
@drawing.options
@build_options
def draw(
    out: Path | None, annotations: str | None, no_pictures: bool, name: str, **given: Any
) -> None:
    """Draw frames, save them as a selection, and with --out get the ZIP.

    For example: cvat-select draw --project 4 --per-job 5 --label person --format coco --out r2.zip
    """
    options = _archive_options(out, annotations, no_pictures)
    fields = drawing.fields(**given)
    portal = connected_portal()
    selection = portal.save(name=name, **fields)
    _tell(selection)
    if out is not None:
        _build_and_download(portal, selection["id"], options, out)


@main.group()
def rounds() -> None:
    """Draw a recipe of the portal again and again, each time without the earlier frames."""


@rounds.command("list")
def list_recipes() -> None:
    """List your recipes: id, rounds, newest round, name."""
    table(
        ("id", "rounds", "newest", "name"),
        (
            (row["id"], row["rounds_count"], row["last_round_at"] or "-", row["name"])
            for row in connected_portal().recipes()
        ),
    )


@rounds.command("next")
@click.argument("recipe", type=int)
@build_options
def next_round(recipe: int, out: Path | None, annotations: str | None, no_pictures: bool) -> None:
    """Draw the next round of a RECIPE, and with --out get the ZIP."""
    options = _archive_options(out, annotations, no_pictures)
    portal = connected_portal()
    selection = portal.next_round(recipe)
    _tell(selection)
    if out is not None:
        _build_and_download(portal, selection["id"], options, out)


@main.command()
@click.argument("selection", type=int, required=False)
@click.option("--archive", type=int, help="A build to go on with, in place of a selection.")
@click.option(
    "--annotations-from",
    type=int,
    metavar="PUBLICATION",
    help="The results of a publication in place of the annotations of the tasks; goes with "
    "--format.",
)
@build_options
def download(
    selection: int | None,
    archive: int | None,
    annotations_from: int | None,
    out: Path | None,
    annotations: str | None,
    no_pictures: bool,
) -> None:
    """Build the ZIP of a SELECTION and download it.

    `--archive` takes a build that there is already; a download that broke off goes on.
    """
    if (selection is None) == (archive is None):
        raise click.UsageError("Name the id of a selection, or a build by --archive.")
    out = out or Path()
    options = _archive_options(out, annotations, no_pictures)
    if annotations_from is not None:
        if not annotations or selection is None:
            raise click.UsageError("--annotations-from goes with a selection and --format.")
        options["annotations_from"] = annotations_from
    portal = connected_portal()
    if selection is not None:
        _build_and_download(portal, selection, options, out)
    elif archive is not None:
        if options:
            raise click.UsageError("--format and --no-pictures go with a selection.")
        _download(portal, portal.archive(archive), out)


def _archive_options(
    out: Path | None, annotations: str | None, no_pictures: bool
) -> dict[str, Any]:
    if out is None and (annotations or no_pictures):
        raise click.UsageError("--format and --no-pictures go with --out.")
    if no_pictures and not annotations:
        raise click.UsageError("--no-pictures goes with --format.")
    options: dict[str, Any] = {}
    if annotations:
        options["annotations"] = annotations
    if no_pictures:
        options["pictures"] = False
    return options


def _build_and_download(
    portal: Portal, selection_id: int, options: dict[str, Any], out: Path
) -> None:
    archive = portal.build(selection_id, **options)
    say(
        f"Archive {archive['id']} is being built. If this ends, go on with: "
        f"cvat-select download --archive {archive['id']} --out {out}"
    )
    _download(portal, archive, out)


def _download(portal: Portal, archive: Archive, out: Path) -> None:
    with progress.of_build() as on_build:
        archive = portal.wait(archive, on_progress=on_build)
    with progress.of_download() as on_download:
        paths = portal.download(archive, out, on_progress=on_download)
    for path in paths:
        click.echo(str(path))
    if archive["problems_count"]:
        for problem in archive["problem_groups"]:
            say(f"Missing: {problem['frames']}: {problem['reason']}")
        say(f"{archive['problems_count']} frames are not in the ZIP.")
        sys.exit(terminal.INCOMPLETE)


def _tell(selection: Selection) -> None:
    seed = selection["random_seed"]
    drawn_with = "" if seed is None else f", seed {seed}"
    count, requested = selection["frames_count"], selection["frames_requested"]
    click.echo(f'Selection {selection["id"]} "{selection["name"]}": {count} frames{drawn_with}.')
    if requested is not None and count < requested:
        say(f"{requested} frames were asked for; there were too few, in some jobs or in all.")

"""What a user wants of selections and archives. Every rule about them is here, once."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.contrib.auth.models import User
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction

from selections import showing, tasks
from selections.models import Archive, SelectedFrame, Selection
from selector import services as selector
from selector.cvat.types import Frame, FrameCatalog
from selector.exceptions import Conflict, InvalidInput, NotConnected
from selector.models import Connection
from selector.services import DrawRequest

MOST_TASKS = 100  # each is a few requests to CVAT, while somebody waits


@dataclass(frozen=True, slots=True)
class Choice:
    """A frame as a person or script names it; CVAT says the rest."""

    task_id: int
    frame: int
    job_id: int | None = None


# --- keeping a choice --------------------------------------------------------------------------


def create_selection(
    *,
    owner: User,
    connection: Connection,
    choices: Iterable[Choice],
    name: str = "",
    note: str = "",
) -> Selection:
    """Keep frames chosen by hand. Names and sizes come from CVAT, never from the caller.

    Raises InvalidInput for a frame that does not exist or is deleted, CvatError.
    """
    choices = list(choices)
    _check_amount(len(choices))
    frames, tasks_named = _resolve(connection, choices)
    selection = Selection(frame_selection_method=Selection.Method.MANUAL, tasks=tasks_named)
    return _keep(selection, frames, owner=owner, connection=connection, name=name, note=note)


def create_random_selection(
    *,
    owner: User,
    connection: Connection,
    request: DrawRequest,
    choices: Iterable[Choice] | None = None,
    name: str = "",
    note: str = "",
) -> Selection:
    """Draw and keep; the same request, seed included, keeps the same frames again.

    `choices` are what a person ended with after that draw: if they are not just the frames drawn,
    the selection is by hand, and says from which draw it came.
    """
    draw = selector.draw(connection=connection, request=request)
    frames, named = draw.frames, [_task_name(draw.catalog)]
    selection = Selection(
        frame_selection_method=request.method, parameters=draw.parameters, random_seed=draw.seed
    )
    adjusted = set() if choices is None else {(each.task_id, each.frame) for each in choices}
    if adjusted and adjusted != {(frame.task_id, frame.frame) for frame in frames}:
        frames, named = _resolve(connection, [Choice(*each) for each in adjusted])
        selection = Selection(
            frame_selection_method=Selection.Method.MANUAL,
            parameters={"adjusted_from": draw.parameters | {"random_seed": draw.seed}},
        )
    _check_amount(len(frames))
    selection.tasks = named
    return _keep(selection, frames, owner=owner, connection=connection, name=name, note=note)


def copy_selection(*, user: User, selection: Selection) -> Selection:
    """A private copy of one's own; building still needs one's own connection."""
    same = (
        Connection.objects.for_user(user)
        .filter(url=selection.url, organization=selection.organization)
        .first()
    )
    copy = Selection(
        owner=user,
        connection=same,
        url=selection.url,
        organization=selection.organization,
        tasks=selection.tasks,
        name=f"Copy of {selection.name}"[:200],
        note=selection.note,
        frame_selection_method=selection.frame_selection_method,
        parameters=selection.parameters,
        random_seed=selection.random_seed,
    )
    with transaction.atomic():
        copy.save()
        _save_frames(copy, selection.frames.all().iterator(chunk_size=5000))
    return copy


def update_selection(*, selection: Selection, **changes: str) -> Selection:
    """Change name, note or visibility."""
    for field, value in changes.items():
        if field not in {"name", "note", "visibility"}:
            raise InvalidInput(f"{field} of a selection cannot be changed.")
        setattr(selection, field, value)
    _validate(selection)
    selection.save(update_fields=[*changes, "updated_at"])
    return selection


def delete_selection(*, selection: Selection) -> None:
    for archive in selection.archives.active():
        archive.cancel()
    selection.delete()


def _check_amount(count: int) -> None:
    if count == 0:
        raise InvalidInput("No frame is chosen. Choose at least one.")
    if count > settings.MAX_SELECTION_FRAMES:
        raise InvalidInput(
            f"{count:,} frames are more than a selection may hold "
            f"({settings.MAX_SELECTION_FRAMES:,}). Make several."
        )


def _resolve(
    connection: Connection, choices: list[Choice]
) -> tuple[list[Frame], list[dict[str, Any]]]:
    frames: list[Frame] = []
    named: list[dict[str, Any]] = []
    by_task: dict[int, list[Choice]] = {}
    for choice in choices:
        by_task.setdefault(choice.task_id, []).append(choice)
    if len(by_task) > MOST_TASKS:
        raise InvalidInput(
            f"{len(by_task):,} tasks are more than a selection may span ({MOST_TASKS}). "
            "Make several."
        )
    for task_id, wanted in sorted(by_task.items()):
        catalog = selector.load_catalog(connection=connection, task_id=task_id)
        named.append(_task_name(catalog))
        frames += _frames_of(catalog, wanted)
    return frames, named


def _frames_of(catalog: FrameCatalog, wanted: list[Choice]) -> list[Frame]:
    known = {frame.frame: frame for frame in catalog.frames}
    missing = sorted({choice.frame for choice in wanted} - known.keys())
    if missing:
        listed = ", ".join(map(str, missing[:10])) + (" …" if len(missing) > 10 else "")
        raise InvalidInput(
            f"Task {catalog.task_id} offers no frame {listed}: it does not exist, is deleted, "
            "or repeats another picture (honeypot)."
        )
    return [known[number] for number in sorted({choice.frame for choice in wanted})]


def _task_name(catalog: FrameCatalog) -> dict[str, Any]:
    return {"id": catalog.task_id, "name": catalog.task_name}


def _keep(
    selection: Selection,
    frames: list[Frame],
    *,
    owner: User,
    connection: Connection,
    name: str,
    note: str,
) -> Selection:
    selection.owner = owner
    selection.connection = connection
    selection.url = connection.url
    selection.organization = connection.organization
    selection.name = name.strip() or _made_up_name(selection, len(frames))
    selection.note = note.strip()
    _validate(selection)
    with transaction.atomic():
        selection.save()
        _save_frames(selection, frames)
    return selection


def _made_up_name(selection: Selection, count: int) -> str:
    names = ", ".join(str(task["name"]) for task in selection.tasks)
    return f"{names}: {count:,} frame{'s' if count != 1 else ''}"[-200:]


def _validate(selection: Selection) -> None:
    try:
        selection.full_clean()
    except ValidationError as error:
        problems = [
            f"{field}: {' '.join(messages)}" for field, messages in error.message_dict.items()
        ]
        raise InvalidInput(" ".join(problems)) from None


def _save_frames(selection: Selection, frames: Iterable[Frame | SelectedFrame]) -> None:
    rows = (
        SelectedFrame(
            selection=selection,
            task_id=frame.task_id,
            job_id=frame.job_id,
            frame=frame.frame,
            filename=frame.filename,
            width=frame.width,
            height=frame.height,
        )
        for frame in frames
    )
    SelectedFrame.objects.bulk_create(rows, batch_size=1000)


# --- building ----------------------------------------------------------------------------------


def request_archive(
    *,
    user: User,
    selection: Selection,
    quality: str = Archive.Quality.ORIGINAL,
    part_size: int = 0,
    video_format: str = Archive.VideoFormat.PNG,
    video_quality: int = 95,
) -> Archive:
    """Ask for a ZIP, or for several of at most `part_size` bytes each. `video_quality` (1 to 100)
    is that of JPEG.

    A build of this selection that is under way for this user already is answered instead of a
    second one; an earlier one that ended without all frames is taken over, so that only what is
    missing is fetched. Raises InvalidInput, NotConnected, Conflict.
    """
    options = _archive_options(quality, part_size, video_format, video_quality)
    running = Archive.objects.for_user(user).active().filter(selection=selection).first()
    if running is not None:
        return _same_or_conflict(running, options)
    archive = Archive(
        selection=selection,
        requested_by=user,
        connection=_connection_for(user, selection),
        options=options,
        continues=_unfinished(user, selection, options),
        frames_total=selection.frames.count(),
    )
    try:
        with transaction.atomic():
            archive.save()
            # Robust: without a broker the row waits, and is handed out once there is one.
            transaction.on_commit(lambda: tasks.build_archive.delay(archive.pk), robust=True)
    except IntegrityError:  # asked twice in the same moment; the constraint let one through
        running = Archive.objects.for_user(user).active().get(selection=selection)
        return _same_or_conflict(running, options)
    return archive


def retry_archive(*, user: User, archive: Archive) -> Archive:
    """The same again; what an unfinished try has fetched is not fetched again."""
    if archive.is_active:
        raise Conflict("This archive is still being built.")
    return request_archive(user=user, selection=archive.selection, **archive.options)


def _archive_options(
    quality: str, part_size: int, video_format: str, video_quality: int
) -> dict[str, Any]:
    if quality not in Archive.Quality.values:
        raise InvalidInput(f"quality must be one of {', '.join(Archive.Quality.values)}.")
    if video_format not in Archive.VideoFormat.values:
        raise InvalidInput(f"video_format must be one of {', '.join(Archive.VideoFormat.values)}.")
    if not 1 <= video_quality <= 100:
        raise InvalidInput("video_quality must be 1 to 100.")
    if part_size and part_size < Archive.SMALLEST_PART:
        raise InvalidInput(f"part_size must be 0 or at least {Archive.SMALLEST_PART:,} bytes.")
    return {
        "quality": quality,
        "part_size": part_size,
        "video_format": video_format,
        "video_quality": video_quality,
    }


def _unfinished(user: User, selection: Selection, options: dict[str, Any]) -> Archive | None:
    earlier = Archive.objects.for_user(user).may_continue().filter(selection=selection)
    last = earlier.filter(continued_by__isnull=True).first()
    return last if last is not None and last.options == options else None


def _same_or_conflict(running: Archive, options: dict[str, Any]) -> Archive:
    if running.options == options:
        return running
    raise Conflict(
        "An archive of this selection with other options is being built. "
        "Wait for it or cancel it first."
    )


def _connection_for(user: User, selection: Selection) -> Connection:
    """The asker's own way to the server of the selection: CVAT judges that person's rights."""
    connection = showing.closest(selection, Connection.objects.for_user(user))
    if connection is None:
        raise NotConnected(f"You are not connected to {selection.url}. Connect to it first.")
    return selector.find_connection(user=user, connection_id=connection.pk)


def cancel_archive(*, archive: Archive) -> Archive:
    """Give up a build. Raises Conflict when there is nothing left to give up."""
    if not archive.cancel():
        archive.refresh_from_db()
        raise Conflict(f"This archive is {archive.get_status_display()} and cannot be cancelled.")
    return archive

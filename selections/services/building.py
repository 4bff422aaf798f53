"""Having archives built from a selection."""

from __future__ import annotations

from itertools import chain, count
from typing import Any

from django.contrib.auth.models import User
from django.db import IntegrityError, transaction
from django.utils import timezone

from portal.exceptions import Conflict, InvalidInput, NotConnected, NotFound
from portal.services import works
from portal.work.models import lock_person
from selections import showing
from selections.archives.naming import archive_stem
from selections.models import Archive, Selection
from selections.services.limits import check_builds, check_room
from selector import services as selector
from selector.models import Connection


def request_archive(
    *,
    user: User,
    selection: Selection,
    quality: str = Archive.Quality.ORIGINAL,
    part_size: int = 0,
    video_format: str = Archive.VideoFormat.PNG,
    video_quality: int = 95,
    deleted_frames: str = Archive.DeletedFrames.DELIVER,
    named_after_selection: bool = True,
    part_files: int = 0,
    task_folders: bool = False,
) -> Archive:
    """Ask for a ZIP, or for several of at most `part_size` bytes and `part_files` files each.
    `video_quality` (1 to 100) is that of JPEG. `task_folders` puts the frames into a folder of
    their task also where there is one task only. The file is called after the selection, or
    `cvat_images_<time>.zip`.

    A build of this selection that is under way for this user already is answered instead of a
    second one; an earlier one that ended without all frames is taken over, so that only what is
    missing is fetched. Raises InvalidInput, NotConnected, Conflict, TooManyBuilds.
    """
    options = _archive_options(quality, part_size, video_format, video_quality)
    options |= _rare_options(deleted_frames, part_files, is_in_folders=task_folders)
    running = Archive.objects.for_user(user).active().filter(selection=selection).first()
    if running is not None:
        return _same_or_conflict(running, options)
    check_room(user=user)
    archive = Archive(
        selection=selection,
        selection_name=selection.name,
        requested_by=user,
        connection=_connection_for(user, selection),
        options=options,
        continues=_unfinished(user, selection, options),
        frames_total=selection.frames.count(),
    )
    stem = archive_stem(selection.name) if named_after_selection else "cvat_images"
    try:
        with transaction.atomic():
            lock_person(user.pk)  # of two requests at once, the second counts the first
            check_builds(user=user)
            archive.file_stem = _free_stem(user, stem)
            archive.save()
            # Robust: without a broker the row waits, and is handed out once there is one.
            transaction.on_commit(archive.send, robust=True)
    except IntegrityError:  # asked twice in the same moment; the constraint let one through
        running = Archive.objects.for_user(user).active().get(selection=selection)
        return _same_or_conflict(running, options)
    return archive


def retry_archive(*, user: User, archive: Archive) -> Archive:
    """The same again; what an unfinished try has fetched is not fetched again."""
    if archive.is_active:
        raise Conflict("This archive is still being built.")
    visible = Selection.objects.for_user(user)
    selection = visible.filter(archives=archive).first()
    if selection is None:
        raise NotFound(
            "The selection of this archive was deleted or is no longer shared with you, so it "
            "cannot be built again."
        )
    return request_archive(
        user=user,
        selection=selection,
        named_after_selection=not archive.file_stem.startswith("cvat_images_"),
        **archive.options,
    )


def _free_stem(user: User, stem: str) -> str:
    """The stem with the time, and a number when the user has an archive of that name already."""
    # In the zone of the portal: a name must not depend on who looks.
    now = timezone.localtime(timezone=timezone.get_default_timezone())
    stem = f"{stem}_{now:%Y%m%d_%H%M%S}"
    own = Archive.objects.filter(requested_by=user, file_stem__istartswith=stem)
    taken = {each.casefold() for each in own.values_list("file_stem", flat=True)}
    numbered = (f"{stem}_{number}" for number in count(2))
    return next(each for each in chain([stem], numbered) if each.casefold() not in taken)


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


def _rare_options(deleted_frames: str, part_files: int, *, is_in_folders: bool) -> dict[str, Any]:
    """Those that are not as usual: archives from before these options existed equal the usual."""
    if deleted_frames not in Archive.DeletedFrames.values:
        choices = ", ".join(Archive.DeletedFrames.values)
        raise InvalidInput(f"deleted_frames must be one of {choices}.")
    if part_files and part_files < Archive.FEWEST_FILES:
        raise InvalidInput(f"part_files must be 0 or at least {Archive.FEWEST_FILES:,}.")
    options: dict[str, Any] = {}
    if deleted_frames != Archive.DeletedFrames.DELIVER:
        options["deleted_frames"] = deleted_frames
    if part_files:
        options["part_files"] = part_files
    if is_in_folders:
        options["task_folders"] = True
    return options


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
    connection = showing.closest(selection, showing.usable_connections(user)) or showing.closest(
        selection, Connection.objects.for_user(user)
    )
    if connection is None:
        raise NotConnected(f"You are not connected to {selection.url}. Connect to it first.")
    return selector.find_connection(user=user, connection_id=connection.pk)


def cancel_archive(*, archive: Archive) -> Archive:
    """Give up a build. Raises Conflict when there is nothing left to give up."""
    works.cancel(work=archive)
    return archive

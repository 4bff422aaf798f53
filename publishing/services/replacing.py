"""Which frames of a new task get the pictures of an upload, found before the task is asked for."""

from __future__ import annotations

from collections.abc import Sequence
from threading import Event

from django.contrib.auth.models import User

from cvat.pictures import possible_sizes
from portal.caching import cache_get, cache_set
from portal.exceptions import Conflict, InvalidInput
from publishing.change import LEAVE_OUT
from publishing.exceptions import ChoiceNeeded
from publishing.models import Upload
from publishing.new_task import NewTaskOptions
from publishing.replacing import (
    KEEP_ORIGINAL,
    ReplaceableFrame,
    ReplacedFrame,
    Replacements,
    match,
)
from publishing.services.files_checking import CONTENTS_SECONDS, find_contents
from publishing.services.task_checking import NewTaskCheck
from publishing.services.uploads import UPLOAD_GONE, UPLOAD_IN_USE
from publishing.stored_files import (
    HEAD_BYTES,
    BrokenFile,
    UploadedPicture,
    read_heads,
    read_pictures,
)
from publishing.upright import upright_size
from selections.archives import frame_rows
from selections.archives.own_names import as_requested
from selections.models import Selection

NAMED = 5  # in a sentence
SIZES = "sizes-in-upload:{file_name}"


def find_replaced(
    *, user: User, selection: Selection, check: NewTaskCheck, options: NewTaskOptions
) -> list[ReplacedFrame]:
    """The frames whose pictures are replaced, by task and frame; none without an upload. Each
    picture must have the size of the one that it replaces.

    Raises InvalidInput for an upload that the user does not have or that does not fit, ChoiceNeeded
    for frames without a picture in it, Conflict, CvatError.
    """
    if options.replacement_upload_id is None:
        if options.unreplaced_frames:
            raise InvalidInput(
                "Without pictures that replace others there is nothing to say about the others.",
                in_api="no `unreplaced_frames`",
            )
        return []
    upload = Upload.objects.for_user(user).filter(pk=options.replacement_upload_id).first()
    if upload is None:
        raise InvalidInput(
            "You have no such upload. The portal removes an upload once it is used, or after some "
            "days. Upload the pictures again.",
            in_api="`replacement_upload_id`",
        )
    if upload.publications.active().exists():
        raise Conflict(UPLOAD_IN_USE)
    contents = find_contents(upload=upload)
    if not contents.pictures:
        raise InvalidInput("There is no picture in this upload that CVAT takes.")
    frames = _frames(user, selection, check, options)
    replacements = match(frames, contents.pictures)
    _check_matched(replacements, options)
    _check_sizes(upload, frames, replacements)
    return [
        ReplacedFrame(*frame.place, replacements.pictures[frame.place].number)
        for frame in frames
        if frame.place in replacements.pictures
    ]


def _frames(
    user: User, selection: Selection, check: NewTaskCheck, options: NewTaskOptions
) -> list[ReplaceableFrame]:
    """Those that the new task, or the new tasks, will have."""
    named = as_requested(
        selection,
        revision=selection.revision,
        user=user,
        connection=check.connection,
        stop=Event(),
    )
    left_out = check.deleted.places if options.deleted_frames == LEAVE_OUT else frozenset()
    return [
        ReplaceableFrame(frame.task_id, frame.frame, frame.filename, width, height)
        for frame, width, height in frame_rows.sized(named)
        if (frame.task_id, frame.frame) not in left_out
    ]


def _check_matched(replacements: Replacements, options: NewTaskOptions) -> None:
    """Raises InvalidInput, ChoiceNeeded."""
    remaining, unused = replacements.remaining, replacements.unused
    if not replacements.pictures:
        raise InvalidInput(
            f"None of the pictures in the upload ({_listed(unused)}) has the name of a frame "
            f"({_listed([frame.names[-1] for frame in remaining])}). Name each like the picture "
            "that it replaces, as in an archive of the selection."
        )
    if not remaining:
        return
    if options.unreplaced_frames != KEEP_ORIGINAL:
        raise ChoiceNeeded(
            f"{_count(len(remaining), 'frame has', 'frames have')} no picture in the upload: "
            f"{_listed([frame.names[-1] for frame in remaining])}. Add their pictures, or say that "
            "the originals of these are uploaded.",
            in_api="`unreplaced_frames`: `original`",
        )
    if unused:
        raise InvalidInput(
            f"{_count(len(unused), 'picture has', 'pictures have')} the name of no frame, or one "
            f"that fits several: {_listed(unused)}. As other frames go up with their originals, "
            "such a picture may be meant for one of them. Rename it, or leave it out of the upload."
        )


def _check_sizes(
    upload: Upload, frames: Sequence[ReplaceableFrame], replacements: Replacements
) -> None:
    """Raises InvalidInput for pictures of another size than that of their frames, Conflict."""
    sizes = _sizes(upload, list(replacements.pictures.values()))
    wrong = []
    for frame in frames:
        picture = replacements.pictures.get(frame.place)
        allowed = possible_sizes(frame.width, frame.height, is_of_video=not frame.filename)
        if picture is None or not allowed:
            continue
        size = sizes[picture.number]
        if size not in allowed:
            has = "no size that can be read" if size is None else f"{size[0]} × {size[1]}"
            wrong.append(f"{picture.path} ({has}, its frame {frame.width} × {frame.height})")
    if wrong:
        raise InvalidInput(
            f"{_count(len(wrong), 'picture has', 'pictures have')} another size than the original: "
            f"{_listed(wrong)}. Annotations are places in pixels, so they would be wrong. Save the "
            "pictures in the size of the originals."
        )


def _sizes(
    upload: Upload, pictures: Sequence[UploadedPicture]
) -> dict[int, tuple[int, int] | None]:
    """The size of each picture as CVAT would show it, by number. Raises Conflict."""
    key = SIZES.format(file_name=upload.file_name)
    sizes: dict[int, tuple[int, int] | None] = cache_get(key) or {}
    unknown = [picture for picture in pictures if picture.number not in sizes]
    if not unknown:
        return sizes
    stored = upload.stored
    try:
        for picture, file in read_heads(stored, unknown):
            sizes[picture.number] = upright_size(file)
        further_on = [
            each for each in unknown if sizes[each.number] is None and each.size > HEAD_BYTES
        ]
        for picture, file in read_pictures(stored, further_on):
            sizes[picture.number] = upright_size(file)
    except FileNotFoundError:
        raise Conflict(UPLOAD_GONE) from None
    except BrokenFile as error:
        raise InvalidInput(str(error)) from None
    cache_set({key: sizes}, CONTENTS_SECONDS)
    return sizes


def _count(count: int, one: str, many: str) -> str:
    return f"{count:,} {one if count == 1 else many}"


def _listed(names: Sequence[str]) -> str:
    more = f" and {len(names) - NAMED:,} more" if len(names) > NAMED else ""
    return ", ".join(name[:200] for name in names[:NAMED]) + more

"""Uploads to the portal: begun, continued, removed."""

from __future__ import annotations

import fcntl
import hashlib
import json
import logging
import os
import shutil
import uuid
from collections.abc import Iterable, Mapping, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

from django.conf import settings
from django.contrib.auth.models import User
from django.db import IntegrityError, transaction
from django.db.models import Sum
from django.utils import timezone

from portal.database import lock_until_commit
from portal.exceptions import Conflict, FolderUnusable, InvalidInput, LimitReached
from portal.housekeeping import for_each
from portal.sizes import size_in_words
from portal.work.values import WorkStatus
from publishing.exceptions import WrongOffset
from publishing.models import Upload
from publishing.upload_names import why_not_a_path

logger = logging.getLogger(__name__)

MOST_FILES = 50_000  # of an upload, with those that CVAT does not get
LARGEST_PIECE = 8 * 2**20  # bytes of one request
UNFINISHED = 20  # uploads of one person
FOLDER = "uploads"  # in sentences
ROOM = "room for uploads"  # the lock of whoever counts them
# A file on disk without a row is one that is being made, unless it is older than this.
STRAY_AFTER = timedelta(hours=1)

UPLOAD_IN_USE = "A task is being made of these files. Wait for it, or cancel it first."
UPLOAD_GONE = "The portal does not have this upload any more. Delete it and begin again."


def begin_upload(
    *, user: User, name: str, files: Sequence[Mapping[str, Any]]
) -> tuple[Upload, bool]:
    """The upload of these files, and whether it is new: the same list again is the upload that was
    begun, to go on with. Each of the files has `path`, `size` in bytes, and perhaps `modified`,
    by which a file that was changed is told from what it was.

    Raises InvalidInput, Conflict when there is no room for one person or for all, FolderUnusable.
    """
    _check_files(files)
    fingerprint = hashlib.sha256(json.dumps([name, list(files)]).encode()).hexdigest()
    own = Upload.objects.for_user(user)
    if (begun := own.filter(fingerprint=fingerprint).first()) is not None:
        return begun, False
    size = sum(file["size"] for file in files)
    _check_size(size)
    _check_disk(size)
    upload = Upload(
        owner=user,
        name=name,
        files=[[file["path"], file["size"]] for file in files],
        files_count=len(files),
        size=size,
        fingerprint=fingerprint,
        file_name=f"{uuid.uuid4().hex}.upload",
        expires_at=_expiry(),
    )
    try:
        _save_with_file(upload)
    except IntegrityError:  # begun twice in the same moment
        begun = own.filter(fingerprint=fingerprint).first()
        if begun is None:
            raise
        return begun, False
    return upload, True


def _save_with_file(upload: Upload) -> None:
    """Save a new upload with an empty file on disk; neither is there after an error. Raises
    IntegrityError, Conflict, FolderUnusable."""
    try:
        upload.path.parent.mkdir(parents=True, exist_ok=True)
        upload.path.touch(mode=0o600, exist_ok=False)
    except OSError as error:
        raise FolderUnusable(FOLDER, reason=str(error.strerror)) from error
    try:
        with transaction.atomic():
            # Of two requests at once, of one person or of two, the second counts the first.
            lock_until_commit(ROOM)
            _check_room(upload.owner, upload.size)
            upload.save()
    except BaseException:
        upload.path.unlink(missing_ok=True)
        raise


def append_piece(*, upload: Upload, offset: int, piece: bytes) -> Upload:
    """Add the bytes that follow the first `offset` ones. A piece may be sent again: what is here
    already is not added twice.

    Raises InvalidInput, WrongOffset, Conflict when the portal has removed the upload,
    FolderUnusable.
    """
    if not piece:
        raise InvalidInput("The piece is empty. Send the bytes as the body of the request.")
    if offset + len(piece) > upload.size:
        raise InvalidInput(
            f"The piece goes beyond the end: the files have {upload.size:,} bytes together, and "
            f"this is {len(piece):,} bytes from {offset:,} on."
        )
    own = Upload.objects.for_list().filter(pk=upload.pk)
    try:
        with upload.path.open("r+b", buffering=0) as file:
            # One piece at a time: a request whose body took long to arrive must not write over
            # what others have added meanwhile.
            fcntl.flock(file, fcntl.LOCK_EX)
            _check_offset(upload, offset)
            _check_disk(len(piece))
            _write(file.fileno(), piece, offset)
            own.update(received=offset + len(piece), expires_at=_expiry())
    except FileNotFoundError:
        raise Conflict(UPLOAD_GONE) from None
    except OSError as error:
        raise FolderUnusable(FOLDER, reason=str(error.strerror)) from error
    if (now := own.first()) is None:
        raise Conflict(UPLOAD_GONE)
    return now


def remove_upload(*, upload: Upload) -> None:
    """Remove the files from the portal. Raises Conflict while a task is made of them."""
    if upload.publications.active().exists():
        raise Conflict(UPLOAD_IN_USE)
    discard_upload(upload=upload)


def discard_upload(*, upload: Upload) -> None:
    """Remove the files from the portal, whatever is made of them."""
    upload.path.unlink(missing_ok=True)
    upload.delete()


def remove_used_upload(publication_id: int) -> None:
    """Remove the files of a publication that CVAT has, or that was cancelled. Those of one that
    failed wait for another try."""
    for upload in Upload.objects.for_list().used().filter(publications=publication_id).distinct():
        if not _waits_for_another_try(upload):
            discard_upload(upload=upload)


def clear_uploads() -> None:
    """Remove uploads that nobody went on with, those that were used, and files on disk that belong
    to none."""
    uploads = Upload.objects.for_list()
    used = [each for each in uploads.used().distinct() if not _waits_for_another_try(each)]
    for_each((*uploads.unused().expired(), *used), lambda upload: discard_upload(upload=upload))
    limit = (timezone.now() - STRAY_AFTER).timestamp()
    for path in Path(settings.UPLOADS_DIR).glob("*.upload"):
        is_known = Upload.objects.filter(file_name=path.name).exists()
        if not is_known and path.stat().st_mtime < limit:
            logger.info("the file %s belongs to no upload and is removed", path.name)
            path.unlink(missing_ok=True)


def _waits_for_another_try(upload: Upload) -> bool:
    """Whether what was made of the files last has failed, or one of several tasks that were asked
    for together."""
    last = upload.publications.order_by("-pk").first()
    return last is not None and any(
        each.status == WorkStatus.FAILED for each in last.asked_together()
    )


def _check_files(files: Sequence[Mapping[str, Any]]) -> None:
    if not files:
        raise InvalidInput("Name at least one file.")
    if len(files) > MOST_FILES:
        raise InvalidInput(f"At most {MOST_FILES:,} files can be uploaded at once. Divide them.")
    if not any(file["size"] for file in files):
        raise InvalidInput("The files are empty: there is nothing to upload.")
    _check_paths(file["path"] for file in files)


def _check_paths(paths: Iterable[str]) -> None:
    known: set[str] = set()
    for path in paths:
        if why := why_not_a_path(path):
            raise InvalidInput(f"The file “{path[:200]}” {why}. Rename it, or leave it out.")
        if path in known:
            raise InvalidInput(f"The file “{path}” is named twice. Name each file once.")
        known.add(path)


def _check_size(size: int) -> None:
    """Raises InvalidInput."""
    most = min(settings.UPLOADS_BYTES_PER_PERSON, settings.UPLOADS_MAX_BYTES)
    if size > most:
        raise InvalidInput(
            f"The files have {size_in_words(size)}, and {size_in_words(most)} can be uploaded at "
            "once here. Upload a part of them, or ask the operator of the portal for room."
        )


def _check_room(user: User, size: int) -> None:
    """Raises LimitReached, and Conflict when other uploads take the room."""
    own, everybody = Upload.objects.for_user(user), Upload.objects.all()
    if own.count() >= UNFINISHED:
        raise LimitReached(
            f"{UNFINISHED} of your uploads are here, which is as many as one person may have. "
            "Delete one that you no longer need, then try again."
        )
    most, whole = settings.UPLOADS_BYTES_PER_PERSON, settings.UPLOADS_MAX_BYTES
    if _bytes_of(own) + size > most:
        raise LimitReached(
            f"With these files, your uploads would take more than the {size_in_words(most)} that "
            "each person may have here. Delete one that you no longer need, then try again."
        )
    if _bytes_of(everybody) + size > whole:
        raise Conflict(
            "The portal has no room for these files now, because of other uploads. Try again "
            "later, or ask the operator of the portal for room."
        )


def _bytes_of(uploads: Any) -> int:
    return uploads.aggregate(n=Sum("size"))["n"] or 0


def _check_disk(size: int) -> None:
    """Raises FolderUnusable."""
    folder = Path(settings.UPLOADS_DIR)
    existing = next(each for each in (folder, *folder.parents) if each.exists())
    disk = shutil.disk_usage(existing)
    if size > disk.free - min(settings.DISK_RESERVE_BYTES, disk.total // 10):
        raise FolderUnusable(FOLDER, reason="the disk is full")


def _check_offset(upload: Upload, offset: int) -> None:
    """Raises WrongOffset, Conflict when the portal has removed the upload."""
    rows = Upload.objects.filter(pk=upload.pk)
    received = rows.values_list("received", flat=True).first()
    if received is None:
        raise Conflict(UPLOAD_GONE)
    if received != offset:
        raise WrongOffset(received)


def _write(number: int, piece: bytes, offset: int) -> None:
    rest = memoryview(piece)
    while rest:
        written = os.pwrite(number, rest, offset)
        rest, offset = rest[written:], offset + written
    os.fsync(number)  # what is said to be here is here after a crash


def _expiry() -> Any:
    return timezone.now() + timedelta(days=settings.UPLOAD_DAYS)

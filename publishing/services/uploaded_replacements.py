"""The uploaded pictures of a new task that stand in place of those of its frames."""

from __future__ import annotations

import io
from collections.abc import Iterator
from typing import IO, cast

from portal.exceptions import PortalError
from portal.work.exceptions import WorkFailed
from publishing.models import Publication, Upload
from publishing.services.files_checking import find_contents
from publishing.stored_files import BrokenFile, UploadedPicture, read_pictures
from publishing.uploaded_pictures import Contents
from selections.archives import pieces
from selections.archives.entries import WantedFrame

PICTURES_GONE = "The portal does not have the uploaded pictures any more. Upload them again."


def find_upload(publication: Publication) -> tuple[Upload, Contents]:
    """The upload of a publication, and what is in it. Raises WorkFailed if it is gone."""
    upload = publication.upload_of_files
    if upload is None:
        raise WorkFailed(PICTURES_GONE)
    try:
        return upload, find_contents(upload=upload)
    except PortalError as error:
        raise WorkFailed(str(error)) from error


class UploadedReplacements:
    """The pictures of the upload of a publication, for the frames that they replace. Raises
    WorkFailed if the upload is gone."""

    def __init__(self, publication: Publication) -> None:
        self._numbers = {each.place: each.number for each in publication.replaced}
        self._pictures = self._read(publication) if self._numbers else iter(())

    def has(self, frame: WantedFrame) -> bool:
        return (frame.task_id, frame.frame) in self._numbers

    def picture(self, frame: WantedFrame) -> pieces.Picture:
        """The picture in place of that of a frame. To be asked for in the order of the frames.
        Raises WorkFailed."""
        number = self._numbers[frame.task_id, frame.frame]
        try:
            for picture, file in self._pictures:
                if picture.number == number:
                    return pieces.Picture(cast(io.BufferedIOBase, file), picture.size, None)
        except BrokenFile as error:
            raise WorkFailed(f"{error} No task was made.") from error
        except FileNotFoundError as error:
            raise WorkFailed(PICTURES_GONE) from error
        raise WorkFailed("The uploaded pictures have changed. No task was made. Ask again.")

    def _read(self, publication: Publication) -> Iterator[tuple[UploadedPicture, IO[bytes]]]:
        upload, contents = find_upload(publication)
        known = {each.number: each for each in contents.pictures}
        pictures = [known[number] for number in self._numbers.values()]
        return read_pictures(upload.stored, pictures)

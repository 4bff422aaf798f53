"""What a new task of uploaded files would be, before anything is changed in CVAT."""

from __future__ import annotations

import posixpath
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.contrib.auth.models import User as PortalUser

from cvat.writing import NewTask
from portal.caching import cache_get, cache_set
from portal.exceptions import Conflict, InvalidInput
from publishing.change import Change
from publishing.exceptions import ChoiceNeeded
from publishing.label_sets import LabelSet
from publishing.models import Upload
from publishing.new_task import MOST_FRAMES, NewTaskOptions
from publishing.new_task_requests import video_upload
from publishing.replacing import ReplacedFrame
from publishing.services.task_checking import NewTaskCheck, NewTaskPart
from publishing.services.task_places import find_place, organization_id
from publishing.services.uploads import UPLOAD_GONE
from publishing.uploaded_pictures import BadUpload, Contents, sort_files
from selections.services.deleted_frames import Deletions
from selector.cvat_requests import cvat_client
from selector.models import Connection

# The contents of a whole upload never change.
CONTENTS, CONTENTS_SECONDS = "contents-of-upload:{file_name}", 3600


@dataclass(frozen=True, slots=True)
class FilesCheck(NewTaskCheck):
    """As a check of a selection, of a task without a source: `contents` has the pictures, or the
    video, whose frames CVAT counts."""

    contents: Contents

    def check_choices(self, options: NewTaskOptions) -> None:
        """Raises ChoiceNeeded, InvalidInput."""
        if options.project_id is None and not options.label_schema:
            raise ChoiceNeeded(
                "Say which labels the task gets: choose a project, or give labels of its own.",
                in_api="`project_id` or `label_schema`",
            )
        if options.honeypots_per_job:
            raise InvalidInput(
                "A task of uploaded files is made without honeypots. Leave them out.",
                in_api="`honeypots_per_job`",
            )
        is_of_part = options.start_frame or options.stop_frame is not None or options.frame_step > 1
        if is_of_part and self.contents.video is None:
            raise InvalidInput(
                "These are pictures, and all of them become frames. A first frame, a last frame "
                "and a step are for a video.",
                in_api="`start_frame`, `stop_frame`, `frame_step`",
            )
        if options.stop_frame == 0:
            raise InvalidInput(
                "CVAT takes 0 as the last frame for the end of the video. Give a later one, "
                "or none for the end.",
                in_api="`stop_frame`",
            )
        if options.stop_frame is not None and options.stop_frame < options.start_frame:
            raise InvalidInput(
                "The last frame comes before the first one. Give a later one, or none.",
                in_api="`start_frame`, `stop_frame`",
            )
        NewTaskCheck.check_choices(self, options)

    def _check_counts(self, options: NewTaskOptions) -> None:
        if self.contents.video is None:
            NewTaskCheck._check_counts(self, options)

    def _task(self, options: NewTaskOptions, made_with: Mapping[str, Any]) -> NewTask:
        return options.task(**made_with, is_video=self.contents.video is not None)

    def _upload(self, part: NewTaskPart, replaced: Sequence[ReplacedFrame]) -> Change:
        if (video := self.contents.video) is None:
            return NewTaskCheck._upload(self, part, replaced)
        return video_upload(None, name=posixpath.basename(video.path), options=part.options)


def find_contents(*, upload: Upload) -> Contents:
    """Which of the uploaded files are pictures for CVAT, and why the others are not.

    Raises Conflict for an upload that is not whole, or that the portal does not have any more,
    InvalidInput for one that nothing can be made of.
    """
    if not upload.is_whole:
        raise Conflict(
            f"The upload is not whole yet: {upload.received:,} of {upload.size:,} bytes are here. "
            "Go on with it first."
        )
    key = CONTENTS.format(file_name=upload.file_name)
    if (known := cache_get(key)) is not None:
        contents: Contents = known
        return contents
    try:
        contents = sort_files(upload.stored, most_bytes=settings.UPLOADS_BYTES_PER_PERSON)
    except BadUpload as error:
        raise InvalidInput(str(error)) from None
    except OSError:
        raise Conflict(UPLOAD_GONE) from None
    cache_set({key: contents}, CONTENTS_SECONDS)
    return contents


def check_files(
    *, user: PortalUser, upload: Upload, connection: Connection, project_id: int | None = None
) -> FilesCheck:
    """Ask CVAT through the connection; nothing is changed. `project_id`: the project that the task
    is to be made in; else it will be in the organization of the connection.

    Raises what find_contents() raises, InvalidInput for files without a picture or with too many of
    them, or for a project that the user does not see, CvatError.
    """
    contents = find_contents(upload=upload)
    count = len(contents.pictures)
    if not count and contents.video is None:
        raise InvalidInput(_nothing(contents))
    if count > MOST_FRAMES:
        raise InvalidInput(
            f"A task made here has at most {MOST_FRAMES:,} pictures, and these are {count:,}. "
            "Divide them."
        )
    with cvat_client(connection) as client:
        number = organization_id(client, connection.organization)
        projects = client.projects()
        return FilesCheck(
            connection=connection,
            tasks=(),
            frames_count=count,
            deleted=Deletions(frozenset(), []),
            label_sets=(LabelSet((), (), count, 0),),
            organization=connection.organization,
            project=None,
            projects=projects.results,
            projects_count=projects.count,
            place=find_place(client, number, connection.organization, project_id),
            contents=contents,
        )


def _nothing(contents: Contents) -> str:
    if not contents.left_out:
        return "There is no file in this upload. Upload pictures."
    first = contents.left_out[0]
    return (
        f"There is no picture in this upload that CVAT takes. “{first.path[:200]}” {first.reason}."
    )

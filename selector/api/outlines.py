"""The API of outlines: what is annotated on many frames, for thumbnails."""

from __future__ import annotations

import re
from typing import Any

from rest_framework import serializers
from rest_framework.response import Response

from portal.api.choices import ChoiceField
from portal.api.fields import MAX_ID, IdField
from portal.api.strict import takes
from portal.signed_in import SignedInApiRequest
from selector.api.frame_annotations import SublabelSerializer
from selector.api.serializers import ConnectionQuerySerializer
from selector.api.workspace import NOT_STORED, WorkspaceView
from selector.services import outlines
from selector.services.outlines import AREA, DOTS, LINE, MOST_FRAMES, FrameOutlines

LONGEST_LIST = 2000  # characters
_RANGES = re.compile(r"[0-9]{1,16}(-[0-9]{1,16})?(,[0-9]{1,16}(-[0-9]{1,16})?)*")


class FrameNumbersField(serializers.CharField):
    """Task frames as text, such as "10-40,77"."""

    default_error_messages = {
        "frames": "must be task frames, such as 10-40,77.",
        "too_many": f"must be at most {MOST_FRAMES} frames. Ask for them in several parts.",
    }

    def to_internal_value(self, data: Any) -> list[int]:  # type: ignore[override]
        text = super().to_internal_value(data)
        if not _RANGES.fullmatch(text):
            self.fail("frames")
        numbers: set[int] = set()
        for part in text.split(","):
            first, _, last = part.partition("-")
            start, stop = int(first), int(last or first)
            if start > stop or stop > MAX_ID:
                self.fail("frames")
            if stop - start >= MOST_FRAMES:
                self.fail("too_many")
            numbers.update(range(start, stop + 1))
        if len(numbers) > MOST_FRAMES:
            self.fail("too_many")
        return sorted(numbers)


class OutlinesQuerySerializer(ConnectionQuerySerializer):
    frames = FrameNumbersField(
        max_length=LONGEST_LIST,
        help_text=f"At most {MOST_FRAMES} task frames, such as 10-40,77.",
    )
    job_id = IdField(
        required=False,
        help_text="The job that the frames are looked at in. It counts if it is no annotation "
        "job: its objects are answered then.",
    )


class OutlineSerializer(serializers.Serializer[Any]):
    label_id = serializers.IntegerField(help_text="Id of one of the labels.")
    kind = ChoiceField(choices=[AREA, LINE, DOTS])
    points = serializers.ListField(child=serializers.FloatField(), help_text="x and y in pixels.")


class FrameOutlinesSerializer(serializers.Serializer[Any]):
    frame = serializers.IntegerField()
    objects_count = serializers.IntegerField(help_text="All objects of the frame, tags too.")
    outlines = OutlineSerializer(many=True, help_text="Of the largest 200 objects.")


class OutlinesSerializer(serializers.Serializer[Any]):
    labels = SublabelSerializer(many=True, help_text="All labels of the task.")
    frames = FrameOutlinesSerializer(many=True)
    unread = serializers.ListField(
        child=serializers.IntegerField(), help_text="Frames to ask for again."
    )


class OutlinesView(WorkspaceView):
    @takes(query=OutlinesQuerySerializer, responses=OutlinesSerializer)
    def get(self, request: SignedInApiRequest, task_id: int) -> Response:
        """How many objects there are on frames of a task, and the outlines of the largest 200 of
        each frame, simple enough for thumbnails: of a mask or a cuboid the box around it, of a
        skeleton its visible points, of other shapes at most 32 points.

        The objects are those of `GET /api/tasks/{task_id}/annotations`. Frames that are not there
        or that you may not see are left out. Where there are very many objects, the answer has some
        of the frames only: ask again for those in `unread`.
        """
        answer = outlines.find_outlines(
            connection=self.connection(request),
            task_id=task_id,
            frames=self.query["frames"],
            job_id=self.query.get("job_id"),
        )
        data = {
            "labels": SublabelSerializer(answer.labels, many=True).data,
            "frames": [_frame(each) for each in answer.frames],
            "unread": answer.unread,
        }
        return Response(data, headers={"Cache-Control": NOT_STORED})


def _frame(frame: FrameOutlines) -> dict[str, Any]:
    return {
        "frame": frame.frame,
        "objects_count": frame.objects_count,
        "outlines": [
            {"label_id": each.label_id, "kind": each.kind, "points": each.points}
            for each in frame.outlines
        ],
    }

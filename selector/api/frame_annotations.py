"""The API of annotations: what is on a frame."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers
from rest_framework.response import Response

from cvat.annotations import Label, Shape
from cvat.skeletons import edges
from portal.api.fields import MAX_ID, IdField, WholeNumberField
from portal.api.strict import takes
from portal.signed_in import SignedInApiRequest
from selector.api.serializers import ConnectionQuerySerializer
from selector.api.workspace import NOT_STORED, WorkspaceView
from selector.services import frame_annotations
from selector.services.frame_annotations import FrameAnnotations


class FrameQuerySerializer(ConnectionQuerySerializer):
    frame = WholeNumberField(min_value=0, max_value=MAX_ID, help_text="Task frame.")


class TaskFrameQuerySerializer(FrameQuerySerializer):
    job_id = IdField(
        required=False,
        help_text="The job that the frame is looked at in. It counts if it is no annotation job: "
        "its objects are answered then.",
    )


class SublabelSerializer(serializers.Serializer[Any]):
    id = serializers.IntegerField()
    name = serializers.CharField()
    color = serializers.CharField(help_text='As CVAT has it, such as "#ff6037".')


class LabelSerializer(SublabelSerializer):
    type = serializers.CharField()
    sublabels = SublabelSerializer(many=True, help_text="The points of a skeleton.")
    edges = serializers.ListField(
        child=serializers.ListField(child=serializers.IntegerField(), min_length=2, max_length=2),
        help_text="Pairs of ids of sublabels, between which the skeleton has a line.",
    )


class AttributeSerializer(serializers.Serializer[Any]):
    name = serializers.CharField()
    value = serializers.CharField()


class ElementSerializer(serializers.Serializer[Any]):
    """A point of a skeleton."""

    label_id = serializers.IntegerField(help_text="Id of one of the sublabels.")
    points = serializers.ListField(child=serializers.FloatField(), help_text="x and y in pixels.")
    occluded = serializers.BooleanField(help_text="Whether something hides it.")
    outside = serializers.BooleanField(help_text="Whether it is not to be seen on this frame.")
    attributes = AttributeSerializer(many=True, help_text="With the defaults of the label.")


class ObjectSerializer(serializers.Serializer[Any]):
    id = serializers.IntegerField(allow_null=True)
    track_id = serializers.IntegerField(
        allow_null=True, help_text="The track that the object is a part of; null for none."
    )
    type = serializers.CharField()
    label_id = serializers.IntegerField(help_text="Id of one of the labels.")
    points = serializers.ListField(
        child=serializers.FloatField(), help_text="In pixels; what they mean depends on `type`."
    )
    rotation = serializers.FloatField(help_text="Degrees, clockwise.")
    occluded = serializers.BooleanField(help_text="Whether something hides a part of it.")
    keyframe = serializers.BooleanField(
        help_text="False for an object of a track that is interpolated on this frame."
    )
    source = serializers.CharField()  # type: ignore[assignment]
    group = serializers.IntegerField(help_text="Number of its group; 0 for none.")
    z_order = serializers.IntegerField(help_text="Objects with a higher one lie above.")
    attributes = AttributeSerializer(many=True, help_text="With the defaults of the label.")
    elements = ElementSerializer(many=True, help_text="The points of a skeleton.")


class FrameObjectsSerializer(serializers.Serializer[Any]):
    frame = serializers.IntegerField()
    labels = LabelSerializer(many=True, help_text="All labels of the task.")
    objects = ObjectSerializer(many=True, help_text="From below to above.")
    problems_count = serializers.IntegerField(help_text="Objects that could not be read.")


class FrameAnnotationsSerializer(FrameObjectsSerializer):
    job_id = serializers.IntegerField()


class TaskFrameAnnotationsSerializer(FrameObjectsSerializer):
    job_ids = serializers.ListField(
        child=serializers.IntegerField(), help_text="The jobs whose objects these are."
    )


class FrameAnnotationsView(WorkspaceView):
    @takes(query=FrameQuerySerializer, responses=FrameAnnotationsSerializer)
    def get(self, request: SignedInApiRequest, job_id: int) -> Response:
        """The objects of one job on one of its frames (`frame` is the task frame), from below to
        above, and the labels of the task.

        `points` are as in CVAT, in pixels of the picture as it is shown (after the rotation that
        its EXIF data ask for): of a `rectangle` two corners before its `rotation` (degrees,
        clockwise), of an `ellipse` its centre, right and top, of a `cuboid` eight corners, of a
        `mask` the lengths of its runs (row by row, the first of the background) and its box (left,
        top, right, bottom). A `tag` has none, a `skeleton` has `elements`. Tracks are interpolated:
        `track_id` is set then, and `id` is null.

        `problems_count` counts objects that could not be read. What the job holds is at most a few
        seconds old. 503 with Retry-After: the job is being read, ask again.
        """
        annotations = frame_annotations.find_annotations(
            connection=self.connection(request), job_id=job_id, frame=self.query["frame"]
        )
        return objects_response(annotations, job_id=job_id)


class TaskFrameAnnotationsView(WorkspaceView):
    @takes(query=TaskFrameQuerySerializer, responses=TaskFrameAnnotationsSerializer)
    def get(self, request: SignedInApiRequest, task_id: int) -> Response:
        """The objects on a frame of a task: of all annotation jobs that hold the frame and that
        CVAT shows to you. An object that several jobs hold alike is there once.

        The answer is that of `GET /api/jobs/{job_id}/annotations`. A frame that no annotation job
        holds has the objects of the job that it is shown from.
        """
        annotations = frame_annotations.find_task_annotations(
            connection=self.connection(request),
            task_id=task_id,
            frame=self.query["frame"],
            job_id=self.query.get("job_id"),
        )
        return objects_response(annotations, job_ids=list(annotations.job_ids))


def objects_response(annotations: FrameAnnotations, **jobs: Any) -> Response:
    """The answer of FrameObjectsSerializer, with the jobs that the objects are of."""
    answer = {
        **jobs,
        "frame": annotations.frame,
        "labels": [_label(label) for label in annotations.labels],
        "objects": [_object(shape) for shape in annotations.shapes],
        "problems_count": annotations.problems_count,
    }
    return Response(answer, headers={"Cache-Control": NOT_STORED})


def _label(label: Label) -> dict[str, Any]:
    return {
        **_sublabel(label),
        "type": label.type,
        "sublabels": [_sublabel(sublabel) for sublabel in label.sublabels],
        "edges": edges(label),
    }


def _sublabel(label: Label) -> dict[str, Any]:
    return {"id": label.id, "name": label.name, "color": label.color}


def _object(shape: Shape) -> dict[str, Any]:
    return {
        "id": None if shape.is_tracked else shape.id,
        "track_id": shape.id if shape.is_tracked else None,
        "type": shape.kind,
        **_place(shape),
        "rotation": shape.rotation,
        "keyframe": shape.is_keyframe,
        "source": shape.source,
        "group": shape.group,
        "z_order": shape.z_order,
        "elements": [
            {**_place(element), "outside": element.is_outside} for element in shape.elements
        ],
    }


def _place(shape: Shape) -> dict[str, Any]:
    return {
        "label_id": shape.label.id,
        "points": list(shape.points),
        "occluded": shape.is_occluded,
        "attributes": [{"name": name, "value": value} for name, value in shape.attributes],
    }

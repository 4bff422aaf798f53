"""Annotations copied into a task, in the API: look, and ask for it."""

from __future__ import annotations

import base64
from typing import Any

from django.conf import settings
from rest_framework import serializers
from rest_framework.generics import GenericAPIView
from rest_framework.response import Response

from portal.api.fields import IdField
from portal.api.idempotency import PARAMETER as IDEMPOTENCY_KEY
from portal.api.idempotency import once
from portal.api.parsers import TakesFrames
from portal.api.schema import ErrorSerializer
from portal.api.strict import StrictView, takes
from portal.signed_in import SignedInApiRequest
from publishing import services
from publishing.api.deciding import ChangeSerializer, DryRunnableSerializer, accepted
from publishing.api.publications import PublicationSerializer
from publishing.copying import CopyOptions
from publishing.models import Publication
from selector.models import Connection
from selector.services.connections import find_connection


class LabelRowSerializer(serializers.Serializer[Any]):
    """A label of the objects, and the label of the task that they get."""

    name = serializers.CharField(help_text="Name of the label in the task that is copied from.")
    objects_count = serializers.IntegerField(help_text="How many objects have it.")
    of_task = serializers.CharField(
        allow_null=True,
        help_text="Name of the label of the other task; null if it has none of this name, empty "
        "for objects that are left out.",
    )


class UnmatchedPictureSerializer(serializers.Serializer[Any]):
    name = serializers.CharField(source="picture.name", help_text="Name of the picture.")
    reason = serializers.CharField(help_text="Why it has no counterpart.")


class ResizedPictureSerializer(serializers.Serializer[Any]):
    name = serializers.CharField(source="picture.name", help_text="Name of the picture.")
    width = serializers.IntegerField(source="picture.width", help_text="In pixels.")
    height = serializers.IntegerField(source="picture.height", help_text="In pixels.")
    width_there = serializers.IntegerField(source="width", help_text="In the other task.")
    height_there = serializers.IntegerField(source="height", help_text="In the other task.")


class CopyPlanSerializer(serializers.Serializer[Any]):
    """What would be copied, and what there is to decide."""

    requests = ChangeSerializer(
        many=True, source="changes", help_text="In the order in which they would be sent."
    )
    objects_count = serializers.IntegerField(help_text="How many objects would be added.")
    already_count = serializers.IntegerField(
        source="already", help_text="How many objects the task has already."
    )
    differing_count = serializers.IntegerField(
        help_text="How many objects the task has in the same place with other attributes, or "
        "occluded where these are not; they stay as they are."
    )
    differing_frames = serializers.ListField(
        child=serializers.IntegerField(), help_text="Frames of the task with such objects."
    )
    pictures_count = serializers.IntegerField(
        source="matched_count", help_text="How many pictures have a counterpart."
    )
    by_base_name_count = serializers.IntegerField(
        source="match.by_base_name", help_text="How many of them are in another folder there."
    )
    labels = LabelRowSerializer(many=True, help_text="Those of the objects.")
    task_labels = serializers.ListField(
        child=serializers.CharField(), help_text="Names of the labels of the task."
    )
    unmatched = UnmatchedPictureSerializer(
        many=True, help_text="Pictures with objects that have no counterpart."
    )
    resized = ResizedPictureSerializer(
        many=True, source="match.resized", help_text="Pictures that have another size there."
    )
    left_out = serializers.DictField(
        child=serializers.IntegerField(),
        help_text="How many objects, or values of attributes, do not fit, by the reason.",
    )
    occupied_frames = serializers.ListField(
        source="occupied",
        child=serializers.IntegerField(),
        help_text="Frames of the task that have objects and would get more.",
    )
    ordered_points = serializers.ListField(
        child=serializers.CharField(),
        help_text="Labels of skeletons whose points the file does not name: they are taken in the "
        "order in which the label of the task has them.",
    )


class CopySerializer(DryRunnableSerializer):
    """From which task to which one, and how."""

    source_connection = IdField(required=False, help_text="Connection to read through.")
    source_task_id = IdField(required=False, help_text="Task to copy from.")
    file_text = serializers.CharField(
        required=False,
        trim_whitespace=False,
        max_length=settings.FRAMES_UPLOAD_MAX_SIZE,
        help_text="In place of a task, the text of a file: `annotations.xml` of “CVAT for images "
        "1.1”, COCO with instances or keypoints, or Datumaro 1.0.",
    )
    zip_base64 = serializers.CharField(
        required=False,
        max_length=settings.FRAMES_UPLOAD_MAX_SIZE,
        help_text="In place of a task, a ZIP in Base64: of one of these files, or of PASCAL VOC or "
        "YOLO.",
    )
    file_name = serializers.CharField(
        required=False, max_length=200, help_text="By which the publication names the file."
    )
    connection = IdField(help_text="Connection to the server of the other task.")
    task_id = IdField(help_text="Task to copy to.")
    labels = serializers.DictField(
        child=serializers.CharField(allow_blank=True, max_length=64),
        required=False,
        help_text="By the name of a label, that of the label to use in the other task; empty to "
        "leave its objects out. Labels that are not named keep their names.",
    )
    partly = serializers.BooleanField(
        default=False, help_text="Copy what fits although something else does not."
    )
    add = serializers.BooleanField(
        default=False,
        help_text="Copy to frames that have objects already, too. Equal ones are not added again.",
    )

    def validate(self, given: dict[str, Any]) -> dict[str, Any]:
        of_task = {"source_connection", "source_task_id"} & set(given)
        sources = bool(of_task), "file_text" in given, "zip_base64" in given
        if sum(sources) != 1 or len(of_task) == 1:
            raise serializers.ValidationError(
                "Name a task (source_connection and source_task_id), or give one file (file_text "
                "or zip_base64)."
            )
        return given

    def validate_zip_base64(self, value: str) -> bytes:
        try:
            return base64.b64decode(value, validate=True)
        except ValueError:
            raise serializers.ValidationError("This is no Base64.") from None


class CopyView(TakesFrames, StrictView, GenericAPIView[Publication]):
    asks_cvat = True
    queryset = Publication.objects.none()
    serializer_class = CopyPlanSerializer

    @takes(
        body=CopySerializer,
        parameters=[IDEMPOTENCY_KEY],
        responses={200: CopyPlanSerializer, 202: PublicationSerializer, 409: ErrorSerializer},
    )
    def post(self, request: SignedInApiRequest) -> Response:
        """Copy the annotations of a task, or of a file, to the pictures of the same names in
        another one, also on another server, in the background. Pictures are found by their whole
        path, else by the base name where that is unique on both sides; labels, attributes and
        points of skeletons by name; objects of tracks become single ones. `dry_run` says what fits.
        409 with the code `choice_needed` when something does not fit (`partly`) or frames have
        objects already (`add`). Needs permission to write through the connection (409 with the code
        `write_permission_needed` without it)."""
        form = CopySerializer(data=request.data)
        form.is_valid(raise_exception=True)
        given = dict(form.validated_data)
        connection = find_connection(user=request.user, connection_id=given["connection"])
        source = _source(request, given, connection)
        options = CopyOptions(
            source.name,
            labels=given.get("labels", {}),
            partly=given["partly"],
            add=given["add"],
        )
        check = services.check_copy(
            source=source,
            connection=connection,
            task_id=given["task_id"],
            options=options,
        )
        if given["dry_run"]:
            return Response(CopyPlanSerializer(check).data)

        def create() -> Response:
            publication = services.request_copy(user=request.user, check=check, options=options)
            return accepted(request.user, publication)

        return once(request, create)


def _source(
    request: SignedInApiRequest, given: dict[str, Any], to_connection: Connection
) -> services.CopySource:
    if "source_task_id" not in given:
        data = given.get("zip_base64") or given.get("file_text", "").encode()
        name = given.get("file_name", "a file")
        return services.read_file(user=request.user, name=name, data=data)
    connection = find_connection(user=request.user, connection_id=given["source_connection"])
    return services.read_source(
        connection=connection,
        task_id=given["source_task_id"],
        to_connection=to_connection,
        to_task_id=given["task_id"],
    )

"""Uploaded files as a new task, in the API."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers, viewsets
from rest_framework.decorators import action
from rest_framework.response import Response

from portal.api.fields import IdField, WholeNumberField
from portal.api.idempotency import PARAMETER as IDEMPOTENCY_KEY
from portal.api.idempotency import once
from portal.api.schema import ErrorSerializer
from portal.api.strict import StrictView, takes
from portal.api.views import IDS
from portal.signed_in import SignedInApiRequest
from publishing import services
from publishing.api.deciding import DryRunSerializer, accepted, dry_run
from publishing.api.new_task import NewTaskSerializer
from publishing.api.publications import PublicationSerializer
from publishing.api.uploads import UploadSerializer
from publishing.models import Upload, UploadQuerySet
from publishing.new_task import LAST_FRAME, LONGEST_NAME, NewTaskOptions
from selector.services.connections import find_connection


class NewTaskOfFilesSerializer(NewTaskSerializer):
    """What the task is made with: either `project_id` or `label_schema` says which labels it gets.
    The name is by default that of the upload."""

    name = serializers.CharField(
        max_length=LONGEST_NAME, required=False, help_text="Default: the name of the upload."
    )
    connection = IdField(
        required=False, help_text="Connection to the server; default: the one used last."
    )
    start_frame = WholeNumberField(
        min_value=0,
        max_value=LAST_FRAME,
        default=0,
        help_text="Of a video: the first frame that the task gets, counted from 0.",
    )
    stop_frame = WholeNumberField(
        min_value=0,
        max_value=LAST_FRAME,
        required=False,
        allow_null=True,
        default=None,
        help_text="Of a video: the last frame that it may get; null: that of the video.",
    )
    frame_step = WholeNumberField(
        min_value=1,
        max_value=LAST_FRAME,
        default=1,
        help_text="Of a video: each so many-th frame.",
    )
    # What is for frames of other tasks alone.
    deleted_frames = quality = labels = per_label_set = with_annotations = None  # type: ignore[assignment]
    replacement_upload_id = unreplaced_frames = None  # type: ignore[assignment]
    honeypots_per_job = None  # type: ignore[assignment]


class TaskOfFilesViewSet(StrictView, viewsets.GenericViewSet[Upload]):
    asks_cvat = True
    serializer_class = UploadSerializer
    queryset = Upload.objects.none()
    lookup_value_regex = IDS

    def get_queryset(self) -> UploadQuerySet:
        return Upload.objects.for_user(self.request.user)

    @takes(
        body=NewTaskOfFilesSerializer,
        parameters=[IDEMPOTENCY_KEY],
        responses={200: DryRunSerializer, 202: PublicationSerializer, 409: ErrorSerializer},
    )
    @action(detail=True, methods=["post"], url_path="new-task", pagination_class=None)
    def new_task(self, request: SignedInApiRequest, pk: str) -> Response:
        """Make a new task in CVAT of the pictures of an upload, or of its only video, in
        the background, pictures in the order of their paths; `/api/uploads/{id}/contents` says
        which these are. The portal removes the files once CVAT has them, or when it is cancelled.
        409 until the upload is whole, with the code `choice_needed` when nothing says which labels
        the task gets, and with the code `write_permission_needed` without permission to write
        through the connection."""
        upload = self.get_object()
        form = NewTaskOfFilesSerializer(data=request.data)
        form.is_valid(raise_exception=True)
        given: dict[str, Any] = {"name": upload.name[:LONGEST_NAME], **form.validated_data}
        is_dry_run = given.pop("dry_run")
        connection = find_connection(user=request.user, connection_id=given.pop("connection", None))
        options = NewTaskOptions.from_json(given)
        asked: dict[str, Any] = {
            "user": request.user,
            "upload": upload,
            "connection": connection,
            "options": options,
        }
        if is_dry_run:
            return dry_run(services.plan_task_of_files(**asked))

        def create() -> Response:
            publication = services.request_task_of_files(
                **asked, portal_url=request.build_absolute_uri("/")
            )
            return accepted(request.user, publication)

        return once(request, create)

"""A selection as a ground-truth job, in the API: look, and ask for it."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers
from rest_framework.response import Response

from portal.api.fields import IdField
from portal.api.idempotency import PARAMETER as IDEMPOTENCY_KEY
from portal.api.idempotency import once
from portal.api.schema import ErrorSerializer
from portal.api.strict import takes
from portal.signed_in import SignedInApiRequest
from publishing import services
from publishing.api.deciding import (
    DecidingView,
    DecisionsSerializer,
    DryRunSerializer,
    accepted,
    dry_run,
)
from publishing.api.publications import PublicationSerializer
from publishing.ground_truth import GroundTruthOptions


class GroundTruthJobSerializer(serializers.Serializer[Any]):
    """A ground-truth job that the task has."""

    id = serializers.IntegerField()
    frame_count = serializers.IntegerField()
    stage = serializers.CharField()
    state = serializers.CharField()
    assignee = serializers.CharField(help_text="User name; empty for nobody.")


class CvatUserSerializer(serializers.Serializer[Any]):
    """A user of CVAT."""

    id = serializers.IntegerField()
    username = serializers.CharField()


class JobShareSerializer(serializers.Serializer[Any]):
    id = serializers.IntegerField(source="job.id")
    frames_count = serializers.IntegerField()


class GroundTruthCheckSerializer(serializers.Serializer[Any]):
    """What a ground-truth job of the selection would be, as CVAT has its task now."""

    task_id = serializers.IntegerField(source="task.id")
    task_name = serializers.CharField(source="task.name")
    frames_count = serializers.IntegerField()
    deleted_frames = serializers.ListField(
        source="deleted",
        child=serializers.IntegerField(),
        help_text="Frames of the selection that are deleted in CVAT: say what becomes of them.",
    )
    existing = GroundTruthJobSerializer(
        allow_null=True, help_text="The ground-truth job that the task has; null if it has none."
    )
    jobs = JobShareSerializer(
        many=True, help_text="The annotation jobs: nothing is compared in one without frames."
    )
    members = CvatUserSerializer(many=True, help_text="Whom the job can be assigned to.")


class NewGroundTruthJobSerializer(DecisionsSerializer):
    """What has to be decided. GET of the same address says what there is to decide."""

    assignee_id = IdField(
        required=False, allow_null=True, default=None, help_text="Id of a user of CVAT."
    )
    replace_job = IdField(
        required=False,
        allow_null=True,
        default=None,
        help_text="Id of the ground-truth job that the task has now: it is deleted, with all "
        "annotations in it. Needed if there is one.",
    )


class GroundTruthView(DecidingView):
    serializer_class = GroundTruthCheckSerializer

    @takes(responses={200: GroundTruthCheckSerializer, 409: ErrorSerializer})
    def get(self, request: SignedInApiRequest, selection_id: int) -> Response:
        """What a ground-truth job of the selection would be, and what has to be decided before.
        Changes nothing."""
        selection = self.selection(request, selection_id)
        check = services.check_ground_truth(user=request.user, selection=selection)
        return Response(GroundTruthCheckSerializer(check).data)

    @takes(
        body=NewGroundTruthJobSerializer,
        parameters=[IDEMPOTENCY_KEY],
        responses={200: DryRunSerializer, 202: PublicationSerializer, 409: ErrorSerializer},
    )
    def post(self, request: SignedInApiRequest, selection_id: int) -> Response:
        """Make a ground-truth job of the frames of a selection, which are all of one task, in the
        background. Needs permission to write through your connection (409 with the code
        `write_permission_needed` without it). 409 with the code `choice_needed` when frames are
        deleted in CVAT, or the task has a ground-truth job, and nothing says what becomes of
        them."""
        selection = self.selection(request, selection_id)
        form = NewGroundTruthJobSerializer(data=request.data)
        form.is_valid(raise_exception=True)
        given = dict(form.validated_data)
        is_dry_run = given.pop("dry_run")
        options = GroundTruthOptions(**given)
        if is_dry_run:
            planned = services.plan_ground_truth_job(
                user=request.user, selection=selection, options=options
            )
            return dry_run(planned)

        def create() -> Response:
            publication = services.request_ground_truth_job(
                user=request.user, selection=selection, options=options
            )
            return accepted(request.user, publication)

        return once(request, create)

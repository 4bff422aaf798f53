"""Faulty frames as issues in CVAT, in the API: look, and ask for them."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers
from rest_framework.response import Response

from portal.api.choices import ChoiceField
from portal.api.idempotency import PARAMETER as IDEMPOTENCY_KEY
from portal.api.idempotency import once
from portal.api.schema import ErrorSerializer
from portal.api.strict import takes
from portal.signed_in import SignedInApiRequest
from publishing import services
from publishing.api.deciding import (
    DecidingView,
    DryRunnableSerializer,
    DryRunSerializer,
    accepted,
    dry_run,
)
from publishing.api.publications import PublicationSerializer
from publishing.issues import STAGES, IssueOptions


class FaultyFrameSerializer(serializers.Serializer[Any]):
    """A frame that is marked faulty, and the issue for it."""

    task_id = serializers.IntegerField(source="faulty.task_id")
    job_id = serializers.IntegerField(source="faulty.job_id")
    frame = serializers.IntegerField(source="faulty.frame")
    filename = serializers.CharField(source="faulty.filename")
    message = serializers.CharField(
        source="faulty.message", help_text="Text of the issue: the comment and tags of the mark."
    )
    is_there = serializers.BooleanField(
        help_text="The job has an issue with this text at this frame already: none is opened."
    )
    is_deleted = serializers.BooleanField(
        help_text="The frame is deleted in CVAT: no issue is opened."
    )
    url = serializers.CharField(help_text="Address of the frame in CVAT's editor.")


class JobStateSerializer(serializers.Serializer[Any]):
    id = serializers.IntegerField()
    task_id = serializers.IntegerField()
    stage = serializers.CharField()
    state = serializers.CharField()


class IssuesCheckSerializer(serializers.Serializer[Any]):
    """The faulty frames of a selection and their jobs, as CVAT has them now."""

    frames = FaultyFrameSerializer(many=True, help_text="The frames that are marked faulty.")
    jobs = JobStateSerializer(many=True, help_text="The jobs that these frames are in.")


class NewIssuesSerializer(DryRunnableSerializer):
    """What becomes of the jobs. GET of the same address shows issues and jobs."""

    reject_jobs = serializers.BooleanField(
        default=False, help_text="Set the jobs of the faulty frames to state `rejected`."
    )
    job_stage = ChoiceField(
        choices=[(stage, stage) for stage in STAGES],
        required=False,
        help_text="The stage of the rejected jobs. Default: the one that they have.",
    )


class IssuesView(DecidingView):
    serializer_class = IssuesCheckSerializer

    @takes(responses={200: IssuesCheckSerializer, 409: ErrorSerializer})
    def get(self, request: SignedInApiRequest, selection_id: int) -> Response:
        """The issues that the faulty frames of the selection would become. Changes nothing."""
        selection = self.selection(request, selection_id)
        check = services.check_issues(user=request.user, selection=selection)
        return Response(IssuesCheckSerializer(check).data)

    @takes(
        body=NewIssuesSerializer,
        parameters=[IDEMPOTENCY_KEY],
        responses={200: DryRunSerializer, 202: PublicationSerializer, 409: ErrorSerializer},
    )
    def post(self, request: SignedInApiRequest, selection_id: int) -> Response:
        """Open an issue in CVAT at each frame of a selection that is marked faulty, in the
        background, and set their jobs to rejected if that is asked for. An issue with the same
        text at the same frame is not opened again. Needs permission to write through your
        connection (409 with the code `write_permission_needed` without it). 409 when CVAT has all
        of it already."""
        selection = self.selection(request, selection_id)
        form = NewIssuesSerializer(data=request.data)
        form.is_valid(raise_exception=True)
        given = dict(form.validated_data)
        is_dry_run = given.pop("dry_run")
        options = IssueOptions(**given)
        if is_dry_run:
            planned = services.plan_issues(user=request.user, selection=selection, options=options)
            return dry_run(planned)

        def create() -> Response:
            publication = services.request_issues(
                user=request.user, selection=selection, options=options
            )
            return accepted(request.user, publication)

        return once(request, create)

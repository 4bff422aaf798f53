"""Publications in the API: list, look, cancel."""

from __future__ import annotations

from typing import Any

from rest_framework import mixins, serializers, viewsets
from rest_framework.decorators import action
from rest_framework.response import Response

from portal.api.fields import MAX_ID, IdField, WholeNumberField
from portal.api.filtering import Filters, FilterSet, IdFilter, Ordering
from portal.api.strict import StrictSerializer, StrictView, takes
from portal.api.views import IDS
from portal.signed_in import SignedInApiRequest
from publishing import services
from publishing.api.results import ResultsSerializer
from publishing.models import Publication, PublicationQuerySet, PublishedFrame
from selector.api.frame_annotations import TaskFrameAnnotationsSerializer, objects_response


class StepSerializer(serializers.Serializer[Any]):
    """A request that changes something in CVAT."""

    request = serializers.CharField(
        read_only=True, help_text="Method and path, such as `POST /api/jobs`."
    )
    text = serializers.CharField(read_only=True, help_text="What it does.")
    sent_at = serializers.DateTimeField(read_only=True)
    done_at = serializers.DateTimeField(
        read_only=True,
        allow_null=True,
        help_text="Null: CVAT refused it (`is_refused`), or the answer is not known.",
    )
    is_refused = serializers.BooleanField(
        default=False, read_only=True, help_text="CVAT refused it and changed nothing."
    )


class PublishedFrameSerializer(serializers.ModelSerializer[PublishedFrame]):
    """A frame of a new task, and the frame that it was made from."""

    path = serializers.CharField(read_only=True, help_text="Name of the picture in the new task.")

    class Meta:
        model = PublishedFrame
        fields = ["new_frame", "path", "task_id", "frame", "is_replaced"]
        read_only_fields = fields
        extra_kwargs = {
            "is_replaced": {
                "help_text": "Whether its picture was uploaded in place of that of the other frame."
            }
        }


class FollowedJobSerializer(serializers.Serializer[Any]):
    """A job of a publication, as CVAT has it now."""

    id = serializers.IntegerField(source="job.id", read_only=True)
    type = serializers.CharField(
        source="job.type",
        read_only=True,
        help_text="As CVAT calls it: `annotation`, `ground_truth`, `consensus_replica`.",
    )
    stage = serializers.CharField(source="job.stage", read_only=True)
    state = serializers.CharField(source="job.state", read_only=True)
    assignee = serializers.CharField(
        source="job.assignee", read_only=True, help_text="User name; empty for nobody."
    )
    reviewer = serializers.CharField(
        read_only=True,
        help_text="User name of who was chosen to review it, when the completed jobs are handed "
        "over; empty for nobody.",
    )
    start_frame = serializers.IntegerField(source="job.start_frame", read_only=True)
    stop_frame = serializers.IntegerField(source="job.stop_frame", read_only=True)
    url = serializers.CharField(read_only=True, help_text="Its address in CVAT.")


class PublicationListSerializer(serializers.ModelSerializer[Publication]):
    """Something that was asked to be changed in CVAT, nearly always for a selection."""

    selection = serializers.IntegerField(
        source="visible_selection_id",
        read_only=True,
        allow_null=True,
        help_text="Null once it is deleted, or not shared with you any more.",
    )
    result_url = serializers.CharField(
        read_only=True, help_text="Address of the result in CVAT; empty while there is none."
    )
    results_title = serializers.SerializerMethodField(
        help_text="By which its results are named, such as “publication 12 (new task 57)”; empty "
        "for a publication without results."
    )

    class Meta:
        model = Publication
        fields = [
            "id",
            "target",
            "status",
            "selection",
            "selection_name",
            "url",
            "task_id",
            "task_name",
            "frames_total",
            "result_job_id",
            "result_task_id",
            "result_url",
            "results_title",
            "error",
            "created_at",
            "finished_at",
        ]
        read_only_fields = fields
        extra_kwargs = {
            "status": {
                "help_text": "`queued`, `running`, `ready` once it is in CVAT, `failed` (`error` "
                "says why) or `cancelled`."
            },
            "url": {"help_text": "Address of the CVAT server."},
            "task_id": {
                "help_text": "Id of the task that is changed or removed; null for a new task, and "
                "for changes in several tasks."
            },
            "task_name": {
                "help_text": "Name of that task, or of the new one; of several tasks their names, "
                "or how many there are."
            },
        }

    def get_results_title(self, publication: Publication) -> str:
        return publication.results_title if publication.has_results else ""


class LeftOutSerializer(serializers.Serializer[Any]):
    """Objects that CVAT did not get, by reason."""

    reason = serializers.CharField(read_only=True)
    count = serializers.IntegerField(read_only=True)
    frames = serializers.CharField(
        read_only=True, help_text="Those that they were on, such as `task 8: frames 0–39, 57`."
    )


class PublicationSerializer(PublicationListSerializer):
    together = serializers.SerializerMethodField(
        help_text="Ids of all publications of the request that this one is from, in their order: a "
        "new task for each set of labels. Else the own id alone."
    )
    steps = StepSerializer(many=True, read_only=True, help_text="What was sent to CVAT.")
    problem_groups = LeftOutSerializer(
        many=True, read_only=True, help_text="What was left out of the annotations, and why."
    )

    class Meta(PublicationListSerializer.Meta):
        fields = [
            *PublicationListSerializer.Meta.fields,
            "together",
            "options",
            "steps",
            "problems_count",
            "problem_groups",
        ]
        read_only_fields = fields
        extra_kwargs = {
            **PublicationListSerializer.Meta.extra_kwargs,
            "options": {"help_text": "What was decided when it was asked for."},
            "problems_count": {
                "help_text": "How many objects, and values of attributes, were left out."
            },
        }

    def get_together(self, publication: Publication) -> list[int]:
        return [each.pk for each in publication.asked_together()]


class ResultFrameSerializer(StrictSerializer):
    task_id = IdField(help_text="A task that the publication has frames of.")
    frame = WholeNumberField(min_value=0, max_value=MAX_ID, help_text="Frame of that task.")


class PublicationFilter(FilterSet):
    selection = IdFilter(field_name="selection_id")

    class Meta:
        model = Publication
        fields = ["status", "target"]


class PublicationViewSet(
    StrictView,
    mixins.ListModelMixin,
    mixins.RetrieveModelMixin,
    viewsets.GenericViewSet[Publication],
):
    serializer_class = PublicationSerializer
    queryset = Publication.objects.none()
    lookup_value_regex = IDS
    filter_backends = [Filters, Ordering]
    filterset_class = PublicationFilter
    ordering_fields = ["created_at", "finished_at"]

    def get_queryset(self) -> PublicationQuerySet:
        own = Publication.objects.for_user(self.request.user).for_list()
        return own.with_visible_selection(self.request.user)

    def get_serializer_class(self) -> type[PublicationListSerializer]:
        return PublicationListSerializer if self.action == "list" else PublicationSerializer

    @takes(is_paged=True, responses=PublishedFrameSerializer(many=True))
    @action(detail=True, filter_backends=[])
    def frames(self, request: SignedInApiRequest, pk: str) -> Response:
        """Which frame of the new task each frame of the selection became; empty until it is made,
        and for a ground-truth job, whose frames keep their numbers."""
        frames: Any = self.get_object().published_frames.all()
        page: Any = self.paginate_queryset(frames)
        return self.get_paginated_response(PublishedFrameSerializer(page, many=True).data)

    @takes(responses=FollowedJobSerializer(many=True))
    @action(detail=True, pagination_class=None, filter_backends=[])
    def jobs(self, request: SignedInApiRequest, pk: str) -> Response:
        """How far the jobs of the new task, or the ground-truth job, are in CVAT now. 409 until
        they are made."""
        jobs = services.follow_jobs(user=request.user, publication=self.get_object())
        return Response(FollowedJobSerializer(jobs, many=True).data)

    @takes(responses=ResultsSerializer)
    @action(detail=True, pagination_class=None, filter_backends=[])
    def results(self, request: SignedInApiRequest, pk: str) -> Response:
        """What is annotated in the new task, or in the ground-truth job, compared with what the
        tasks of the frames have now, read from CVAT for this answer. Objects are matched by label,
        kind and place: ids in CVAT are others in each task and job. Changes nothing. 409 for a
        publication without results."""
        comparison = services.compare_results(user=request.user, publication=self.get_object())
        return Response(ResultsSerializer(comparison).data)

    @takes(query=ResultFrameSerializer, responses=TaskFrameAnnotationsSerializer)
    @action(detail=True, pagination_class=None, filter_backends=[])
    def annotations(self, request: SignedInApiRequest, pk: str) -> Response:
        """The objects that people annotated in the new task, or in the ground-truth job, on the
        picture of one of the frames that it was made of. The answer is that of
        `GET /api/tasks/{task_id}/annotations`, with the labels and jobs of the publication. 404 for
        a frame that it does not have, 409 for a publication without results."""
        annotations = services.find_result_objects(
            user=request.user, publication=self.get_object(), **self.query
        )
        return objects_response(annotations, job_ids=list(annotations.job_ids))

    @takes()
    @action(detail=True, methods=["post"])
    def cancel(self, request: SignedInApiRequest, pk: str) -> Response:
        """Give up a publication that waits or runs. What CVAT has done for it already stays."""
        publication = services.cancel_publication(publication=self.get_object())
        return Response(self.get_serializer(publication).data)

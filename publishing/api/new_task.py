"""A selection as a new task, in the API: look, and ask for it."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers
from rest_framework.response import Response

from cvat.types import LONGEST_SUBSET
from portal.api.choices import ChoiceField
from portal.api.fields import IdField, ListField, WholeNumberField
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
from publishing.api.ground_truth import CvatUserSerializer
from publishing.api.publications import PublicationSerializer
from publishing.label_schema import LONGEST_NAME as LONGEST_LABEL
from publishing.label_schema import MOST_LABELS, BadSchema, checked
from publishing.new_task import (
    LEAST_REPLICAS,
    LONGEST_NAME,
    MOST_ASSIGNEES,
    MOST_FRAMES,
    MOST_REPLICAS,
    NewTaskOptions,
)
from publishing.replacing import UNREPLACED_FRAMES
from selections.models import Quality
from selections.sampling import MAX_SEED


class LabelSetSerializer(serializers.Serializer[Any]):
    """Tasks that have the same labels."""

    labels = serializers.ListField(
        child=serializers.CharField(), source="names", help_text="Names of the labels."
    )
    task_ids = serializers.ListField(child=serializers.IntegerField())
    frames_count = serializers.IntegerField()
    deleted_count = serializers.IntegerField(help_text="How many of these are deleted in CVAT.")


class NewTaskCheckSerializer(serializers.Serializer[Any]):
    """What a new task of the selection would be, as CVAT has its frames now."""

    task_ids = serializers.SerializerMethodField(help_text="The tasks that the frames are of.")
    frames_count = serializers.IntegerField()
    deleted_count = serializers.IntegerField(
        source="deleted.count",
        help_text="How many of the frames are deleted in CVAT: say what becomes of them.",
    )
    labels = serializers.SerializerMethodField(
        help_text="Names of the labels that the task gets outside a project; null when the tasks "
        "have different ones: then ask for a task for each of the `label_sets`, or name a project."
    )
    label_sets = LabelSetSerializer(
        many=True, help_text="The tasks of the frames, by the labels that they have."
    )
    organization = serializers.CharField(
        help_text="Short name of the organization that it would be made in; empty for the "
        "personal space."
    )
    project_id = serializers.IntegerField(
        source="project.id",
        default=None,
        allow_null=True,
        help_text="The project that all of the tasks are in; null if there is none.",
    )

    members = CvatUserSerializer(
        source="place.members",
        many=True,
        help_text="Whom the task and its jobs can be assigned to, outside a project or in one of "
        "the same organization.",
    )

    def get_task_ids(self, check: services.NewTaskCheck) -> list[int]:
        return [task.id for task in check.tasks]

    def get_labels(self, check: services.NewTaskCheck) -> list[str] | None:
        return None if check.labels is None else [str(label["name"]) for label in check.labels]


class NewTaskSerializer(DecisionsSerializer):
    """What the task is made with. GET of the same address says what there is to decide."""

    name = serializers.CharField(
        max_length=LONGEST_NAME, required=False, help_text="Default: the name of the selection."
    )
    project_id = IdField(
        required=False,
        allow_null=True,
        default=None,
        help_text="The project in CVAT to make it in: it gets the labels of that project.",
    )
    subset = serializers.CharField(
        max_length=LONGEST_SUBSET, required=False, allow_blank=True, default=""
    )
    frames_per_job = WholeNumberField(
        min_value=0, max_value=MOST_FRAMES, default=0, help_text="0: all in one job."
    )
    quality = ChoiceField(
        choices=Quality.choices,
        default=Quality.ORIGINAL,
        help_text="Of the files that the task is made of. `compressed`: smaller JPEGs, made by "
        "CVAT. They must have as many pixels as the original, else no task is made.",
    )
    overlap = WholeNumberField(
        min_value=0,
        max_value=MOST_FRAMES // 2,
        default=0,
        help_text="How many frames each job shares with the next one: at most half of "
        "`frames_per_job`.",
    )
    image_quality = WholeNumberField(
        min_value=1,
        max_value=100,
        default=70,
        help_text="Of the compressed pictures in CVAT's editor.",
    )
    new_project = serializers.CharField(
        max_length=LONGEST_NAME,
        required=False,
        allow_blank=True,
        default="",
        help_text="Name of a project to make for the task, instead of `project_id`: it gets the "
        "labels that the task would have.",
    )
    labels = ListField(
        child=serializers.CharField(max_length=LONGEST_LABEL),
        max_length=MOST_LABELS,
        default=list,
        help_text="Names of the labels of the tasks that the new task gets; empty: all.",
    )
    label_schema = serializers.JSONField(
        required=False,
        help_text="Labels of its own instead of those of the tasks or of a project, in the form of "
        "CVAT's raw view: a list of objects with `name`, `type`, `color`, `attributes` (`name`, "
        "`input_type`, `mutable`, `values`, `default_value`), and of skeletons `sublabels` and "
        "`svg`. Ids are ignored.",
    )
    assignee_id = IdField(
        required=False,
        allow_null=True,
        default=None,
        help_text="Id of the user of CVAT who gets the task.",
    )
    job_assignee_ids = ListField(
        child=IdField(),
        max_length=MOST_ASSIGNEES,
        default=list,
        help_text="Ids of users of CVAT who get the jobs in turn: the first one the first job, "
        "and so on, the last one all jobs that remain.",
    )
    reviewer_ids = ListField(
        child=IdField(),
        max_length=MOST_ASSIGNEES,
        default=list,
        help_text="Ids of users of CVAT who get the completed jobs, in turn like "
        "`job_assignee_ids`, when `/api/publications/{id}/hand-over` is asked for.",
    )
    consensus_replicas = WholeNumberField(
        min_value=0,
        max_value=MOST_REPLICAS,
        default=0,
        help_text="How many people annotate each job, each in a replica of it: 0, or 2 and more. "
        "The jobs that are assigned are the replicas then.",
    )
    ground_truth_count = WholeNumberField(
        min_value=0,
        max_value=MOST_FRAMES,
        default=0,
        help_text="Of how many frames, drawn at random, a ground-truth job is made in the task; 0: "
        "none.",
    )
    ground_truth_seed = WholeNumberField(
        min_value=0,
        max_value=MAX_SEED,
        default=0,
        help_text="The same seed draws the same frames of the same selection.",
    )
    honeypots_per_job = WholeNumberField(
        min_value=0,
        max_value=MOST_FRAMES,
        default=0,
        help_text="How many copies of the frames of the ground truth each job gets among its own; "
        "these frames are in no other job then, and the task has its frames in a random order. "
        "Needs `ground_truth_count` and `frames_per_job`, and goes without `overlap`, "
        "`consensus_replicas` and `with_annotations`.",
    )
    per_label_set = serializers.BooleanField(
        default=False,
        help_text="Where the tasks have different labels, make a task for each set of labels. "
        "The answer is the publication of the first one, and `together` has the ids of all.",
    )
    replacement_upload_id = IdField(
        required=False,
        allow_null=True,
        default=None,
        help_text="An upload of yours whose pictures take the place of those in CVAT, such as with "
        "blurred faces: each that of the frame of its path (as in CVAT, or among the files of the "
        "selection), else of its file name, where only one has it. They must be as large in "
        "pixels. The portal removes the upload once CVAT has the pictures.",
    )
    unreplaced_frames = ChoiceField(
        choices=UNREPLACED_FRAMES,
        required=False,
        help_text="Frames that have no picture in that upload. Needed if there are such.",
    )
    with_annotations = serializers.BooleanField(
        default=False,
        help_text="Copy what is annotated on the frames: objects of tracks as single ones, labels "
        "and attributes by name; frames that are deleted in CVAT have none. What is left out "
        "is counted in the publication (`problem_groups`).",
    )

    def validate_consensus_replicas(self, given: int) -> int:
        if given == 1:
            raise serializers.ValidationError(
                f"must be 0, or {LEAST_REPLICAS} to {MOST_REPLICAS}: CVAT makes no single replica."
            )
        return given

    def validate_label_schema(self, given: Any) -> list[dict[str, Any]]:
        try:
            return list(checked(given)) if given != [] else []
        except BadSchema as error:
            raise serializers.ValidationError(str(error)) from None


class NewTaskView(DecidingView):
    serializer_class = NewTaskCheckSerializer

    @takes(responses={200: NewTaskCheckSerializer, 409: ErrorSerializer})
    def get(self, request: SignedInApiRequest, selection_id: int) -> Response:
        """What a new task of the selection would be, and what has to be decided before. Changes
        nothing."""
        selection = self.selection(request, selection_id)
        check = services.check_new_task(user=request.user, selection=selection)
        return Response(NewTaskCheckSerializer(check).data)

    @takes(
        body=NewTaskSerializer,
        parameters=[IDEMPOTENCY_KEY],
        responses={200: DryRunSerializer, 202: PublicationSerializer, 409: ErrorSerializer},
    )
    def post(self, request: SignedInApiRequest, selection_id: int) -> Response:
        """Make a new task in CVAT of the frames of a selection, in the background: each picture as
        CVAT serves it, in the order of the selection, with the labels of the tasks they are of or
        of a project. `/api/publications/{id}/frames` has which frame became which. Needs permission
        to write through your connection (409 with the code `write_permission_needed` without it).
        409 with the code `choice_needed` when frames are deleted in CVAT and nothing says what
        becomes of them, or when the tasks have different labels and nothing says which the new
        ones get."""
        selection = self.selection(request, selection_id)
        form = NewTaskSerializer(data=request.data)
        form.is_valid(raise_exception=True)
        given = {"name": selection.name[:LONGEST_NAME], **form.validated_data}
        is_dry_run = given.pop("dry_run")
        options = NewTaskOptions.from_json(given)
        if is_dry_run:
            planned = services.plan_new_task(
                user=request.user, selection=selection, options=options
            )
            return dry_run(planned)

        def create() -> Response:
            publication, *_ = services.request_new_task(
                user=request.user,
                selection=selection,
                options=options,
                portal_url=request.build_absolute_uri("/"),
            )
            return accepted(request.user, publication)

        return once(request, create)

"""The frames of a selection in the API: read, changed, and as they were before a change."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers, viewsets
from rest_framework.decorators import action
from rest_framework.response import Response

from portal.api.choices import ChoiceField
from portal.api.fields import IdField, WholeNumberField
from portal.api.strict import StrictSerializer, takes
from portal.exceptions import NotFound
from portal.signed_in import SignedInApiRequest
from selections import services
from selections.api import serializers as selections_api
from selections.models import Revision, SelectedFrame, Selection
from selections.models.selected import FIRST_REVISION, LAST_REVISION

ADDED, REMOVED = "added", "removed"


class RevisionField(WholeNumberField):
    def __init__(self, **options: Any) -> None:
        super().__init__(min_value=FIRST_REVISION, max_value=LAST_REVISION, **options)


class FrameQuerySerializer(StrictSerializer):
    task_id = IdField(required=False)
    job_id = IdField(required=False)
    revision = RevisionField(
        required=False,
        help_text="The frames of this revision, for those who may edit the selection; without it, "
        "those that it has now.",
    )
    change = ChoiceField(
        choices=[ADDED, REMOVED],
        required=False,
        help_text="Only the frames that the revision added to the one before, or removed from it. "
        "Goes with `revision`.",
    )

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if "change" in attrs and "revision" not in attrs:
            raise serializers.ValidationError({"change": "goes with revision: say of which."})
        return attrs


class FrameChangeSerializer(StrictSerializer):
    """Frames to add to a selection, and frames to remove."""

    revision = RevisionField(help_text="The `revision` of the selection that you have seen.")
    add = selections_api.FramesField(required=False, help_text="Frames that it is to have too.")
    remove = selections_api.FramesField(
        required=False, help_text="Frames that it is not to have any more."
    )

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if not attrs.get("add") and not attrs.get("remove"):
            raise serializers.ValidationError("Name at least one frame, in add or in remove.")
        return attrs


class GoBackSerializer(StrictSerializer):
    revision = RevisionField(help_text="The `revision` of the selection that you have seen.")
    to = RevisionField(help_text="The earlier revision whose frames it is to have again.")


class RevisionSerializer(serializers.ModelSerializer[Revision]):
    """One state of the frames: who made it of the state before, and how many frames that added
    and removed. The first one is the frames as they were saved."""

    made_by = serializers.SerializerMethodField(
        help_text="User name; null for the frames as they were saved, and for a deleted account."
    )

    class Meta:
        model = Revision
        fields = [
            "number", "made_by", "made_at", "added", "removed", "frames_count", "back_to",
            "frame_selection_method",
        ]  # fmt: skip
        extra_kwargs = {
            "made_at": {"help_text": "When the change was made."},
            "added": {"help_text": "Frames that the revision before did not have."},
            "removed": {"help_text": "Frames that only the revision before has of the two."},
            "back_to": {
                "help_text": "The earlier revision whose frames it has again; null for any other "
                "change."
            },
            "number": {"help_text": "From 1, the frames as they were saved."},
        }

    @extend_schema_field(serializers.CharField(allow_null=True))
    def get_made_by(self, revision: Revision) -> str | None:
        return revision.made_by.username if revision.made_by else None


class FrameActions(viewsets.GenericViewSet[Any]):
    """Actions of one selection."""

    @takes(
        query=FrameQuerySerializer,
        is_paged=True,
        responses=selections_api.SelectedFrameSerializer(many=True),
    )
    @action(detail=True, filterset_class=None, filter_backends=[])
    def frames(self, request: SignedInApiRequest, pk: str) -> Response:
        """The frames, by task and number."""
        selection = self.get_object()
        query: dict[str, Any] = dict(self.query)  # type: ignore[attr-defined]  # of StrictView
        number, change = query.pop("revision", None), query.pop("change", None)
        if number is not None:
            selection, rows = _of_revision(selection, number, change)
        else:
            rows = selection.frames.all()
        page = self.paginate_queryset(rows.filter(**query))
        context = selections_api.frames_context(selection)
        listed = selections_api.SelectedFrameSerializer(page, many=True, context=context)
        return self.get_paginated_response(listed.data)

    @takes(body=FrameChangeSerializer, responses=selections_api.SelectionSerializer)
    @frames.mapping.patch
    def edit_frames(self, request: SignedInApiRequest, pk: str) -> Response:
        """Add and remove frames of a selection that you may edit, as its next revision. Frames that
        it has already, or has not, are no change.

        409 if somebody changed the frames after the `revision` that you name: look at them again,
        then repeat the request with the revision that it has now.
        """
        form = FrameChangeSerializer(data=request.data)
        form.is_valid(raise_exception=True)
        data = form.validated_data
        selection = services.edit_frames(
            user=request.user,
            selection=self.get_object(),
            revision=data["revision"],
            add=data.get("add", ()),
            remove=[(each.task_id, each.frame) for each in data.get("remove", ())],
        )
        return Response(selections_api.answered_selection(request, selection))

    @takes(is_paged=True, responses=RevisionSerializer(many=True))
    @action(detail=True, filterset_class=None, filter_backends=[])
    def revisions(self, request: SignedInApiRequest, pk: str) -> Response:
        """Who changed the frames of a selection that you may edit, and when: the newest first.
        Empty for a selection whose frames were never changed."""
        rows = self.get_object().revisions.filter(is_complete=True).select_related("made_by")
        page = self.paginate_queryset(rows)
        return self.get_paginated_response(RevisionSerializer(page, many=True).data)

    @takes(body=GoBackSerializer, responses=selections_api.SelectionSerializer)
    @action(
        detail=True,
        methods=["post"],
        url_path="go-back",
        url_name="go-back",
        filterset_class=None,
        filter_backends=[],
    )
    def go_back(self, request: SignedInApiRequest, pk: str) -> Response:
        """Give a selection that you may edit the frames of an earlier revision again. That is a
        change like any other: it makes the next revision, and 409 says that somebody changed the
        frames after the `revision` that you name."""
        form = GoBackSerializer(data=request.data)
        form.is_valid(raise_exception=True)
        selection = services.go_back(
            user=request.user, selection=self.get_object(), **form.validated_data
        )
        return Response(selections_api.answered_selection(request, selection))


def _of_revision(
    selection: Selection, number: int, change: str | None
) -> tuple[Selection, QuerySet[SelectedFrame]]:
    """The selection at a revision, and its frames or those of the change that made it. `selection`
    has `may_edit`. Raises NotFound."""
    if change is None and number == selection.revision:
        return selection, selection.frames.all()
    revision = selection.revisions.filter(number=number, is_complete=True).first()
    if revision is None or not getattr(selection, "may_edit", False):
        raise NotFound(f"This selection has no revision {number}, or you may not edit it.")
    if change == REMOVED:
        return selection.at(number - 1), revision.removed_frames()
    at_revision = selection.at(number)
    return at_revision, revision.added_frames() if change else at_revision.frames.all()

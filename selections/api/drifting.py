"""What changed in CVAT since a selection was saved, and what a draw would give, in the API."""

from __future__ import annotations

from typing import Any

from msgspec import structs
from rest_framework import serializers, viewsets
from rest_framework.decorators import action
from rest_framework.response import Response

from portal.api.fields import WholeNumberField
from portal.api.strict import StrictSerializer, takes
from portal.signed_in import SignedInApiRequest
from selections import services
from selections.sampling import MAX_SEED

FRAMES_LISTED = 100  # of each kind


class ChangedFrameSerializer(serializers.Serializer[Any]):
    task_id = serializers.IntegerField()
    frame = serializers.IntegerField()
    filename = serializers.CharField(help_text="The name as it was saved; empty for a video.")
    detail = serializers.CharField(help_text="What CVAT has now; empty if it has nothing.")


class ChangesSerializer(serializers.Serializer[Any]):
    change = serializers.ChoiceField(
        choices=[change.value for change in services.Change],
        help_text="`deleted` in CVAT; `missing`: not offered to you any more; `renamed`; `resized`:"
        " of another width or height.",
    )
    count = serializers.IntegerField()
    frames = ChangedFrameSerializer(many=True, help_text="The first hundred of them.")


class DriftSerializer(serializers.Serializer[Any]):
    total = serializers.IntegerField(help_text="Frames of the selection.")
    changes = ChangesSerializer(many=True, help_text="Each kind of change.")
    new_pictures = serializers.ListField(
        child=serializers.IntegerField(),
        help_text="Ids of tasks of which CVAT serves other pictures since the selection was saved.",
    )


class PreviewQuerySerializer(StrictSerializer):
    random_seed = WholeNumberField(required=False, min_value=0, max_value=MAX_SEED)


class PreviewedFrameSerializer(serializers.Serializer[Any]):
    task_id = serializers.IntegerField()
    job_id = serializers.IntegerField()
    frame = serializers.IntegerField()
    filename = serializers.CharField()


class PreviewSerializer(serializers.Serializer[Any]):
    random_seed = serializers.IntegerField()
    count = serializers.IntegerField(help_text="Frames that would be drawn.")
    count_before = serializers.IntegerField()
    same = serializers.IntegerField()
    new = serializers.IntegerField(help_text="Frames that would be drawn and are not saved.")
    gone = serializers.IntegerField(help_text="Saved frames that would not be drawn.")
    new_frames = PreviewedFrameSerializer(many=True, help_text="The first hundred of `new`.")
    gone_frames = PreviewedFrameSerializer(many=True, help_text="The first hundred of `gone`.")


class DriftActions(viewsets.GenericViewSet[Any]):
    """Actions of one selection."""

    @takes(responses=DriftSerializer)
    @action(detail=True, filterset_class=None, filter_backends=[], pagination_class=None)
    def drift(self, request: SignedInApiRequest, pk: str) -> Response:
        """What changed in CVAT since the selection was saved, asked now through your own
        connection. 503 while as many slow requests as may are being answered."""
        drift = services.find_drift(user=request.user, selection=self.get_object())
        changes = [
            {"change": change.value, "count": count, "frames": drift.frames[change]}
            for change, count in drift.counts.items()
        ]
        tasks = [task.task_id for task in drift.new_pictures]
        answer = {"total": drift.total, "changes": changes, "new_pictures": tasks}
        return Response(DriftSerializer(answer).data)

    @takes(query=PreviewQuerySerializer, responses=PreviewSerializer)
    @action(
        detail=True,
        url_path="draw-preview",
        url_name="draw-preview",
        filterset_class=None,
        filter_backends=[],
        pagination_class=None,
    )
    def draw_preview(self, request: SignedInApiRequest, pk: str) -> Response:
        """What `draw-again` would give, without saving it; with `random_seed` by that seed."""
        query: Any = self.query  # type: ignore[attr-defined]  # of StrictView
        preview = services.preview_draw(
            user=request.user, selection=self.get_object(), seed=query.get("random_seed")
        )
        answer = {
            "random_seed": preview.seed,
            "count": preview.count,
            "count_before": preview.count_before,
            "same": preview.same,
            "new": len(preview.new),
            "gone": len(preview.gone),
            "new_frames": [structs.asdict(frame) for frame in preview.new[:FRAMES_LISTED]],
            "gone_frames": preview.gone[:FRAMES_LISTED],
        }
        return Response(PreviewSerializer(answer).data)

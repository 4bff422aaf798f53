"""Marks on the frames of a selection, in the API."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from django.shortcuts import get_object_or_404
from drf_spectacular.utils import extend_schema_field
from rest_framework import mixins, serializers, viewsets
from rest_framework.request import Request
from rest_framework.response import Response

from cvat.frames import LARGEST_FRAME
from portal.api.choices import ChoiceField
from portal.api.fields import IdField, ListField, WholeNumberField
from portal.api.strict import StrictSerializer, StrictView, takes
from portal.signed_in import SignedInApiRequest
from selections import services
from selections.models import FrameMark, Selection
from selections.services import marking


class MarkedFrameSerializer(StrictSerializer):
    task_id = IdField()
    frame = WholeNumberField(min_value=0, max_value=LARGEST_FRAME)


class NewMarksSerializer(StrictSerializer):
    """What to set on each of the frames; what is not given stays as it is."""

    frames = ListField(child=MarkedFrameSerializer(), min_length=1, max_length=marking.MOST_FRAMES)
    verdict = ChoiceField(choices=["", *FrameMark.Verdict.values], required=False)
    tags = ListField(
        child=serializers.CharField(max_length=marking.LONGEST_TAG),
        max_length=marking.MOST_TAGS,
        required=False,
    )
    comment = serializers.CharField(
        max_length=marking.LONGEST_COMMENT, allow_blank=True, required=False
    )


class MarkSerializer(serializers.ModelSerializer[FrameMark]):
    tags = serializers.ListField(child=serializers.CharField())
    marked_by = serializers.SerializerMethodField()

    class Meta:
        model = FrameMark
        fields = ["task_id", "frame", "verdict", "tags", "comment", "marked_by", "marked_at"]

    @extend_schema_field(serializers.CharField(allow_null=True))
    def get_marked_by(self, mark: FrameMark) -> str | None:
        return mark.marked_by.username if mark.marked_by else None


class MarksAnswer(serializers.Serializer[Any]):
    marks = MarkSerializer(many=True)


class MarksQuerySerializer(StrictSerializer):
    verdict = ChoiceField(choices=FrameMark.Verdict.values, required=False)
    task_id = IdField(required=False)


class MarkViewSet(StrictView, mixins.ListModelMixin, viewsets.GenericViewSet[FrameMark]):
    serializer_class = MarkSerializer
    queryset = FrameMark.objects.none()

    def get_queryset(self) -> QuerySet[FrameMark]:
        visible = Selection.objects.for_user(self.request.user)
        selection = get_object_or_404(visible, pk=self.kwargs["selection_id"])
        return selection.present_marks().filter(**self.query).select_related("marked_by")

    @takes(query=MarksQuerySerializer, is_paged=True)
    def list(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """The frames that are marked, by task and number. Frames without a mark are left out."""
        return super().list(request, *args, **kwargs)

    @takes(body=NewMarksSerializer, responses=MarksAnswer)
    def create(self, request: SignedInApiRequest, selection_id: str) -> Response:
        """Mark frames of a selection that you may edit. `verdict` "", `tags` [] and `comment` ""
        clear; the answer has the marks as they are now. Repeating it changes nothing more."""
        editable = Selection.objects.editable_by(request.user)
        selection = get_object_or_404(editable, pk=selection_id)
        form = NewMarksSerializer(data=request.data)
        form.is_valid(raise_exception=True)
        data = dict(form.validated_data)
        places = [(each["task_id"], each["frame"]) for each in data.pop("frames")]
        marks = services.mark_frames(user=request.user, selection=selection, frames=places, **data)
        return Response({"marks": MarkSerializer(marks, many=True).data})

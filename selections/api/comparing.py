"""Combining and comparing selections in the API."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers, status, viewsets
from rest_framework.response import Response

from portal.api.choices import ChoiceField
from portal.api.fields import IdField, ListField
from portal.api.idempotency import PARAMETER as IDEMPOTENCY_KEY
from portal.api.idempotency import once
from portal.api.strict import StrictSerializer, StrictView, takes
from portal.exceptions import InvalidInput
from portal.signed_in import SignedInApiRequest
from selections import services
from selections.api.serializers import (
    SelectedFrameSerializer,
    SelectionSerializer,
    frames_context,
    saved_selection,
)
from selections.models import Selection

Operation = Selection.Operation


def _ids() -> ListField:
    return ListField(
        child=IdField(),
        min_length=2,
        max_length=services.MOST_COMBINED,
        help_text="Ids of two or more selections of one CVAT server, in the order that counts.",
    )


def _operation() -> ChoiceField:
    return ChoiceField(
        choices=Operation.choices,
        help_text="`union`: frames in any of the selections. `intersection`: frames in all of them."
        " `difference`: frames that only the first one has.",
    )


class CombineSerializer(StrictSerializer):
    selections = _ids()
    operation = _operation()
    name = serializers.CharField(required=False, allow_blank=True, max_length=200, default="")
    note = serializers.CharField(
        required=False, allow_blank=True, max_length=Selection.LONGEST_NOTE, default=""
    )


class CompareQuerySerializer(StrictSerializer):
    selections = _ids()


class ComparedFramesQuerySerializer(CompareQuerySerializer):
    operation = _operation()


class OnlyInSerializer(serializers.Serializer[Any]):
    selection = serializers.IntegerField()
    count = serializers.IntegerField()


class ComparisonSerializer(serializers.Serializer[Any]):
    """How many frames the selections have in any of them, in all of them, and in each one alone."""

    union = serializers.IntegerField(help_text="Frames in any of the selections.")
    intersection = serializers.IntegerField(help_text="Frames in all of the selections.")
    only_in = OnlyInSerializer(
        many=True, help_text="Frames that one selection alone has, for each selection."
    )


class ComparingViewSet(StrictView, viewsets.GenericViewSet[Any]):
    queryset = Selection.objects.none()
    serializer_class = SelectionSerializer

    @takes(
        body=CombineSerializer,
        parameters=[IDEMPOTENCY_KEY],
        responses={201: SelectionSerializer},
    )
    def combine(self, request: SignedInApiRequest) -> Response:
        """Save the union, intersection or difference of selections as a new one, which tells in
        `sources` what it was made from. A frame that several have counts for the job that the first
        of them names."""
        form = CombineSerializer(data=request.data)
        form.is_valid(raise_exception=True)
        data = form.validated_data

        def combine() -> Response:
            selection = services.combine_selections(
                user=request.user,
                selections=self._selections(request, data["selections"]),
                operation=Operation(data["operation"]),
                name=data["name"],
                note=data["note"],
            )
            answer = saved_selection(request, selection)
            return Response(answer, status=status.HTTP_201_CREATED)

        return once(request, combine)

    @takes(query=CompareQuerySerializer, responses=ComparisonSerializer)
    def compare(self, request: SignedInApiRequest) -> Response:
        """Count what is in all of the selections, and what in one alone. 503 with `Retry-After`
        while another comparison or split of yours is counted."""
        selections = self._selections(request, self.query["selections"])
        with services.counting_place(request.user):
            parts = services.compare_selections(selections)
        counts = {part.operation.value: part.count for part in parts}
        only_in = [
            {"selection": part.selections[0].pk, "count": part.count}
            for part in parts
            if part.operation == Operation.DIFFERENCE
        ]
        return Response(
            {
                "union": counts["union"],
                "intersection": counts["intersection"],
                "only_in": only_in,
            }
        )

    @takes(
        query=ComparedFramesQuerySerializer,
        is_paged=True,
        responses=SelectedFrameSerializer(many=True),
    )
    def frames(self, request: SignedInApiRequest) -> Response:
        """The frames that an operation leaves of the selections, by task and number."""
        selections = self._selections(request, self.query["selections"])
        frames = services.combined_frames(Operation(self.query["operation"]), selections)
        with services.counting_place(request.user):
            page = self.paginate_queryset(frames)
        listed = SelectedFrameSerializer(page, many=True, context=frames_context(*selections))
        return self.get_paginated_response(listed.data)

    def _selections(self, request: SignedInApiRequest, ids: list[int]) -> list[Selection]:
        selections = services.visible_selections(user=request.user, ids=ids)
        if len(selections) < 2:
            raise InvalidInput("Name at least two different selections.")
        return selections

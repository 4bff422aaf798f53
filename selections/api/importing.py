"""POST /api/selections/import: a selection from a list of frames."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from django.conf import settings
from rest_framework import serializers, status
from rest_framework.response import Response
from rest_framework.views import APIView

from portal.api.fields import IdField, ListField
from portal.api.idempotency import PARAMETER as IDEMPOTENCY_KEY
from portal.api.idempotency import once
from portal.api.parsers import TakesFrames
from portal.api.strict import StrictSerializer, StrictView, takes
from portal.signed_in import SignedInApiRequest
from selections import services
from selections.api.serializers import SelectionSerializer, saved_selection
from selections.models import Selection
from selector.services.connections import find_connection

MOST_TOLD = 10_000  # entries that do not match: 200,000 would be an answer of 50 MB


class ImportSerializer(StrictSerializer):
    text = serializers.CharField(
        trim_whitespace=False,
        max_length=settings.FRAMES_UPLOAD_MAX_SIZE,
        help_text="The list: CSV with a line of column names (`filename`, or `task_id` and "
        "`frame`), the JSON of `frames.json`, or a file name on each line.",
    )
    tasks = ListField(
        child=IdField(),
        required=False,
        default=list,
        help_text="Ids of tasks in which names are looked up, for lists that name no task.",
    )
    connection = IdField(required=False, allow_null=True)
    name = serializers.CharField(required=False, allow_blank=True, max_length=200, default="")
    note = serializers.CharField(
        required=False, allow_blank=True, max_length=Selection.LONGEST_NOTE, default=""
    )
    saves_partly = serializers.BooleanField(
        default=False, help_text="Save the frames that match even if other entries do not."
    )


class UnmatchedSerializer(serializers.Serializer[Any]):
    line = serializers.IntegerField(help_text="Number of the line or entry, from 1.")
    text = serializers.CharField(help_text="The entry, its first 200 characters.")
    reason = serializers.ChoiceField(choices=[reason.value for reason in services.Reason])
    message = serializers.CharField(help_text="Why the entry is no frame, as a sentence.")


class ImportedSerializer(serializers.Serializer[Any]):
    selection = SelectionSerializer(
        allow_null=True, help_text="The new selection; null if nothing was saved."
    )
    matched = serializers.IntegerField(help_text="How many frames the list names.")
    repeated = serializers.IntegerField(help_text="Entries whose frame was named before.")
    unmatched = UnmatchedSerializer(
        many=True, help_text=f"The entries that are no frame, the first {MOST_TOLD:,} of them."
    )
    unmatched_count = serializers.IntegerField(help_text="How many entries are no frame.")
    remark = serializers.CharField(help_text="What became of the draw of the list; mostly empty.")


class ImportView(TakesFrames, StrictView, APIView):
    @takes(
        body=ImportSerializer,
        parameters=[IDEMPOTENCY_KEY],
        responses={200: ImportedSerializer, 201: ImportedSerializer},
    )
    def post(self, request: SignedInApiRequest) -> Response:
        """Save the frames of a list. 200 with `selection` null if entries do not match, unless
        `saves_partly`: nothing was saved then. Names are exact, with their folders; one without
        folders may be in any folder."""
        form = ImportSerializer(data=request.data)
        form.is_valid(raise_exception=True)
        data = form.validated_data

        def save() -> Response:
            imported = services.import_list(
                user=request.user,
                connection=find_connection(user=request.user, connection_id=data.get("connection")),
                text=data["text"],
                task_ids=data["tasks"],
                name=data["name"],
                note=data["note"],
                saves_partly=data["saves_partly"],
            )
            answer: dict[str, Any] = {
                "selection": None,
                "matched": imported.matched,
                "repeated": imported.repeated,
                "unmatched": [asdict(each) for each in imported.unmatched[:MOST_TOLD]],
                "unmatched_count": len(imported.unmatched),
                "remark": imported.remark,
            }
            if imported.selection is None:
                return Response(answer)
            answer["selection"] = saved_selection(request, imported.selection)
            return Response(answer, status=status.HTTP_201_CREATED)

        return once(request, save)

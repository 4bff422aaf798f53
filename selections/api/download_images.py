"""POST /api/download-images: build a ZIP and, if asked, wait for it."""

from __future__ import annotations

import re
import time
from contextlib import suppress
from typing import Any

from django.conf import settings
from django.http import HttpResponseBase
from drf_spectacular.utils import OpenApiParameter
from rest_framework import serializers, status
from rest_framework.response import Response

from portal.api.fields import IdField
from portal.api.idempotency import PARAMETER as IDEMPOTENCY_KEY
from portal.api.idempotency import once
from portal.api.parsers import TakesFrames
from portal.api.strict import takes
from portal.api.views import SpecifiedView
from portal.exceptions import Busy, Conflict, NotFound
from portal.hanging_up import has_hung_up
from portal.signed_in import SignedInApiRequest
from portal.thread_share import slow_work, slow_work_limits
from selections import downloads, live_downloads, services
from selections.api import archive_serializers as archives_api
from selections.api.archives import ZIP
from selections.api.serializers import FramesField
from selections.models import (
    Archive,
    Selection,
)
from selector.services.connections import find_connection

LONGEST_WAIT = 60  # seconds; a waiting request holds a thread of the web server
WAIT_PAUSE = 0.2


class DownloadImagesSerializer(archives_api.NewArchiveSerializer):
    frames = FramesField(required=False, allow_null=True)
    selection = IdField(required=False, allow_null=True)
    connection = IdField(required=False, allow_null=True)
    name = serializers.CharField(required=False, allow_blank=True, max_length=200, default="")
    follow = serializers.BooleanField(
        default=False,
        help_text="Answer the ZIP while it is built, as `download` does with `follow`.",
    )

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if bool(attrs.get("frames")) == (attrs.get("selection") is not None):
            raise serializers.ValidationError(
                "Give either frames (at least one) or the id of a selection."
            )
        if attrs.get("selection") is not None and attrs["name"]:
            raise serializers.ValidationError(
                {"name": "goes with frames: a selection has its name already."}
            )
        if attrs.get("selection") is not None and attrs.get("connection") is not None:
            raise serializers.ValidationError(
                "A connection goes with frames; a selection is built through your own "
                "connection to its server."
            )
        return super().validate(attrs)


class DownloadImagesAnswer(serializers.Serializer[Any]):
    success = serializers.BooleanField()
    archive = archives_api.ArchiveSerializer()
    selection = serializers.IntegerField()


class DownloadImagesView(TakesFrames, SpecifiedView):
    @takes(
        body=DownloadImagesSerializer,
        parameters=[IDEMPOTENCY_KEY, OpenApiParameter("Prefer", str, OpenApiParameter.HEADER)],
        responses={202: DownloadImagesAnswer, **ZIP},
    )
    def post(self, request: SignedInApiRequest) -> HttpResponseBase:
        """Build a ZIP of frames or of a saved selection.

        Answers 202 at once. With `Prefer: wait=N` (seconds, at most 60) the ZIP itself, if it is
        ready by then. Only a few requests wait at a time, of one person and of all: the others
        are answered 202 at once all the same.

        With `follow` the ZIP while it is built, see `download` of archives; 202 where that cannot
        be done.
        """
        form = DownloadImagesSerializer(data=request.data)
        form.is_valid(raise_exception=True)
        answer = once(request, lambda: self._build(request, form))
        built = Archive.objects.for_user(request.user).filter(pk=answer.data["archive"]["id"])
        archive = built.first()
        is_following = form.validated_data["follow"] and form.options().makes_one_file
        if archive is None or not (is_following or _wanted_wait(request)):
            return answer
        if is_following:
            with suppress(Busy, Conflict):
                return live_downloads.follow(request, archive)
        if _wait(request, archive):
            return downloads.send(request, archive)
        archive = built.first()  # again: its status may have changed while waiting
        if archive is None:
            return answer
        context = {"request": request}
        now = archives_api.ArchiveSerializer(archive, context=context).data
        return Response(answer.data | {"archive": now}, status=answer.status_code)

    def _build(self, request: SignedInApiRequest, form: DownloadImagesSerializer) -> Response:
        data = form.validated_data
        if data.get("selection") is not None:
            archive = services.request_archive(
                user=request.user,
                selection=_selection(request, data["selection"]),
                options=form.options(),
                named_after_selection=False,
            )
        else:
            archive = services.request_archive_of_frames(
                user=request.user,
                connection=find_connection(user=request.user, connection_id=data.get("connection")),
                choices=data["frames"],
                name=data["name"],
                options=form.options(),
            )
        answer = {
            "success": True,
            "archive": archives_api.ArchiveSerializer(archive, context={"request": request}).data,
            "selection": archive.selection_id,
        }
        return Response(answer, status=status.HTTP_202_ACCEPTED)


def _selection(request: SignedInApiRequest, pk: int) -> Selection:
    selection = Selection.objects.for_user(request.user).filter(pk=pk).first()
    if selection is None:
        raise NotFound(f"You have no selection {pk}, nor is it shared.")
    return selection


def _wanted_wait(request: SignedInApiRequest) -> int:
    """Seconds of `Prefer: wait=N` (RFC 7240); 0 without it."""
    wait = re.search(r"\bwait\s*=\s*\"?(\d{1,6})", request.headers.get("Prefer", ""))
    return min(int(wait[1]), LONGEST_WAIT) if wait else 0


def _wait(request: SignedInApiRequest, archive: Archive) -> bool:
    """True as soon as the file is there; False when the time is over, when there will be none,
    when it would not be the whole (one of several parts, or without some frames), and when no
    thread is to be had for waiting."""
    seconds = _wanted_wait(request)
    if seconds <= 0:
        return False
    limits = slow_work_limits() | {
        "waiting": max(1, settings.WEB_THREADS // 8),
        f"waiting of person {request.user.pk}": 1,
    }
    with slow_work.place(limits, may_wait=False) as may_wait:
        end = time.monotonic() + seconds if may_wait else 0.0
        while archive.is_active and time.monotonic() < end and not has_hung_up(request):
            time.sleep(WAIT_PAUSE)
            archive.refresh_from_db(fields=["status"])
    archive.refresh_from_db()
    return archive.status == Archive.Status.READY and archive.parts.count() == 1

"""What all kinds of publications share in the API: look, decide, ask for it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.contrib.auth.models import User
from django.shortcuts import get_object_or_404
from rest_framework import serializers, status, viewsets
from rest_framework.generics import GenericAPIView
from rest_framework.response import Response

from portal.api.choices import ChoiceField
from portal.api.strict import StrictSerializer, StrictView
from portal.api.views import IDS
from portal.signed_in import SignedInApiRequest
from publishing.api.publications import PublicationSerializer
from publishing.change import DELETED_FRAMES, Change
from publishing.models import Publication, PublicationQuerySet
from selections.models import Selection


class DryRunnableSerializer(StrictSerializer):
    """What every publication takes."""

    dry_run = serializers.BooleanField(
        default=False,
        help_text="Answer the requests that would change something in CVAT, and send none.",
    )


class DecisionsSerializer(DryRunnableSerializer):
    """The decisions that every publication of pictures needs."""

    deleted_frames = ChoiceField(
        choices=DELETED_FRAMES,
        required=False,
        help_text="Frames that are deleted in CVAT. Needed if there are such.",
    )


class ChangeSerializer(serializers.Serializer[Any]):
    """A request that changes something in CVAT."""

    method = serializers.CharField(help_text="Such as `POST`.")
    path = serializers.CharField(help_text="Below the address of CVAT, such as `/api/jobs`.")
    text = serializers.CharField(help_text="What it does.")
    body = serializers.JSONField(
        allow_null=True, help_text="The JSON that would be sent; null for none."
    )


class DryRunSerializer(serializers.Serializer[Any]):
    requests = ChangeSerializer(many=True, help_text="In the order in which they would be sent.")


class DecidingView(StrictView, GenericAPIView[Selection]):
    """Base class of the views that make something of a selection in CVAT."""

    asks_cvat = True
    queryset = Selection.objects.none()

    def selection(self, request: SignedInApiRequest, selection_id: int) -> Selection:
        return get_object_or_404(Selection.objects.for_user(request.user), pk=selection_id)


class DecidingViewSet(StrictView, viewsets.GenericViewSet[Publication]):
    """Base class of the views that change something more in CVAT for a publication."""

    asks_cvat = True
    serializer_class = PublicationSerializer
    queryset = Publication.objects.none()
    lookup_value_regex = IDS

    def get_queryset(self) -> PublicationQuerySet:
        return Publication.objects.for_user(self.request.user).for_list()


def dry_run(planned: Iterable[Change]) -> Response:
    """The answer with the requests that would be sent."""
    return Response(DryRunSerializer({"requests": planned}).data)


def accepted(user: User, publication: Publication) -> Response:
    """The answer to a request for a publication, which a worker carries out."""
    own = Publication.objects.for_user(user).with_visible_selection(user)
    answer = PublicationSerializer(own.get(pk=publication.pk))
    return Response(answer.data, status=status.HTTP_202_ACCEPTED)

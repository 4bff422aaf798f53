"""Teams and their members in the API."""

from __future__ import annotations

from typing import Any

from django.shortcuts import get_object_or_404
from rest_framework import mixins, serializers, status, viewsets
from rest_framework.request import Request
from rest_framework.response import Response

from portal.api.idempotency import PARAMETER as IDEMPOTENCY_KEY
from portal.api.idempotency import once
from portal.api.strict import StrictFields, StrictSerializer, StrictView, takes
from portal.api.views import IDS
from portal.models import Team, TeamMember, TeamMemberQuerySet, TeamQuerySet
from portal.services import teams
from portal.signed_in import SignedInApiRequest


class TeamSerializer(StrictFields, serializers.ModelSerializer[Team]):
    members_count = serializers.IntegerField(read_only=True, help_text="How many members.")
    managed = serializers.BooleanField(
        read_only=True,
        help_text="Whether you may rename and delete it, and add and remove members.",
    )

    class Meta:
        model = Team
        fields = ["id", "name", "members_count", "managed", "created_at"]
        read_only_fields = ["id", "created_at"]
        # What the database checks, the service tells of.
        validators: list[Any] = []


class NewMemberSerializer(StrictSerializer):
    person = serializers.CharField(
        max_length=150, help_text="User name in the portal, whole and exactly as at the sign-in."
    )
    manages = serializers.BooleanField(default=False)


class MemberChangeSerializer(StrictSerializer):
    manages = serializers.BooleanField()


class MemberSerializer(serializers.ModelSerializer[TeamMember]):
    person = serializers.CharField(source="person.username", read_only=True)

    class Meta:
        model = TeamMember
        fields = ["id", "person", "manages", "joined_at"]


class TeamViewSet(
    StrictView,
    mixins.ListModelMixin,
    mixins.RetrieveModelMixin,
    mixins.DestroyModelMixin,
    viewsets.GenericViewSet[Team],
):
    serializer_class = TeamSerializer
    queryset = Team.objects.none()
    lookup_value_regex = IDS

    def get_queryset(self) -> TeamQuerySet:
        if self.action in {"destroy", "partial_update"}:
            return Team.objects.managed_by(self.request.user)
        return Team.objects.for_user(self.request.user).for_list(self.request.user)

    @takes(body=TeamSerializer, parameters=[IDEMPOTENCY_KEY], responses={201: TeamSerializer})
    def create(self, request: SignedInApiRequest) -> Response:
        """A new team, which you manage. A name that a team has already is refused."""
        form = self.get_serializer(data=request.data)
        form.is_valid(raise_exception=True)

        def create() -> Response:
            team = teams.create_team(user=request.user, **form.validated_data)
            return self._answer(team, status.HTTP_201_CREATED)

        return once(request, create)

    @takes(body=TeamSerializer)
    def partial_update(self, request: SignedInApiRequest, pk: str) -> Response:
        """Rename a team that you manage."""
        team = self.get_object()
        form = self.get_serializer(team, data=request.data, partial=True)
        form.is_valid(raise_exception=True)
        if form.validated_data:
            teams.rename_team(team=team, **form.validated_data)
        return self._answer(team, status.HTTP_200_OK)

    def perform_destroy(self, instance: Team) -> None:
        teams.delete_team(team=instance)

    def _answer(self, team: Team, code: int) -> Response:
        visible = Team.objects.for_user(self.request.user).for_list(self.request.user)
        again = visible.get(pk=team.pk)
        return Response(self.get_serializer(again).data, status=code)


class MemberViewSet(
    StrictView,
    mixins.ListModelMixin,
    mixins.DestroyModelMixin,
    viewsets.GenericViewSet[TeamMember],
):
    serializer_class = MemberSerializer
    queryset = TeamMember.objects.none()
    lookup_value_regex = IDS

    def get_queryset(self) -> TeamMemberQuerySet:
        team = get_object_or_404(
            Team.objects.for_user(self.request.user), pk=self.kwargs["team_id"]
        )
        members = TeamMember.objects.for_user(self.request.user).filter(team=team)
        return members.select_related("person", "team")

    @takes(is_paged=True)
    def list(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """The members of a team of yours, those of longest standing first."""
        return super().list(request, *args, **kwargs)

    @takes(body=NewMemberSerializer, responses={201: MemberSerializer})
    def create(self, request: SignedInApiRequest, team_id: str) -> Response:
        """Add a person to a team that you manage. A member stays as it is."""
        team = get_object_or_404(Team.objects.managed_by(request.user), pk=team_id)
        form = NewMemberSerializer(data=request.data)
        form.is_valid(raise_exception=True)
        data = form.validated_data
        member = teams.add_member(team=team, username=data["person"], manages=data["manages"])
        return Response(self.get_serializer(member).data, status=status.HTTP_201_CREATED)

    @takes(body=MemberChangeSerializer, responses=MemberSerializer)
    def partial_update(self, request: SignedInApiRequest, team_id: str, pk: str) -> Response:
        """Say whether a member manages the team, as somebody must."""
        member = self.get_object()
        form = MemberChangeSerializer(data=request.data)
        form.is_valid(raise_exception=True)
        changed = teams.set_manages(member=member, manages=form.validated_data["manages"])
        return Response(self.get_serializer(changed).data)

    @takes()
    def destroy(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Take a member out of a team that you manage, or yourself out of a team of yours. When
        nobody else manages it, its oldest member does; a team without members is deleted."""
        return super().destroy(request, *args, **kwargs)

    def perform_destroy(self, instance: TeamMember) -> None:
        teams.remove_member(member=instance)

    def get_object(self) -> TeamMember:
        member = super().get_object()
        is_leaving = self.action == "destroy" and member.person_id == self.request.user.pk
        if not is_leaving:
            get_object_or_404(Team.objects.managed_by(self.request.user), pk=member.team_id)
        return member

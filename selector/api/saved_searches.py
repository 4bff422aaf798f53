"""Saved searches for tasks in the API."""

from __future__ import annotations

from rest_framework import mixins, serializers, status, viewsets
from rest_framework.response import Response

from portal.api.fields import IdField
from portal.api.idempotency import PARAMETER as IDEMPOTENCY_KEY
from portal.api.idempotency import once
from portal.api.strict import StrictView, takes
from portal.api.views import IDS
from portal.signed_in import SignedInApiRequest
from selector.api.serializers import TaskSearchFields, task_search_values
from selector.models import LONGEST_WORDS, SavedSearch, SavedSearchQuerySet
from selector.services import saved_searches
from selector.services.connections import find_connection
from selector.task_search import TaskSearch


class SavedSearchSerializer(serializers.ModelSerializer[SavedSearch]):
    """A named search for tasks of one CVAT server. What is empty or null does not count."""

    class Meta:
        model = SavedSearch
        fields = [
            "id",
            "name",
            "url",
            "organization",
            "search",
            "project_id",
            "status",
            "assignee",
            "subset",
            "created_at",
        ]
        read_only_fields = fields
        extra_kwargs = {
            "url": {"help_text": "Address of the CVAT server."},
            "search": {"help_text": "Words in the names of tasks, projects and people."},
            "status": {"help_text": "That of the least advanced job of a task."},
            "assignee": {"help_text": "User name in CVAT of the person a task is assigned to."},
            "subset": {"help_text": "Subset of a task, such as train."},
        }


class NewSavedSearchSerializer(TaskSearchFields):
    """A name, and what tasks are searched for: at least one condition, of which all must be
    fulfilled."""

    name = serializers.CharField(max_length=100)
    search = serializers.CharField(
        required=False,
        allow_blank=True,
        max_length=LONGEST_WORDS,
        help_text="Words, which CVAT looks for in names of tasks, projects and people.",
    )
    connection = IdField(required=False, allow_null=True)


class SavedSearchViewSet(
    StrictView,
    mixins.ListModelMixin,
    mixins.RetrieveModelMixin,
    viewsets.GenericViewSet[SavedSearch],
):
    """Without the deletion, which asks for the recipes that draw from a search:
    selections/api/saved_searches.py."""

    serializer_class = SavedSearchSerializer
    queryset = SavedSearch.objects.none()
    lookup_value_regex = IDS

    def get_queryset(self) -> SavedSearchQuerySet:
        # Without an order the pages of the list may overlap.
        return SavedSearch.objects.for_user(self.request.user).order_by("-pk")

    @takes(
        body=NewSavedSearchSerializer,
        parameters=[IDEMPOTENCY_KEY],
        responses={201: SavedSearchSerializer},
    )
    def create(self, request: SignedInApiRequest) -> Response:
        """Save a search for tasks. `saved_search` in `load-images`, `random-select`, selections and
        recipes then means the tasks that match at that time."""
        form = NewSavedSearchSerializer(data=request.data)
        form.is_valid(raise_exception=True)
        data = form.validated_data

        def save() -> Response:
            saved = saved_searches.save_search(
                user=request.user,
                connection=find_connection(user=request.user, connection_id=data.get("connection")),
                criteria=TaskSearch(**task_search_values(data)),
                name=data["name"],
            )
            answer = SavedSearchSerializer(saved).data
            return Response(answer, status=status.HTTP_201_CREATED)

        return once(request, save)

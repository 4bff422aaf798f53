"""What CVAT has to offer, as the connection's account sees it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from rest_framework import viewsets
from rest_framework.exceptions import NotFound
from rest_framework.permissions import BasePermission
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import BaseSerializer
from rest_framework.views import APIView

from portal.api.paging import page_of_cvat
from portal.api.strict import StrictView, takes
from portal.signed_in import SignedInApiRequest
from selector import browsing, services
from selector.api import serializers
from selector.cvat_requests import cvat_client
from selector.models import Connection

MOST_PROJECTS = 1000


class CvatViewSet(StrictView, viewsets.ViewSet):
    asks_cvat = True
    lookup_value_regex = "[0-9]{1,18}"


class ProjectViewSet(CvatViewSet):
    @takes(query=serializers.SearchQuerySerializer, responses=serializers.ProjectPage)
    def list(self, request: SignedInApiRequest) -> Response:
        """The projects that CVAT shows to the connection's account, newest first, a page at a time:
        the newest 1000; `search` finds the others."""
        with cvat_client(_connection(request, self.query)) as client:
            projects = client.projects(search=self.query["search"], limit=MOST_PROJECTS)
        return _page(request, self.query, projects.results, serializers.ProjectSerializer)


class TaskViewSet(CvatViewSet):
    @takes(query=serializers.TaskQuerySerializer, responses=serializers.TaskPage)
    def list(self, request: SignedInApiRequest) -> Response:
        """The tasks that CVAT shows to the connection's account, newest first, a page at a time."""
        query = self.query
        place = {"page": query["page"], "page_size": query["page_size"]}
        found = browsing.list_tasks(
            connection=_connection(request, query),
            search=query["search"],
            project_id=query.get("project_id"),
            **place,
        )
        results = serializers.TaskSerializer(found.results, many=True).data
        return page_of_cvat(request, results, count=found.count, **place)

    @takes(query=serializers.ConnectionQuerySerializer, responses=serializers.TaskSerializer)
    def retrieve(self, request: SignedInApiRequest, pk: str) -> Response:
        """One task."""
        with cvat_client(_connection(request, self.query)) as client:
            return Response(serializers.TaskSerializer(client.task(int(pk))).data)


class JobListView(StrictView, APIView):
    asks_cvat = True

    @takes(
        query=serializers.PageQuerySerializer,
        responses=serializers.JobPage,
    )
    def get(self, request: SignedInApiRequest, task_id: int) -> Response:
        """The jobs of the task that CVAT shows to the connection's account, of every type, a page
        at a time."""
        with cvat_client(_connection(request, self.query)) as client:
            jobs = client.jobs(task_id)
            if not jobs:
                client.task(task_id)  # CVAT lists nothing for a task that is not there or closed
        return _page(request, self.query, jobs, serializers.JobSerializer)


class NothingHereView(APIView):
    """Every other address under /api/: told in JSON."""

    permission_classes: list[type[BasePermission]] = []

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        raise NotFound(
            "There is nothing at this address of the API (addresses end without a slash). "
            "What there is: /api/docs."
        )


def _page(
    request: SignedInApiRequest,
    query: dict[str, Any],
    rows: Sequence[Any],
    kind: type[BaseSerializer[Any]],
) -> Response:
    """The page asked for of rows that CVAT answered all at once."""
    page, size = query["page"], query["page_size"]
    results = kind(rows[(page - 1) * size : page * size], many=True).data
    return page_of_cvat(request, results, count=len(rows), page=page, page_size=size)


def _connection(request: SignedInApiRequest, query: dict[str, Any]) -> Connection:
    return services.find_connection(user=request.user, connection_id=query.get("connection"))

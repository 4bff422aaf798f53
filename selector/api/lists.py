"""The projects, tasks and jobs that CVAT shows to the connection's account."""

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
from portal.api.views import IDS
from portal.signed_in import SignedInApiRequest
from selector.api import serializers
from selector.models import Connection
from selector.services import connections, task_lists
from selector.task_search import TaskSearch


class CvatViewSet(StrictView, viewsets.ViewSet):
    asks_cvat = True
    lookup_value_regex = IDS


class ProjectViewSet(CvatViewSet):
    @takes(query=serializers.SearchQuerySerializer, responses=serializers.ProjectPage)
    def list(self, request: SignedInApiRequest) -> Response:
        """The projects that CVAT shows to the connection's account, newest first, a page at a time:
        the newest 1000; `search` finds the others."""
        projects = task_lists.list_projects(
            connection=_connection(request, self.query), search=self.query["search"]
        )
        return _page(request, self.query, projects.results, serializers.ProjectSerializer)


class TaskViewSet(CvatViewSet):
    @takes(query=serializers.TaskQuerySerializer, responses=serializers.TaskPage)
    def list(self, request: SignedInApiRequest) -> Response:
        """The tasks that CVAT shows to the connection's account, newest first, a page at a time; of
        the given parameters all must be fulfilled."""
        query = self.query
        place = {"page": query["page"], "page_size": query["page_size"]}
        tasks = task_lists.list_tasks(
            connection=_connection(request, query),
            search=TaskSearch(**serializers.task_search_values(query)),
            **place,
        )
        results = serializers.TaskSerializer(tasks.results, many=True).data
        return page_of_cvat(request, results, count=tasks.count, **place)

    @takes(query=serializers.ConnectionQuerySerializer, responses=serializers.TaskSerializer)
    def retrieve(self, request: SignedInApiRequest, pk: str) -> Response:
        """One task."""
        task = task_lists.read_task(connection=_connection(request, self.query), task_id=int(pk))
        return Response(serializers.TaskSerializer(task).data)


class JobListView(StrictView, APIView):
    asks_cvat = True

    @takes(
        query=serializers.PageQuerySerializer,
        responses=serializers.JobPage,
    )
    def get(self, request: SignedInApiRequest, task_id: int) -> Response:
        """The jobs of the task that CVAT shows to the connection's account, of every type, a page
        at a time."""
        jobs = task_lists.list_jobs(connection=_connection(request, self.query), task_id=task_id)
        return _page(request, self.query, jobs, serializers.JobSerializer)


class UnknownAddressView(APIView):
    """Every other address under /api/: 404 in JSON."""

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
    """One page of rows that CVAT answered all at once."""
    page, size = query["page"], query["page_size"]
    results = kind(rows[(page - 1) * size : page * size], many=True).data
    return page_of_cvat(request, results, count=len(rows), page=page, page_size=size)


def _connection(request: SignedInApiRequest, query: dict[str, Any]) -> Connection:
    return connections.find_connection(user=request.user, connection_id=query.get("connection"))

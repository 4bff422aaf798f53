"""The dialogue with CVAT for scripts: parse, call one service, answer."""

from __future__ import annotations

from typing import Any

from django.views.decorators.debug import sensitive_variables
from drf_spectacular.utils import extend_schema
from rest_framework import mixins, status, viewsets
from rest_framework.permissions import BasePermission, IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from selector import services
from selector.api import serializers
from selector.cvat.types import Frame
from selector.models import ApiToken, ApiTokenQuerySet, Connection, ConnectionQuerySet
from selector.services import PER_JOB
from selector.signed_in import SignedInApiRequest


class SpecifiedView(APIView):
    """One of the four endpoints of the specification, with its own shape of errors."""

    is_specified = True


def image(frame: Frame) -> dict[str, Any]:
    return {
        "frame": frame.frame,
        "task_id": frame.task_id,
        "job_id": frame.job_id,
        "filename": frame.filename,
        "width": frame.width,
        "height": frame.height,
    }


class TestConnectionView(SpecifiedView):
    @extend_schema(
        request=serializers.TestConnectionSerializer, responses=serializers.TestConnectionAnswer
    )
    @sensitive_variables("data", "form")
    def post(self, request: SignedInApiRequest) -> Response:
        """Try an account on a CVAT server and keep the access for the other calls."""
        form = serializers.TestConnectionSerializer(data=request.data)
        form.is_valid(raise_exception=True)
        connected = services.connect(owner=request.user, **form.validated_data)
        connection = connected.connection
        message = f"Connected to {connection.url} as {connection.username}. {connected.notice}"
        return Response(
            {
                "success": True,
                "message": message.strip(),
                "connection": serializers.ConnectionSerializer(connection).data,
                "user": {"username": connection.username},
            }
        )


class LoadImagesView(SpecifiedView):
    @extend_schema(request=serializers.SourceSerializer, responses=serializers.CatalogAnswer)
    def post(self, request: SignedInApiRequest) -> Response:
        """Every frame of a task or a job that can be chosen."""
        form = serializers.SourceSerializer(data=request.data)
        form.is_valid(raise_exception=True)
        data = form.validated_data
        catalog = services.load_catalog(
            connection=services.find_connection(
                user=request.user, connection_id=data.get("connection")
            ),
            task_id=data.get("task_id"),
            job_id=data.get("job_id"),
        )
        return Response(
            {
                "success": True,
                "images": [image(frame) for frame in catalog.frames],
                "count": len(catalog.frames),
                "source": "job" if data.get("job_id") else "task",
                "task_id": catalog.task_id,
                "task_name": catalog.task_name,
                "mode": catalog.mode,
                "jobs": serializers.JobSerializer(catalog.jobs, many=True).data,
                "deleted_count": catalog.deleted_count,
                "honeypot_count": catalog.honeypot_count,
            }
        )


class RandomSelectView(SpecifiedView):
    @extend_schema(
        request=serializers.RandomSelectSerializer, responses=serializers.RandomSelectAnswer
    )
    def post(self, request: SignedInApiRequest) -> Response:
        """`count` frames from the job, or from each job of the task.

        Or, with `frame_selection_method` and one of CVAT's amounts, over all jobs together or a
        share.
        """
        form = serializers.RandomSelectSerializer(data=request.data)
        form.is_valid(raise_exception=True)
        data = form.validated_data
        draw = services.draw(
            connection=services.find_connection(
                user=request.user, connection_id=data.get("connection")
            ),
            request=form.request(),
        )
        return Response(
            {
                "success": True,
                "images": [image(frame) for frame in draw.frames],
                "count": len(draw.frames),
                "total_available": sum(job.total for job in draw.summary),
                "source": "job" if data.get("job_id") else "task",
                "jobs_count": len(draw.summary),
                "per_job_count": draw.request.count if draw.request.method == PER_JOB else None,
                "random_seed": draw.seed,
                "job_summary": serializers.JobSummarySerializer(draw.summary, many=True).data,
            }
        )


class ConnectionViewSet(
    mixins.ListModelMixin,
    mixins.RetrieveModelMixin,
    mixins.DestroyModelMixin,
    viewsets.GenericViewSet[Connection],
):
    serializer_class = serializers.ConnectionSerializer
    queryset = Connection.objects.none()

    def get_queryset(self) -> ConnectionQuerySet:
        return Connection.objects.for_user(self.request.user)

    @extend_schema(
        request=serializers.NewConnectionSerializer,
        responses={201: serializers.ConnectionSerializer},
    )
    @sensitive_variables("form")
    def create(self, request: SignedInApiRequest) -> Response:
        form = serializers.NewConnectionSerializer(data=request.data)
        form.is_valid(raise_exception=True)
        connected = services.connect(owner=request.user, **form.validated_data)
        return Response(
            self.get_serializer(connected.connection).data, status=status.HTTP_201_CREATED
        )


class NotByToken(BasePermission):
    """A leaked API token must not be able to make itself successors."""

    message = "API tokens are managed by signed-in people, not by API tokens."

    def has_permission(self, request: Request, view: APIView) -> bool:
        return not isinstance(request.auth, ApiToken)


class ApiTokenViewSet(
    mixins.ListModelMixin, mixins.DestroyModelMixin, viewsets.GenericViewSet[ApiToken]
):
    serializer_class = serializers.ApiTokenSerializer
    queryset = ApiToken.objects.none()
    permission_classes = [IsAuthenticated, NotByToken]

    def get_queryset(self) -> ApiTokenQuerySet:
        return ApiToken.objects.for_user(self.request.user)

    @extend_schema(request=serializers.NewApiTokenSerializer)
    @sensitive_variables("value")
    def create(self, request: SignedInApiRequest) -> Response:
        """A new token. `value` is in this answer and nowhere else."""
        form = serializers.NewApiTokenSerializer(data=request.data)
        form.is_valid(raise_exception=True)
        token, value = ApiToken.objects.issue(owner=request.user, **form.validated_data)
        answer = self.get_serializer(token).data | {"value": value}
        return Response(answer, status=status.HTTP_201_CREATED)


class ProjectViewSet(viewsets.ViewSet):
    @extend_schema(
        parameters=[serializers.ListQuerySerializer],
        responses=serializers.ProjectSerializer(many=True),
    )
    def list(self, request: SignedInApiRequest) -> Response:
        """The projects that CVAT shows to the connection's account."""
        query = _list_query(request)
        with services.asking(_connection(request, query)) as client:
            projects = client.projects(search=query["search"])
        return Response(serializers.ProjectSerializer(projects, many=True).data)


class TaskViewSet(viewsets.ViewSet):
    lookup_value_regex = "[0-9]{1,18}"

    @extend_schema(
        parameters=[serializers.ListQuerySerializer],
        responses=serializers.TaskSerializer(many=True),
    )
    def list(self, request: SignedInApiRequest) -> Response:
        """The tasks that CVAT shows to the connection's account, newest first, a page at a time."""
        query = _list_query(request)
        with services.asking(_connection(request, query)) as client:
            page = client.tasks(
                search=query["search"],
                project_id=query.get("project_id"),
                page=query["page"],
                page_size=query["page_size"],
            )
        return Response(
            {
                "count": page.count,
                "results": serializers.TaskSerializer(page.results, many=True).data,
            }
        )

    @extend_schema(responses=serializers.TaskSerializer)
    def retrieve(self, request: SignedInApiRequest, pk: str) -> Response:
        with services.asking(_connection(request, _list_query(request))) as client:
            return Response(serializers.TaskSerializer(client.task(int(pk))).data)


class JobListView(APIView):
    @extend_schema(
        parameters=[serializers.ListQuerySerializer],
        responses=serializers.JobSerializer(many=True),
    )
    def get(self, request: SignedInApiRequest, task_id: int) -> Response:
        with services.asking(_connection(request, _list_query(request))) as client:
            return Response(serializers.JobSerializer(client.jobs(task_id), many=True).data)


def _list_query(request: SignedInApiRequest) -> dict[str, Any]:
    query = serializers.ListQuerySerializer(data=request.query_params)
    query.is_valid(raise_exception=True)
    return dict(query.validated_data)


def _connection(request: SignedInApiRequest, query: dict[str, Any]) -> Connection:
    return services.find_connection(user=request.user, connection_id=query.get("connection"))

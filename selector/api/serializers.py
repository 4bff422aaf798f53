"""Input, with its limits, and answers of views.py and lists.py."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema_serializer
from rest_framework import serializers

from cvat.types import LONGEST_SUBSET
from portal.api.choices import ChoiceField
from portal.api.fields import IdField, WholeNumberField
from portal.api.paging import MAX_PAGE_SIZE, PAGE_SIZE
from portal.api.serializers import PageSerializer
from portal.api.strict import StrictSerializer
from selector.models import LONGEST_ASSIGNEE, Connection
from selector.task_search import STATUSES


class TestConnectionSerializer(StrictSerializer):
    """What is left out comes from the environment of the portal, its secret only for its own
    server and user."""

    url = serializers.CharField(required=False, allow_blank=True, max_length=500)
    username = serializers.CharField(required=False, allow_blank=True, max_length=200)
    password = serializers.CharField(
        required=False, allow_blank=True, max_length=500, trim_whitespace=False, write_only=True
    )
    access_token = serializers.CharField(
        required=False, allow_blank=True, max_length=500, write_only=True
    )
    organization = serializers.CharField(required=False, allow_blank=True, max_length=100)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if attrs.get("password") and attrs.get("access_token"):
            raise serializers.ValidationError("Give either password or access_token.")
        return attrs


class ConnectionSerializer(serializers.ModelSerializer[Connection]):
    needs_reconnect = serializers.BooleanField(read_only=True)

    class Meta:
        model = Connection
        fields = [
            "id",
            "name",
            "url",
            "organization",
            "username",
            "server_version",
            "verified_at",
            "needs_reconnect",
            "created_at",
        ]
        read_only_fields = fields


class NewConnectionSerializer(TestConnectionSerializer):
    name = serializers.CharField(required=False, allow_blank=True, max_length=100)


class NewConnectionAnswer(ConnectionSerializer):
    """`notice`: what the owner should know about the stored access; "" mostly."""

    notice = serializers.CharField()

    class Meta(ConnectionSerializer.Meta):
        fields = [*ConnectionSerializer.Meta.fields, "notice"]
        read_only_fields = fields


class FrameSerializer(serializers.Serializer[Any]):
    frame = serializers.IntegerField()
    task_id = serializers.IntegerField()
    job_id = serializers.IntegerField()
    filename = serializers.CharField()
    width = serializers.IntegerField()
    height = serializers.IntegerField()


class UserSerializer(serializers.Serializer[Any]):
    username = serializers.CharField()


class MeSerializer(serializers.Serializer[Any]):
    """The person who asks. `token_read_only` is null when no API token was sent."""

    id = serializers.IntegerField()
    username = serializers.CharField()
    is_staff = serializers.BooleanField()
    connections_count = serializers.IntegerField()
    default_connection = serializers.IntegerField(allow_null=True)
    token_read_only = serializers.BooleanField(allow_null=True)


class TestConnectionAnswer(serializers.Serializer[Any]):
    success = serializers.BooleanField()
    message = serializers.CharField()
    connection = ConnectionSerializer()
    user = UserSerializer()


class JobSerializer(serializers.Serializer[Any]):
    id = serializers.IntegerField()
    task_id = serializers.IntegerField()
    type = serializers.CharField()
    start_frame = serializers.IntegerField()
    stop_frame = serializers.IntegerField()
    frame_count = serializers.IntegerField()
    stage = serializers.CharField()
    state = serializers.CharField()
    assignee = serializers.CharField()


class LoadImagesAnswer(serializers.Serializer[Any]):
    success = serializers.BooleanField()
    connection = serializers.IntegerField()
    images = FrameSerializer(many=True)
    count = serializers.IntegerField()
    source = serializers.CharField()  # type: ignore[assignment]


class LoadedTaskSerializer(serializers.Serializer[Any]):
    id = serializers.IntegerField()
    name = serializers.CharField()
    mode = serializers.CharField()
    project_id = serializers.IntegerField(allow_null=True)
    frames_count = serializers.IntegerField()


class CatalogAnswer(LoadImagesAnswer):
    """The images, the tasks and jobs that they belong to, and how many frames were left out. With
    a page in the request the images are those of the page, and `count` is still that of all.
    `task_id`, `task_name` and `mode` are null for several tasks."""

    task_id = serializers.IntegerField(allow_null=True)
    task_name = serializers.CharField(allow_null=True)
    mode = serializers.CharField(allow_null=True)
    tasks = LoadedTaskSerializer(many=True)
    jobs = JobSerializer(many=True)
    deleted_count = serializers.IntegerField()
    honeypot_count = serializers.IntegerField()


class ProjectSerializer(serializers.Serializer[Any]):
    id = serializers.IntegerField()
    name = serializers.CharField()
    owner = serializers.CharField()
    tasks_count = serializers.IntegerField()


class TaskSerializer(serializers.Serializer[Any]):
    id = serializers.IntegerField()
    name = serializers.CharField()
    project_id = serializers.IntegerField(allow_null=True)
    mode = serializers.CharField()
    dimension = serializers.CharField()
    size = serializers.IntegerField()
    status = serializers.CharField()
    owner = serializers.CharField()
    assignee = serializers.CharField()
    jobs_count = serializers.IntegerField()


@extend_schema_serializer(many=False)
class JobPage(PageSerializer):
    results = JobSerializer(many=True)


@extend_schema_serializer(many=False)
class ProjectPage(PageSerializer):
    results = ProjectSerializer(many=True)


@extend_schema_serializer(many=False)
class TaskPage(PageSerializer):
    results = TaskSerializer(many=True)


class ConnectionQuerySerializer(StrictSerializer):
    """The connection to use; the one connected last when none is named."""

    connection = IdField(required=False)


class PageQuerySerializer(ConnectionQuerySerializer):
    page = WholeNumberField(required=False, min_value=1, max_value=1_000_000, default=1)
    page_size = WholeNumberField(
        required=False, min_value=1, max_value=MAX_PAGE_SIZE, default=PAGE_SIZE
    )


class SearchQuerySerializer(PageQuerySerializer):
    search = serializers.CharField(required=False, max_length=200, allow_blank=True, default="")


class TaskSearchFields(StrictSerializer):
    """What tasks are searched for, beside words."""

    project_id = IdField(required=False, allow_null=True, help_text="Only tasks of this project.")
    status = ChoiceField(
        choices=STATUSES, required=False, help_text="Only tasks with this status in CVAT."
    )
    assignee = serializers.CharField(
        required=False,
        allow_blank=True,
        max_length=LONGEST_ASSIGNEE,
        help_text="Only tasks assigned to this person: the user name in CVAT.",
    )
    subset = serializers.CharField(
        required=False,
        allow_blank=True,
        max_length=LONGEST_SUBSET,
        help_text="Only tasks of this subset, such as train.",
    )


class TaskQuerySerializer(TaskSearchFields, SearchQuerySerializer):
    pass


def task_search_values(data: dict[str, Any]) -> dict[str, Any]:
    """The fields of a TaskSearch among validated input."""
    names = ("search", "project_id", "status", "assignee", "subset")
    return {name: data[name] for name in names if data.get(name) is not None}

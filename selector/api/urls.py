from __future__ import annotations

from django.urls import path
from rest_framework.routers import SimpleRouter

from selector.api import (
    frame_annotations,
    labels,
    lists,
    outlines,
    views,
    workspace,
)

router = SimpleRouter(trailing_slash=False)
router.register("connections", views.ConnectionViewSet, basename="api-connection")
router.register("projects", lists.ProjectViewSet, basename="api-project")
router.register("tasks", lists.TaskViewSet, basename="api-task")

urlpatterns = [
    path("test-connection", views.TestConnectionView.as_view(), name="api-test-connection"),
    path("load-images", views.LoadImagesView.as_view(), name="api-load-images"),
    path("tasks/<int:task_id>/jobs", lists.JobListView.as_view(), name="api-jobs"),
    path("me", views.MeView.as_view(), name="api-me"),
    path("catalog", workspace.CatalogView.as_view(), name="api-catalog"),
    path("search", workspace.SearchView.as_view(), name="api-search"),
    path(
        "jobs/<int:job_id>/thumbnails/<int:chunk>",
        workspace.ThumbnailsView.as_view(),
        name="api-thumbnails",
    ),
    path(
        "jobs/<int:job_id>/annotations",
        frame_annotations.FrameAnnotationsView.as_view(),
        name="api-frame-annotations",
    ),
    path("labels", labels.LabelsOfTasksView.as_view(), name="api-labels"),
    path(
        "frames-by-annotation",
        labels.FramesOfTasksView.as_view(),
        name="api-frames-by-annotation",
    ),
    path("tasks/<int:task_id>/labels", labels.TaskLabelsView.as_view(), name="api-task-labels"),
    path("jobs/<int:job_id>/labels", labels.JobLabelsView.as_view(), name="api-job-labels"),
    path(
        "tasks/<int:task_id>/frames-by-annotation",
        labels.TaskFramesView.as_view(),
        name="api-task-frames-by-annotation",
    ),
    path(
        "jobs/<int:job_id>/frames-by-annotation",
        labels.JobFramesView.as_view(),
        name="api-job-frames-by-annotation",
    ),
    path(
        "tasks/<int:task_id>/annotations",
        frame_annotations.TaskFrameAnnotationsView.as_view(),
        name="api-task-annotations",
    ),
    path(
        "tasks/<int:task_id>/outlines",
        outlines.OutlinesView.as_view(),
        name="api-outlines",
    ),
    path(
        "tasks/<int:task_id>/frames/<int:frame>/thumbnail",
        workspace.FrameThumbnailView.as_view(),
        name="api-frame-thumbnail",
    ),
    path(
        "tasks/<int:task_id>/frames/<int:frame>/image",
        workspace.FrameImageView.as_view(),
        name="api-frame-image",
    ),
    path(
        "tasks/<int:task_id>/preview", workspace.TaskPreviewView.as_view(), name="api-task-preview"
    ),
    path(
        "projects/<int:project_id>/preview",
        workspace.ProjectPreviewView.as_view(),
        name="api-project-preview",
    ),
    *router.urls,
    path("", lists.UnknownAddressView.as_view(), name="api-root"),
    path("<path:rest>", lists.UnknownAddressView.as_view(), name="api-nothing"),
]

from __future__ import annotations

from django.urls import path
from rest_framework.routers import SimpleRouter

from selector.api import browsing, pictures, views

router = SimpleRouter(trailing_slash=False)
router.register("connections", views.ConnectionViewSet, basename="api-connection")
router.register("projects", browsing.ProjectViewSet, basename="api-project")
router.register("tasks", browsing.TaskViewSet, basename="api-task")

urlpatterns = [
    path("test-connection", views.TestConnectionView.as_view(), name="api-test-connection"),
    path("load-images", views.LoadImagesView.as_view(), name="api-load-images"),
    path("tasks/<int:task_id>/jobs", browsing.JobListView.as_view(), name="api-jobs"),
    path("me", views.MeView.as_view(), name="api-me"),
    path("catalog", pictures.CatalogView.as_view(), name="api-catalog"),
    path("search", pictures.SearchView.as_view(), name="api-search"),
    path(
        "jobs/<int:job_id>/thumbnails/<int:chunk>",
        pictures.ThumbnailsView.as_view(),
        name="api-thumbnails",
    ),
    path(
        "tasks/<int:task_id>/frames/<int:frame>/thumbnail",
        pictures.FrameThumbnailView.as_view(),
        name="api-frame-thumbnail",
    ),
    path(
        "tasks/<int:task_id>/frames/<int:frame>/image",
        pictures.FrameImageView.as_view(),
        name="api-frame-image",
    ),
    path(
        "tasks/<int:task_id>/preview", pictures.TaskPreviewView.as_view(), name="api-task-preview"
    ),
    path(
        "projects/<int:project_id>/preview",
        pictures.ProjectPreviewView.as_view(),
        name="api-project-preview",
    ),
    *router.urls,
    path("", browsing.NothingHereView.as_view(), name="api-root"),
    path("<path:rest>", browsing.NothingHereView.as_view(), name="api-nothing"),
]

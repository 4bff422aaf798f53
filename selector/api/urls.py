from __future__ import annotations

from django.urls import path
from drf_spectacular.views import SpectacularAPIView, SpectacularSwaggerSplitView
from rest_framework.routers import SimpleRouter

from selector.api import views

router = SimpleRouter(trailing_slash=False)
router.register("connections", views.ConnectionViewSet, basename="api-connection")
router.register("tokens", views.ApiTokenViewSet, basename="api-token")
router.register("projects", views.ProjectViewSet, basename="api-project")
router.register("tasks", views.TaskViewSet, basename="api-task")

urlpatterns = [
    path("test-connection", views.TestConnectionView.as_view(), name="api-test-connection"),
    path("load-images", views.LoadImagesView.as_view(), name="api-load-images"),
    path("random-select", views.RandomSelectView.as_view(), name="api-random-select"),
    path("tasks/<int:task_id>/jobs", views.JobListView.as_view(), name="api-jobs"),
    path("schema", SpectacularAPIView.as_view(), name="api-schema"),
    path("docs", SpectacularSwaggerSplitView.as_view(url_name="api-schema"), name="api-docs"),
    *router.urls,
]

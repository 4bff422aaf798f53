from __future__ import annotations

from django.urls import path
from rest_framework.routers import SimpleRouter

from selections.api import random_select, views

router = SimpleRouter(trailing_slash=False)
router.register("selections", views.SelectionViewSet, basename="api-selection")
router.register("archives", views.ArchiveViewSet, basename="api-archive")

urlpatterns = [
    path("random-select", random_select.RandomSelectView.as_view(), name="api-random-select"),
    path("download-images", views.DownloadImagesView.as_view(), name="api-download-images"),
    *router.urls,
]

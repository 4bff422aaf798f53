from __future__ import annotations

from django.urls import path
from rest_framework.routers import SimpleRouter

from selections.api.archives import ArchiveViewSet
from selections.api.download_images import DownloadImagesView
from selections.api.random_select import RandomSelectView
from selections.api.selections import SelectionViewSet

router = SimpleRouter(trailing_slash=False)
router.register("selections", SelectionViewSet, basename="api-selection")
router.register("archives", ArchiveViewSet, basename="api-archive")

urlpatterns = [
    path("random-select", RandomSelectView.as_view(), name="api-random-select"),
    path("download-images", DownloadImagesView.as_view(), name="api-download-images"),
    *router.urls,
]

from __future__ import annotations

from django.urls import path
from rest_framework.routers import SimpleRouter

from portal.api.views import IDS
from selections.api.archives import ArchiveViewSet
from selections.api.comparing import ComparingViewSet
from selections.api.download_images import DownloadImagesView
from selections.api.importing import ImportView
from selections.api.marks import MarkViewSet
from selections.api.random_select import RandomSelectView
from selections.api.recipes import RecipeViewSet
from selections.api.saved_searches import SavedSearchViewSet
from selections.api.selections import SelectionViewSet
from selections.api.shares import RecipeShareViewSet, ShareViewSet

router = SimpleRouter(trailing_slash=False)
router.register("selections", SelectionViewSet, basename="api-selection")
router.register(rf"selections/(?P<selection_id>{IDS})/shares", ShareViewSet, basename="api-share")
router.register(
    rf"recipes/(?P<recipe_id>{IDS})/shares", RecipeShareViewSet, basename="api-recipe-share"
)
router.register("recipes", RecipeViewSet, basename="api-recipe")
router.register("saved-searches", SavedSearchViewSet, basename="api-saved-search")
router.register("archives", ArchiveViewSet, basename="api-archive")
router.register(rf"selections/(?P<selection_id>{IDS})/marks", MarkViewSet, basename="api-mark")

urlpatterns = [
    path("random-select", RandomSelectView.as_view(), name="api-random-select"),
    path("download-images", DownloadImagesView.as_view(), name="api-download-images"),
    path(
        "selections/combine",
        ComparingViewSet.as_view({"post": "combine"}),
        name="api-selection-combine",
    ),
    path(
        "selections/compare",
        ComparingViewSet.as_view({"get": "compare"}),
        name="api-selection-compare",
    ),
    path(
        "selections/compare/frames",
        ComparingViewSet.as_view({"get": "frames"}),
        name="api-selection-compare-frames",
    ),
    path("selections/import", ImportView.as_view(), name="api-selection-import"),
    *router.urls,
]

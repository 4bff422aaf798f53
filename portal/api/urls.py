"""URLs of the API of the portal itself: tokens, schema, documentation."""

from __future__ import annotations

from django.contrib.auth.decorators import login_required
from django.urls import path
from drf_spectacular.views import SpectacularSwaggerSplitView
from rest_framework.permissions import IsAuthenticated
from rest_framework.routers import SimpleRouter

from portal.api import views

router = SimpleRouter(trailing_slash=False)
router.register("tokens", views.ApiTokenViewSet, basename="api-token")

schema = views.SchemaView.as_view(permission_classes=[IsAuthenticated])
# A page: people who are not signed in are sent to the sign-in. Its template has no inline style.
docs = login_required(
    SpectacularSwaggerSplitView.as_view(
        url_name="api-schema",
        permission_classes=[IsAuthenticated],
        template_name="api/docs.html",
    )
)

urlpatterns = [
    path("schema", schema, name="api-schema"),
    path("docs", docs, name="api-docs"),
    *router.urls,
]

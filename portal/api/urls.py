"""URLs of the API of the portal itself: tokens, teams, schema, documentation."""

from __future__ import annotations

from django.contrib.auth.decorators import login_required
from django.urls import path, re_path
from drf_spectacular.views import SpectacularSwaggerSplitView
from rest_framework.permissions import IsAuthenticated
from rest_framework.routers import SimpleRouter

from portal.api import teams, views, works

router = SimpleRouter(trailing_slash=False)
router.register("tokens", views.ApiTokenViewSet, basename="api-token")
router.register("teams", teams.TeamViewSet, basename="api-team")
router.register(
    rf"teams/(?P<team_id>{views.IDS})/members", teams.MemberViewSet, basename="api-team-member"
)

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
    path("works", works.WorkListView.as_view(), name="api-work-list"),
    re_path(
        rf"^works/(?P<kind>[a-z]+)/(?P<pk>{views.IDS})/cancel$",
        works.CancelWorkView.as_view(),
        name="api-work-cancel",
    ),
    *router.urls,
]

"""All URLs of the portal."""

from __future__ import annotations

from django.contrib import admin
from django.contrib.auth import views as auth_views
from django.urls import include, path

from portal.views import SignInView, health
from selector.views.connections import home

handler500 = "portal.views.failed"
urlpatterns = [
    path("", home, name="home"),
    path("", include("portal.urls")),
    path("", include("selector.urls")),
    path("selections/", include("selections.urls")),
    path("publications/", include("publishing.urls")),
    # The order matters: the last one ends in a catch-all that answers 404.
    path("api/", include("portal.api.urls")),
    path("api/", include("selections.api.urls")),
    path("api/", include("publishing.api.urls")),
    path("api/", include("selector.api.urls")),
    path("accounts/login/", SignInView.as_view(), name="login"),
    path("accounts/logout/", auth_views.LogoutView.as_view(), name="logout"),
    path("accounts/password/", auth_views.PasswordChangeView.as_view(), name="password_change"),
    path(
        "accounts/password/done/",
        auth_views.PasswordChangeDoneView.as_view(),
        name="password_change_done",
    ),
    path("admin/", admin.site.urls),
    path("health", health, name="health"),
]

"""URLs of the pages of the portal itself."""

from __future__ import annotations

from django.urls import path

from portal import views

app_name = "portal"
urlpatterns = [
    path("tokens", views.tokens, name="tokens"),
    path("tokens/<int:pk>/revoke", views.revoke_token, name="revoke-token"),
    path("teams", views.teams, name="teams"),
    path("teams/<int:pk>", views.team, name="team"),
    path("teams/<int:pk>/rename", views.rename_team, name="rename-team"),
    path("teams/<int:pk>/delete", views.delete_team, name="delete-team"),
    path("teams/<int:pk>/leave", views.leave_team, name="leave-team"),
    path("teams/<int:pk>/members", views.add_member, name="add-member"),
    path("teams/<int:pk>/members/<int:member>", views.change_member, name="change-member"),
]

from __future__ import annotations

from django.urls import path

from selections import views

app_name = "selections"
urlpatterns = [
    path("", views.selection_list, name="list"),
    path("<int:pk>", views.detail, name="detail"),
    path("<int:pk>/frames.csv", views.frames_csv, name="frames-csv"),
    path("<int:pk>/describe", views.describe, name="describe"),
    path("<int:pk>/share", views.share, name="share"),
    path("<int:pk>/copy", views.copy, name="copy"),
    path("<int:pk>/delete", views.delete, name="delete"),
    path("<int:pk>/build", views.build, name="build"),
    path("archives", views.archive_list, name="archives"),
    path("archives/<int:pk>", views.archive_detail, name="archive"),
    path("archives/<int:pk>/progress", views.archive_progress, name="progress"),
    path("archives/<int:pk>/cancel", views.cancel, name="cancel"),
    path("archives/<int:pk>/again", views.build_again, name="build-again"),
    path("archives/<int:pk>/download", views.download, name="download"),
    path("archives/<int:pk>/download/<int:number>", views.download, name="download-part"),
]

"""URLs of the pages of publications."""

from __future__ import annotations

from django.urls import path

from publishing.views import (
    copying,
    files,
    ground_truth,
    issues,
    new_task,
    permissions,
    projects,
    publications,
    removing,
    results,
    reviewing,
)

app_name = "publishing"
urlpatterns = [
    path("", publications.publication_list, name="publications"),
    path("<int:pk>", publications.publication, name="publication"),
    path("<int:pk>/progress", publications.progress, name="progress"),
    path("<int:pk>/jobs", publications.jobs, name="jobs"),
    path("<int:pk>/results", results.results, name="results"),
    path("<int:pk>/remove-task", removing.remove_task, name="remove-task"),
    path("<int:pk>/hand-over", reviewing.hand_over, name="hand-over"),
    path("<int:pk>/cancel", publications.cancel, name="cancel"),
    path("selections/<int:pk>/ground-truth", ground_truth.ground_truth, name="ground-truth"),
    path("selections/<int:pk>/task", new_task.new_task, name="new-task"),
    path("files", files.uploads, name="files"),
    path("files/to-replace-others", new_task.found_uploads, name="found-uploads"),
    path("files/<int:pk>", files.task_of_files, name="task-of-files"),
    path("files/<int:pk>/delete", files.delete_upload, name="delete-upload"),
    path("copy-annotations", copying.copy, name="copy"),
    path("selections/<int:pk>/issues", issues.issues, name="issues"),
    path("connections/<int:pk>/projects", projects.found_projects, name="found-projects"),
    path("connections/<int:pk>/assignees", projects.assignees, name="assignees"),
    path("connections/<int:pk>/permission", permissions.permission, name="permission"),
    path("connections/<int:pk>/permission/withdraw", permissions.withdraw, name="withdraw"),
]

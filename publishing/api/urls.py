from __future__ import annotations

from django.urls import path
from rest_framework.routers import SimpleRouter

from publishing.api.copying import CopyView
from publishing.api.ground_truth import GroundTruthView
from publishing.api.issues import IssuesView
from publishing.api.new_task import NewTaskView
from publishing.api.permissions import WritePermissionView
from publishing.api.publications import PublicationViewSet
from publishing.api.removing import RemovalViewSet
from publishing.api.reviewing import HandOverViewSet
from publishing.api.task_of_files import TaskOfFilesViewSet
from publishing.api.uploads import UploadViewSet
from publishing.api.write_back import WriteBackViewSet

router = SimpleRouter(trailing_slash=False)
router.register("publications", PublicationViewSet, basename="api-publication")
router.register("publications", WriteBackViewSet, basename="api-results")
router.register("publications", RemovalViewSet, basename="api-removal")
router.register("publications", HandOverViewSet, basename="api-hand-over")
router.register("uploads", UploadViewSet, basename="api-upload")
router.register("uploads", TaskOfFilesViewSet, basename="api-files")

urlpatterns = [
    path(
        "connections/<int:connection_id>/write-permission",
        WritePermissionView.as_view(),
        name="api-write-permission",
    ),
    path(
        "selections/<int:selection_id>/ground-truth-job",
        GroundTruthView.as_view(),
        name="api-ground-truth-job",
    ),
    path("selections/<int:selection_id>/new-task", NewTaskView.as_view(), name="api-new-task"),
    path("selections/<int:selection_id>/issues", IssuesView.as_view(), name="api-issues"),
    path("copy-annotations", CopyView.as_view(), name="api-copy-annotations"),
    *router.urls,
]

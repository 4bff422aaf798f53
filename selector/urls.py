from __future__ import annotations

from django.urls import path

from selector.views import connections, searches, workspace

app_name = "selector"
urlpatterns = [
    path("choose", workspace.choose, name="choose"),
    path("searches", searches.save, name="save-search"),
    path("searches/<int:pk>/delete", searches.delete, name="delete-search"),
    path("connections", connections.connections, name="connections"),
    path("connections/sample", connections.connect_sample, name="connect-sample"),
    path("connections/installation", connections.connect_installation, name="connect-installation"),
    path("connections/<int:pk>/disconnect", connections.remove, name="disconnect"),
]

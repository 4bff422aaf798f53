from __future__ import annotations

from django.urls import path

from selector.views import connections, workspace

app_name = "selector"
urlpatterns = [
    path("choose", workspace.choose, name="choose"),
    path("connections", connections.connections, name="connections"),
    path("connections/sample", connections.connect_sample, name="connect-sample"),
    path("connections/installation", connections.connect_installation, name="connect-installation"),
    path("connections/<int:pk>/disconnect", connections.remove, name="disconnect"),
]

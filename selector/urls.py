from __future__ import annotations

from django.urls import path

from selector import views, workspace

app_name = "selector"
urlpatterns = [
    path("choose", workspace.choose, name="choose"),
    path("connections", views.connections, name="connections"),
    path("connections/sample", views.connect_sample, name="connect-sample"),
    path("connections/installation", views.connect_installation, name="connect-installation"),
    path("connections/<int:pk>/disconnect", views.disconnect, name="disconnect"),
]

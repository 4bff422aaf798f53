from __future__ import annotations

from django.urls import path

from selections.views import archives, comparing, drifting, importing, recipes, saved, sharing

app_name = "selections"
urlpatterns = [
    path("", saved.selection_list, name="list"),
    path("hand-over", sharing.hand_over_several, name="hand-over-several"),
    path("compare", comparing.compare, name="compare"),
    path("import", importing.import_list, name="import"),
    path("recipes", recipes.recipe_list, name="recipes"),
    path("recipes/<int:pk>", recipes.recipe, name="recipe"),
    path("recipes/<int:pk>/next-round", recipes.next_round, name="next-round"),
    path("recipes/<int:pk>/describe", recipes.describe, name="describe-recipe"),
    path("recipes/<int:pk>/schedule", recipes.schedule, name="schedule-recipe"),
    path("recipes/<int:pk>/delete", recipes.delete, name="delete-recipe"),
    path("<int:pk>", saved.detail, name="detail"),
    path("<int:pk>/recipe", recipes.save_as_recipe, name="save-as-recipe"),
    path("<int:pk>/visible-frames", saved.visible_frames, name="visible-frames"),
    path("<int:pk>/deleted-frames", saved.deleted_frames, name="deleted-frames"),
    path("<int:pk>/frames.csv", saved.frames_csv, name="frames-csv"),
    path("<int:pk>/frames.json", saved.document, name="document"),
    path("<int:pk>/names.txt", saved.names, name="names"),
    path("<int:pk>/describe", saved.describe, name="describe"),
    path("<int:pk>/share", sharing.share, name="share"),
    path("<int:pk>/shares", sharing.add_share, name="add-share"),
    path("<int:pk>/shares/<int:share>/remove", sharing.remove_share, name="remove-share"),
    path("<int:pk>/hand-over", sharing.hand_over, name="hand-over"),
    path("<int:pk>/copy", saved.copy, name="copy"),
    path("<int:pk>/drift", drifting.drift, name="drift"),
    path("<int:pk>/draw-preview", drifting.draw_preview, name="draw-preview"),
    path("<int:pk>/draw-again", saved.draw_again, name="draw-again"),
    path("<int:pk>/delete", saved.delete, name="delete"),
    path("<int:pk>/restore", saved.restore, name="restore"),
    path("<int:pk>/split", saved.split_table, name="split"),
    path("<int:pk>/left-out", saved.left_out, name="left-out"),
    path("<int:pk>/build", saved.build, name="build"),
    path("archives", archives.archive_list, name="archives"),
    path("archives/<int:pk>", archives.archive_detail, name="archive"),
    path("archives/<int:pk>/progress", archives.archive_progress, name="progress"),
    path("archives/<int:pk>/cancel", archives.cancel, name="cancel"),
    path("archives/<int:pk>/again", archives.build_again, name="build-again"),
    path("archives/<int:pk>/delete", archives.delete, name="archive-delete"),
    path("archives/<int:pk>/download", archives.download, name="download"),
    path("archives/<int:pk>/download/<int:number>", archives.download, name="download-part"),
]

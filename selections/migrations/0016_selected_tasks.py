from typing import Any

import django.db.models.deletion
from django.db import migrations, models

AT_ONCE = 500  # selections


def write_rows(apps: Any, schema_editor: Any) -> None:
    Selection = apps.get_model("selections", "Selection")
    last = 0
    while batch := list(Selection.objects.filter(pk__gt=last).order_by("pk")[:AT_ONCE]):
        _write_rows(apps, batch)
        last = batch[-1].pk


def _write_rows(apps: Any, selections: list[Any]) -> None:
    SelectedFrame = apps.get_model("selections", "SelectedFrame")
    SelectedTask = apps.get_model("selections", "SelectedTask")
    counted = (
        SelectedFrame.objects.filter(selection__in=selections)
        .order_by()
        .values_list("selection_id", "task_id")
        .annotate(models.Count("pk"))
    )
    counts: dict[int, dict[int, int]] = {}
    for selection_id, task_id, count in counted:
        counts.setdefault(selection_id, {})[task_id] = count
    rows = []
    for selection in selections:
        of_selection = counts.get(selection.pk, {})
        # Should a task not be listed, its frames must be found by its number all the same.
        listed = {task_id: {"name": f"Task {task_id}"} for task_id in of_selection}
        listed |= {task["id"]: task for task in selection.tasks_json}
        for task_id, task in sorted(listed.items()):
            rows.append(
                SelectedTask(
                    selection=selection,
                    task_id=task_id,
                    name=task["name"],
                    start_frame=task.get("start_frame"),
                    step=task.get("step", 1),
                    video=task.get("video", ""),
                    frames_count=of_selection.get(task_id, 0),
                )
            )
    SelectedTask.objects.bulk_create(rows)


def write_json(apps: Any, schema_editor: Any) -> None:
    Selection = apps.get_model("selections", "Selection")
    for selection in Selection.objects.prefetch_related("tasks").iterator(chunk_size=AT_ONCE):
        tasks = []
        for row in selection.tasks.all():
            task = {"id": row.task_id, "name": row.name}
            if row.start_frame is not None:
                task |= {"start_frame": row.start_frame, "step": row.step}
            tasks.append(task | ({"video": row.video} if row.video else {}))
        Selection.objects.filter(pk=selection.pk).update(tasks_json=tasks)


class Migration(migrations.Migration):
    """The tasks of a selection, as rows instead of JSON."""

    dependencies = [("selections", "0015_selection_without_parameters")]

    operations = [
        # The rows take the name.
        migrations.RenameField("selection", "tasks", "tasks_json"),
        migrations.CreateModel(
            name="SelectedTask",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("task_id", models.BigIntegerField()),
                ("name", models.TextField(blank=True)),
                ("project_id", models.BigIntegerField(null=True)),
                ("subset", models.TextField(blank=True)),
                ("start_frame", models.BigIntegerField(null=True)),
                ("step", models.BigIntegerField(default=1)),
                ("video", models.TextField(blank=True)),
                ("frames_count", models.IntegerField()),
                ("selection", models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name="tasks", to="selections.selection")),
            ],
            options={
                "ordering": ["task_id"],
                "constraints": [models.UniqueConstraint(fields=("selection", "task_id"), name="task_selected_once")],
            },
        ),
        migrations.RunPython(write_rows, write_json),
    ]

from typing import Any

from django.db import migrations, models

METHODS = {
    "frames_per_job_count": "random_per_job",
    "frames_per_job_share": "random_per_job",
    "frame_count": "random_uniform",
    "frame_share": "random_uniform",
}


def written(parameters: dict[str, Any], seed: int | None) -> dict[str, Any] | None:
    """The draw with its method, which earlier releases did not write down; None without a draw."""
    adjusted = parameters.get("adjusted_from")
    given = {"random_seed": seed, **(adjusted or parameters)}
    amounts = [name for name in METHODS if given.get(name)]
    if len(amounts) != 1 or not given.get("task_id"):
        return None
    seed = given.pop("random_seed")
    given.pop("frame_selection_method", None)
    return {
        "frame_selection_method": METHODS[amounts[0]],
        "job_id": None,
        **given,
        "random_seed": seed,
    }


def write_draws(apps: Any, schema_editor: Any) -> None:
    Selection = apps.get_model("selections", "Selection")
    rows = Selection.objects.exclude(parameters={}).only("parameters", "random_seed")
    for row in rows.order_by("pk").iterator(chunk_size=500):
        draw = written(row.parameters, row.random_seed)
        Selection.objects.filter(pk=row.pk).update(draw=draw)


def write_parameters(apps: Any, schema_editor: Any) -> None:
    Selection = apps.get_model("selections", "Selection")
    for row in Selection.objects.exclude(draw=None).iterator(chunk_size=500):
        parameters = {**row.draw}
        del parameters["frame_selection_method"]
        if row.frame_selection_method == "manual":
            parameters, seed = {"adjusted_from": parameters}, None
        else:
            seed = parameters.pop("random_seed")
        Selection.objects.filter(pk=row.pk).update(parameters=parameters, random_seed=seed)


class Migration(migrations.Migration):
    """`draw` takes the place of `parameters` and `random_seed`."""

    dependencies = [("selections", "0013_archive_is_work")]

    operations = [
        migrations.AddField("selection", "draw", models.JSONField(blank=True, null=True)),
        migrations.RunPython(write_draws, write_parameters),
    ]

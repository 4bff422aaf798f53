"""How archives, marks and changes in CVAT are put into words on the pages. The words for draws are
in draws_text.py."""

from __future__ import annotations

from datetime import timedelta

from django import template
from django.utils import timezone

from portal.sizes import size_in_words
from selections.archives import remarks_in_words
from selections.models import Archive, FrameMark, SelectedFrame, Selection
from selections.object_choice import ALL, EVERY_OBJECT, ObjectChoice
from selections.services import Change, Deletions, Drift
from selections.services.drift import ChangedFrame
from selections.splits import BY_CHOICES, NO_SPLIT, SHARES, SPLITS, Split
from selections.templatetags.draws_text import value_in_words

register = template.Library()

CHANGES = {
    Change.DELETED: "deleted in CVAT",
    Change.MISSING: "no longer offered to you",
    Change.RENAMED: "renamed",
    Change.RESIZED: "of another size",
}


@register.filter
def duration(seconds: float | None) -> str:
    """75 as “1 min 15 s”; nothing as “”."""
    if seconds is None:
        return ""
    whole = max(round(seconds), 0)
    hours, minutes, rest = whole // 3600, whole // 60 % 60, whole % 60
    if hours:
        return f"{hours} h {minutes} min"
    return f"{minutes} min {rest} s" if minutes else f"{rest} s"


@register.filter
def mark_in_words(mark: FrameMark | None) -> str:
    """Such as “faulty · blurred, night · The lamp is cut.”; "" without a mark."""
    if not mark:  # also where a page shows no marks
        return ""
    return " · ".join(part for part in (mark.verdict, ", ".join(mark.tags), mark.comment) if part)


@register.filter
def rate(archive: Archive) -> str:
    """Such as “2.5 MB/s”; "" while it is not known."""
    if not archive.bytes_per_second:
        return ""
    return f"{size_in_words(archive.bytes_per_second)}/s"


@register.filter
def took(archive: Archive) -> str:
    if not archive.started_at or not archive.finished_at:
        return ""
    return duration((archive.finished_at - archive.started_at).total_seconds())


@register.filter
def about_files(archive: Archive) -> list[str]:
    """In what the files differ from the uploads: a sentence for each kind, with its count."""
    return remarks_in_words.about_files(archive.remarks)


@register.filter
def names_of_deleted(deletions: Deletions) -> str:
    """Such as “4 (p04.png), 7 (p07.png) and 3 more”."""
    return remarks_in_words.names_of(deletions.frames, deletions.count)


@register.filter
def changes(drift: Drift) -> list[tuple[str, int, list[ChangedFrame]]]:
    """Each kind of change that there is: in words, how many frames, the first of them."""
    return [
        (CHANGES[change], count, drift.frames[change])
        for change, count in drift.counts.items()
        if count
    ]


@register.filter
def choices(archive: Archive) -> list[str]:
    """What was chosen of annotations, objects and splits: a sentence for each, none for what is as
    by default."""
    options = archive.get_options()
    sentences = [_objects_chosen(options.objects), _split_in_words(options.split)]
    if options.annotations_from is not None:
        sentences.insert(0, f"The annotations are from publication {options.annotations_from}.")
    return [sentence for sentence in sentences if sentence]


def _objects_chosen(choice: ObjectChoice) -> str:
    """Such as “Objects of completed jobs, with the label car; van is called car.”"""
    if choice == EVERY_OBJECT:
        return ""
    jobs = "all" if choice.jobs == ALL else choice.jobs
    word = "label" if len(choice.labels) == 1 else "labels"
    labels = f", with the {word} {value_in_words(list(choice.labels))}" if choice.labels else ""
    renamed = value_in_words([f"{old} is called {new}" for old, new in choice.rename])
    return f"Objects of {jobs} jobs{labels}{f'; {renamed}' if renamed else ''}."


def _split_in_words(split: Split) -> str:
    """Such as “Split: train 80 %, val 10 %, test 10 %, by job, with seed 7.”"""
    if split.by == NO_SPLIT.by:
        return ""
    if split.by != SHARES:
        return f"Split {dict(BY_CHOICES)[split.by].lower().replace('cvat', 'CVAT')}."
    shares = ", ".join(
        f"{name} {value_in_words(share)}" for name, share in zip(SPLITS, split.shares, strict=True)
    )
    even = ", each label evenly" if split.even_labels else ""
    return f"Split: {shares}, by {split.unit}{even}, with seed {split.seed}."


@register.filter
def warnings(archive: Archive) -> list[str]:
    """What the receiver of the ZIP may stumble over."""
    return remarks_in_words.warnings(archive.remarks)


@register.filter
def was_changed(selection: Selection) -> bool:
    """Saving takes a moment: what happens within it is the making."""
    return selection.updated_at - selection.created_at > timedelta(seconds=2)


@register.filter
def kept_for(archive: Archive) -> str:
    """Such as “kept for 6 days more”, rounded; "" without an end."""
    if archive.expires_at is None:
        return ""
    hours = round((archive.expires_at - timezone.now()) / timedelta(hours=1))
    if hours <= 0:
        soon = archive.expires_at > timezone.now()
        return "kept for less than an hour more" if soon else "about to be removed"
    number, unit = (hours, "hour") if hours < 24 else (round(hours / 24), "day")
    return f"kept for {number} {unit}{'s' if number != 1 else ''} more"


@register.filter
def short_name(frame: SelectedFrame) -> str:
    """Without its folders, for where there is little room."""
    return frame.filename.rpartition("/")[2]


@register.filter
def folder(frame: SelectedFrame) -> str:
    """Such as “front/day”; "" without one."""
    return frame.filename.rpartition("/")[0]

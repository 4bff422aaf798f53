"""Turns CVAT's refusal of a change into a sentence that says what to do (cvat-api 13 to 15)."""

from __future__ import annotations

import re

from cvat.exceptions import (
    CvatError,
    CvatForbidden,
    CvatNotFound,
    CvatRefused,
    CvatRejected,
    CvatUnauthorized,
    Reason,
)

READ_ONLY = (
    "The access token for this is read-only, so CVAT refuses every change. Give the portal "
    "permission to write again, with a token that is not read-only."
)
ENDED = (
    "CVAT no longer accepts the portal's permission to write: it has ended or was revoked. Give it "
    "again."
)
ASSIGNEE = (
    "CVAT lets only administrators give work in a personal space to somebody else. Leave the "
    "assignee empty or choose yourself, or put the task into an organization."
)
UNKNOWN_ASSIGNEE = (
    "CVAT failed on {subject}. The assignee may have been deleted there: choose another one, or "
    "none."
)
FORBIDDEN = (
    "Your CVAT account may not change {subject}. Ask its owner, or a maintainer of its "
    "organization, to do it or to give you the right."
)
MAKING = (
    "Your CVAT account may not make {subject}. In an organization this needs the role supervisor, "
    "except for a task in a project of your own; accounts in the server's group “worker” cannot "
    "make anything. Ask a maintainer of the organization for that role, or to make it for you."
)
GONE = "CVAT has no such object any more ({subject}): it was deleted there. Reload the page."
OTHER = "CVAT refuses to change {subject}: {said} Correct that and try again."
WITHOUT_WORDS = "CVAT refuses to change {subject} (status {status}). Ask whoever runs CVAT."

# CVAT's words, the reason, and the sentence; \1 is a part of CVAT's words.
_RULES: tuple[tuple[str, Reason, str], ...] = (
    (
        r'"gt_pool" cannot have more|removed when task validation mode is "gt_pool"',
        Reason.HONEYPOTS,
        "This task has honeypots: its ground truth is part of it, and CVAT neither removes it nor "
        "takes another one. Choose a task without honeypots, or make a new task of the frames.",
    ),
    (
        r"cannot have more than 1 GT job",
        Reason.GROUND_TRUTH_EXISTS,
        "The task has a ground-truth job already, and CVAT allows one. Replace that job, which "
        "deletes its annotations, or make a new task of the frames.",
    ),
    (
        r"can only be added in 2d tasks",
        Reason.THREE_DIMENSIONAL,
        "CVAT makes ground-truth jobs of pictures and videos alone, not of point clouds. Choose "
        "another task.",
    ),
    (
        r"no data attached",
        Reason.NO_DATA,
        "The task has no pictures yet. Wait until CVAT has made it, or upload its pictures there, "
        "and try again.",
    ),
    (
        r"frames do not exist in the task: ([\d, ]+)",
        Reason.UNKNOWN_FRAMES,
        r"The task has no frames \1. It has changed in CVAT: check the selection against it.",
    ),
    (
        r"Frames must not repeat",
        Reason.UNKNOWN_FRAMES,
        "A frame is named twice. Name each frame once.",
    ),
    (
        r"label_id `(\d+)` is invalid",
        Reason.UNKNOWN_LABEL,
        r"The task has no label with the number \1: its labels have changed in CVAT. Read them "
        "again and assign the labels anew.",
    ),
    (
        r"spec_id `(\d+)` is invalid",
        Reason.UNKNOWN_LABEL,
        r"The label of an object has no attribute with the number \1: the labels of the task have "
        "changed in CVAT. Read them again and assign the attributes anew.",
    ),
    (
        r"Attempted to update an unknown field",
        Reason.OTHER,
        "This version of CVAT does not know a field that the portal sets. Change it in CVAT.",
    ),
    (
        r"should be in the same organization",
        Reason.ORGANIZATION,
        "The project is in another organization than the task would be. Choose a project of the "
        "same organization.",
    ),
    (
        r"All label names must be unique",
        Reason.OTHER,
        "Two labels have the same name. Give each label a name of its own.",
    ),
    (
        r"Adding more data is not supported",
        Reason.OTHER,
        "The task has its pictures already, and CVAT adds none to a task. Make another task.",
    ),
    (
        r"Only ground truth jobs can be removed",
        Reason.OTHER,
        "CVAT removes ground-truth jobs alone. Delete the whole task, if that is meant.",
    ),
    (
        r"invalid length for shape type '(\w+)'",
        Reason.BAD_OBJECT,
        r"An object of type \1 has a wrong number of points, so CVAT stored none of the objects. "
        "Repair or leave out that object.",
    ),
)
# The same for what a failed creation says.
_FAILURES: tuple[tuple[str, str], ...] = (
    (
        r"Can't find file '([^']*)'",
        r"The upload has no file “\1”, which a job names. Make the task again.",
    ),
    (
        r"Unknown validation frames requested",
        "The ground truth names files that were not uploaded. Choose it anew.",
    ),
    (
        r"job_file_mapping cannot be used with (\w+)",
        r"CVAT does not take jobs by their files together with \1. Leave that setting out.",
    ),
    (
        r"cannot identify image file|UnidentifiedImageError|Truncated|broken data stream",
        "One of the pictures cannot be read. Look at them, leave out the broken one, and make the "
        "task again.",
    ),
    (
        r"range\(\) arg 3 must not be zero",
        "The video ends before the first frame that was asked for. Choose an earlier first frame, "
        "and make the task again.",
    ),
    (
        r"No media data found|No media",
        "CVAT found no picture in the upload. Choose pictures of a type that it knows.",
    ),
)


def explained(
    error: CvatError,
    *,
    subject: str,
    makes: bool,
    names_assignee: bool,
    is_personal: bool,
    is_read_only: bool,
) -> CvatError:
    """The error to raise for a refused change; the same error if it is no refusal.

    `makes`: the change makes a task, a project or a ground-truth job. `names_assignee`: it gives
    work to somebody. `is_personal`: the object is in no organization. `is_read_only`: the token of
    the request may only read.
    """
    status = error.status
    if isinstance(error, CvatUnauthorized):
        return CvatUnauthorized(ENDED, status=status)
    if isinstance(error, CvatNotFound):
        return CvatNotFound(GONE.format(subject=subject), status=status)
    if status == 500 and names_assignee:
        return CvatRefused(UNKNOWN_ASSIGNEE.format(subject=subject), Reason.ASSIGNEE, status=500)
    if not isinstance(error, (CvatForbidden, CvatRejected)):
        return error
    for words, reason, sentence in _RULES:
        match = re.search(words, error.said)
        if match:
            return CvatRefused(match.expand(sentence), reason, status=status)
    if isinstance(error, CvatForbidden):
        if is_read_only:
            return CvatRefused(READ_ONLY, Reason.NOT_PERMITTED, status=403)
        if names_assignee and is_personal:
            return CvatRefused(ASSIGNEE, Reason.ASSIGNEE, status=403)
        text = (MAKING if makes else FORBIDDEN).format(subject=subject)
        return CvatRefused(text, Reason.NOT_PERMITTED, status=403)
    said = error.said
    text = OTHER.format(subject=subject, said=said if said.endswith(".") else f"{said}.")
    if not said:
        text = WITHOUT_WORDS.format(subject=subject, status=status)
    return CvatRefused(text, Reason.OTHER, status=status)


def ground_truth_exists(*, is_list: bool) -> CvatRefused:
    """The refusal of a second ground-truth job, before CVAT says it: a job that was not made from a
    list is the pool of a honeypot task."""
    reason = Reason.GROUND_TRUTH_EXISTS if is_list else Reason.HONEYPOTS
    sentence = next(text for _, known, text in _RULES if known is reason)
    return CvatRefused(sentence, reason)


def other_frames(job_id: int) -> CvatRefused:
    """The refusal of a ground-truth job that CVAT has made of other frames than it was sent."""
    return CvatRefused(
        f"CVAT made ground-truth job {job_id} of other frames than were sent: versions before 2.21 "
        "count the frames of a task with a start or a step in another way. Delete that job in "
        "CVAT; ground truth for this task needs a newer version.",
        Reason.OTHER,
    )


def changed_meanwhile(job_id: int, *, before: int, present: int) -> CvatRefused:
    """The refusal to add objects to a job that somebody else has changed."""
    return CvatRefused(
        f"Job {job_id} has {present:,} objects where it had {before:,}: somebody has changed it "
        "meanwhile, so the portal added nothing. Look at the job in CVAT, and try again.",
        Reason.CHANGED_MEANWHILE,
    )


def creation_failure(message: str) -> str:
    """The sentence for the message of a failed creation, which may be the last lines of a Python
    traceback with paths of the server."""
    for words, sentence in _FAILURES:
        match = re.search(words, message)
        if match:
            return match.expand(sentence)
    return (
        "CVAT could not make the task of these pictures. Try again; if it fails again, ask whoever "
        "runs CVAT to look into its log."
    )

"""The amounts that several draw methods take. Pure."""

from __future__ import annotations

from selections.methods.method import Parameter

OF_ALL = (
    Parameter("frame_count", "count", "Frames in all", "Number of frames."),
    Parameter(
        "frame_share",
        "share",
        "Share of all frames",
        "Share of all frames, above 0 and at most 1 (0.1 is a tenth).",
    ),
)
OF_EACH_JOB = (
    Parameter(
        "frames_per_job_count",
        "count",
        "Frames per job",
        "How many frames of each job; all of a job that has fewer.",
    ),
    Parameter(
        "frames_per_job_share",
        "share",
        "Share of each job",
        "Share of the frames of each job, above 0 and at most 1.",
    ),
)

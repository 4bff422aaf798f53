"""The endpoints about the server itself."""

from __future__ import annotations

from standin.messages import Answer, Request, dump, json_answer
from standin.site import Site

_PARTS = (
    "Cache backend: default",
    "Cache backend: media",
    "DatabaseBackend",
    "DatabaseBackend[default]",
    "DiskUsage",
    "MemoryUsage",
    "OPAHealthCheck",
)


def about(request: Request, site: Site) -> Answer:
    return json_answer(
        {
            "name": "Computer Vision Annotation Tool",
            "description": "A stand-in for CVAT: it holds samples only.",
            "version": site.version,
            "logo_url": f"{request.base}/static/logo.svg",
            "subtitle": "Open Data Annotation Platform",
        }
    )


def health(request: Request, site: Site) -> Answer:
    return Answer(200, dump(dict.fromkeys(_PARTS, "working")), "application/json")


def plugins(request: Request, site: Site) -> Answer:
    names = ("GIT_INTEGRATION", "ANALYTICS", "MODELS", "PREDICT")
    return json_answer(dict.fromkeys(names, False))

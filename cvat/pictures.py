"""The file type of a picture by its first bytes; CVAT guesses it from the name (cvat-api 7.10)."""

from __future__ import annotations

import posixpath

_SIGNATURES = (
    (b"\xff\xd8\xff", ".jpg"),
    (b"\x89PNG\r\n\x1a\n", ".png"),
    (b"GIF87a", ".gif"),
    (b"GIF89a", ".gif"),
    (b"BM", ".bmp"),
    (b"II*\x00", ".tif"),
    (b"MM\x00*", ".tif"),
    (b"II+\x00", ".tif"),  # BigTIFF
    (b"MM\x00+", ".tif"),
)
_MEDIA_TYPES = {
    ".jpg": "image/jpeg",
    ".png": "image/png",
    ".gif": "image/gif",
    ".bmp": "image/bmp",
    ".webp": "image/webp",
    ".tif": "image/tiff",
}
_LIKE_CONTENT = {".jpeg": ".jpg", ".jpe": ".jpg", ".jfif": ".jpg", ".tiff": ".tif"}
SIGNATURE_BYTES = 16  # at the beginning of a picture, enough to tell its type


def extension(content: bytes) -> str:
    """The extension for a picture (".jpg", ".png", ".gif", ".bmp", ".webp", ".tif"), by its first
    SIGNATURE_BYTES or more; "" for other bytes."""
    if content[:4] == b"RIFF" and content[8:12] == b"WEBP":
        return ".webp"
    for signature, suffix in _SIGNATURES:
        if content.startswith(signature):
            return suffix
    return ""


def extension_of_name(name: str) -> str:
    """The extension that `extension` gives a picture whose content is what its name says."""
    suffix = posixpath.splitext(name)[1].lower()
    return _LIKE_CONTENT.get(suffix, suffix)


def possible_sizes(width: int, height: int, *, is_of_video: bool) -> set[tuple[int, int]]:
    """The sizes that the picture of a frame of this size may have; none if it is 0 x 0, not known.
    CVAT serves the pictures of a video with even sides (cvat-api 7.3): so a file made from them, or
    another task, may have one pixel more than the video."""
    if not (width and height):
        return set()
    sizes = {(width, height)}
    return sizes | {(width + width % 2, height + height % 2)} if is_of_video else sizes


def media_type(content: bytes) -> str:
    """Such as "image/jpeg", by the first bytes: CVAT guesses from names (cvat-api 7.10)."""
    return _MEDIA_TYPES.get(extension(content), "application/octet-stream")

"""What kind of picture some bytes are, by their first bytes: CVAT guesses from names."""

from __future__ import annotations

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
SIGNATURE_BYTES = 16  # at the beginning of a picture that tell its kind


def extension(content: bytes) -> str:
    """Such as ".jpg", by the first SIGNATURE_BYTES of a picture, or more of it; "" for what is
    none of JPEG, PNG, GIF, BMP, WebP, TIFF."""
    if content[:4] == b"RIFF" and content[8:12] == b"WEBP":
        return ".webp"
    for signature, suffix in _SIGNATURES:
        if content.startswith(signature):
            return suffix
    return ""

"""Sizes of files in words, in powers of 1,000: as in the settings, in browsers and on disks."""

from __future__ import annotations

_UNITS = ("bytes", "kB", "MB", "GB")


def size_in_words(length: float) -> str:
    """A number of bytes such as “340 kB” or “2.5 MB”."""
    for unit in _UNITS:
        shown = round(length, 1)
        if shown < 1000:
            return f"{shown:.1f}".removesuffix(".0") + f" {unit}"
        length /= 1000
    return f"{length:.1f} TB"

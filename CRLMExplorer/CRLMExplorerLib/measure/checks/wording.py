"""Numbers as the sentences of findings say them."""

from __future__ import annotations


def ml(volume_ml: float) -> str:
    """Volume with its unit; a volume that would read as zero is said to be small."""
    return f"{volume_ml:.2f} mL" if volume_ml >= 0.01 else "less than 0.01 mL"


def percent(part: float, whole: float) -> str:
    """Share with its unit; a share that would read as none or all is said not to be."""
    share = 100 * part / whole
    if share < 0.1:
        return "less than 0.1 %"
    return "more than 99.9 %" if 99.9 < share < 100 else f"{share:.1f} %"


def voxels(count: int) -> str:
    """Number of voxels."""
    return "1 voxel" if count == 1 else f"{count} voxels"

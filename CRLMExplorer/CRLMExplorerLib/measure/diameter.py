"""Longest diameters of a segment, edge to edge.

A diameter runs between centres of voxel faces, half a voxel beyond the outermost voxel centres,
as between the mesh vertices of pyradiomics (Maximum3DDiameter; Maximum2DDiameterSlice, which also
looks halfway between slices). So a row of n voxels is n spacings long, as a caliper on the CT
(RECIST) would have it; from corner to corner it would be longer by the voxel's width, from centre
to centre shorter by its length.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import ConvexHull
from scipy.spatial.distance import cdist

from CRLMExplorerLib.measure.runs import Runs

FloatArray = NDArray[np.float64]

_BLOCK = 1024


def longest_axial_mm(runs: Runs) -> float:
    """Longest diameter within one slice of the CT, in mm.

    Raises
    ------
    ValueError
        If there are no runs.
    """
    # The triangular factor gives in-plane millimetres also on oblique and sheared grids.
    in_plane = np.linalg.qr(runs.grid.ijk_to_ras[:3, :2])[1]
    ends = np.stack([runs.first, runs.j, runs.last, runs.j], axis=1).reshape(-1, 2)
    faces = _face_centers(ends, in_plane)
    starts = np.flatnonzero(np.diff(runs.k, prepend=-1)) * (len(faces) // max(len(runs.k), 1))
    extents = np.maximum.reduceat(faces, starts) - np.minimum.reduceat(faces, starts)
    at_most = np.hypot(*extents.T)
    longest = 0.0
    slices = np.split(faces, starts[1:])
    for index in np.argsort(-at_most):
        if at_most[index] <= longest:
            break
        longest = max(longest, longest_distance(slices[index]))
    return longest


def longest_3d_mm(runs: Runs) -> float:
    """Longest diameter in any direction, in mm.

    Raises
    ------
    ValueError
        If there are no runs.
    """
    first = np.stack([runs.first, runs.j, runs.k], axis=1)
    last = np.stack([runs.last, runs.j, runs.k], axis=1)
    ends = np.concatenate([first, last])
    return longest_distance(_face_centers(ends, runs.grid.ijk_to_ras[:3, :3]))


def _face_centers(indices: NDArray[np.int64], index_to_mm: FloatArray) -> FloatArray:
    """Face centres of voxels, voxel by voxel: shape (voxels * 2 * dimensions, dimensions), mm."""
    dimensions = indices.shape[1]
    half = np.eye(dimensions) / 2
    faces = indices[:, None, :] + np.concatenate([half, -half])
    return faces.reshape(-1, dimensions) @ index_to_mm.T


def longest_distance(points: FloatArray) -> float:
    """Largest distance between two of the points, shape (points, dimensions).

    The points must span their space, as the face centres of a single voxel already do.
    """
    corners = points[ConvexHull(points).vertices]
    return max(
        float(cdist(corners[start : start + _BLOCK], corners[start:]).max())
        for start in range(0, len(corners), _BLOCK)
    )

"""A mask as runs: stretches of voxels that follow one another along a row.

A liver of millions of voxels is some ten thousand runs, so parts, centres and diameters are exact
and fast on them.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from CRLMExplorerLib.findings import PointRAS
from CRLMExplorerLib.geometry import Grid, Mask

IntArray = NDArray[np.int64]

# Neighbouring rows (slice, row) that come later in the array; the earlier four mirror them.
_LATER_ROWS = ((0, 1), (1, -1), (1, 0), (1, 1))


@dataclass(frozen=True, eq=False)
class Runs:
    """Runs of a mask, in the order of the array.

    Attributes
    ----------
    grid
        The grid whose voxels are meant.
    k, j
        Slice and row of each run, shape (runs,).
    first, last
        Column of each run's first and last voxel, shape (runs,).
    """

    grid: Grid
    k: IntArray
    j: IntArray
    first: IntArray
    last: IntArray

    @classmethod
    def of(cls, mask: Mask) -> Runs:
        """Find the runs of a mask."""
        slices, rows, columns = mask.voxels.shape
        steps = np.empty((slices, rows, columns + 1), dtype=bool)
        if columns:
            steps[..., 0] = mask.voxels[..., 0]
            steps[..., -1] = mask.voxels[..., -1]
            np.not_equal(mask.voxels[..., 1:], mask.voxels[..., :-1], out=steps[..., 1:-1])
        first, stop = np.flatnonzero(steps).reshape(-1, 2).T
        row, first = np.divmod(first, columns + 1)
        k, j = np.divmod(row, max(rows, 1))
        k0, j0, i0 = mask.start_kji
        return cls(mask.grid, k + k0, j + j0, first + i0, stop % (columns + 1) - 1 + i0)

    @property
    def lengths(self) -> IntArray:
        """Number of voxels of each run."""
        return self.last - self.first + 1

    def only(self, chosen: NDArray[np.bool_]) -> Runs:
        """Some of the runs."""
        return Runs(
            self.grid, self.k[chosen], self.j[chosen], self.first[chosen], self.last[chosen]
        )

    def parts(self) -> tuple[IntArray, IntArray]:
        """Connected parts, numbered from the largest.

        Voxels that share a face, an edge or a corner are connected (26 neighbours).

        Returns
        -------
        part
            Number of the part that each run belongs to, shape (runs,); 0 is the largest.
        sizes
            Number of voxels of each part, shape (parts,), falling.
        """
        count, part = connected_components(self._links(), directed=False)
        sizes = np.zeros(count, dtype=np.int64)
        np.add.at(sizes, part, self.lengths)
        order = np.argsort(-sizes, kind="stable")
        rank = np.empty_like(order)
        rank[order] = np.arange(count)
        return rank[part], sizes[order]

    def _links(self) -> coo_array:
        """Pairs of runs in neighbouring rows that touch."""
        # A run's key grows along the array; one column of air between rows keeps rows apart.
        rows, columns = (n + 2 for n in self.grid.shape_kji[1:])
        row_key = self.k * rows + self.j
        first_key, stop_key = row_key * columns + self.first, row_key * columns + self.last + 1
        from_runs, to_runs = [], []
        for dk, dj in _LATER_ROWS:
            shift = (dk * rows + dj) * columns
            low = np.searchsorted(stop_key, first_key + shift, side="left")
            high = np.searchsorted(first_key, stop_key + shift, side="right")
            touching = np.maximum(high - low, 0)
            from_runs.append(np.repeat(np.arange(len(low)), touching))
            ends = np.cumsum(touching)
            within = np.arange(touching.sum()) - np.repeat(ends - touching, touching)
            to_runs.append(np.repeat(low, touching) + within)
        source, target = np.concatenate(from_runs), np.concatenate(to_runs)
        links = np.ones(len(source), dtype=bool)
        return coo_array((links, (source, target)), shape=(len(self.k), len(self.k)))

    def central_voxel_ras_mm(self) -> PointRAS:
        """Centre of the voxel nearest to the centroid, in RAS mm.

        The centroid itself can lie outside a bent or scattered mask; a reader who jumps there
        would look at the wrong place.

        Raises
        ------
        ValueError
            If there are no runs.
        """
        weights = self.lengths
        if not weights.size:
            raise ValueError("an empty mask has no central voxel")
        k, j, i = (
            np.average(x, weights=weights) for x in (self.k, self.j, (self.first + self.last) / 2)
        )
        nearest = np.clip(np.rint(i), self.first, self.last)
        voxels = np.stack([self.k, self.j, nearest], axis=1)
        positions = self.grid.ras_of(voxels)
        distances = np.linalg.norm(positions - self.grid.ras_of((k, j, i)), axis=1)
        r, a, s = positions[np.argmin(distances)].tolist()
        return r, a, s

"""Which regions a filter is applied to at once: those whose surroundings overlap enough."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations

from CRLMExplorerLib.radiomics.engine.filters import Filter
from CRLMExplorerLib.radiomics.engine.patch import Source, Target, box_around, grown, volume_of


def voxels_to_see(by: Filter, source: Source, targets: Sequence[Target]) -> int:
    """Number of voxels that are filtered to give the targets their values."""
    box = box_around([target.box for target in targets])
    return volume_of(grown(box, source.voxels.shape, *by.margins(source)))


def grouped(by: Filter, source: Source, targets: Sequence[Target]) -> list[list[Target]]:
    """Targets together wherever one box around them is no more to filter than two boxes."""
    groups = [[target] for target in targets]
    if not by.is_shared:
        return groups

    def saving(pair: tuple[list[Target], list[Target]]) -> int:
        apart = sum(voxels_to_see(by, source, group) for group in pair)
        return apart - voxels_to_see(by, source, [*pair[0], *pair[1]])

    while len(groups) > 1:
        best = max(combinations(groups, 2), key=saving)
        if saving(best) < 0:
            break
        groups = [group for group in groups if group is not best[0] and group is not best[1]]
        groups.append([*best[0], *best[1]])
    return groups

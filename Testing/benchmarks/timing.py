"""Timing two routes to the same thing fairly: in turns, after a warm-up.

Other programs slow both down alike when routes take turns, so the ratio of a pair is steadier than
either time.
"""

from __future__ import annotations

import gc
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from time import perf_counter

Seconds = dict[str, float]


@contextmanager
def timed(seconds: Seconds, name: str) -> Iterator[None]:
    """Note how long the block takes, under a name."""
    started = perf_counter()
    yield
    seconds[name] = perf_counter() - started


def in_turns(routes: Sequence[Callable[[], Seconds]], times: int) -> dict[str, list[float]]:
    """Run each route once to warm up, then all of them in turns, each time another one first.

    Returns
    -------
    dict
        All seconds that the routes reported, by name.
    """
    samples: dict[str, list[float]] = defaultdict(list)
    for turn in range(-1, times):
        for route in routes if turn % 2 else reversed(routes):
            gc.collect()
            seconds = route()
            if turn >= 0:
                for name, value in seconds.items():
                    samples[name].append(value)
    return samples

"""Which of many points no other beats: fronts of cost against something else, both the smaller the better."""

import math
from collections.abc import Sequence

Point = tuple[float, float]


def front(points: Sequence[Point]) -> tuple[int, ...]:
    """Return the indexes of the points that no other point beats, by rising first value.

    A point is beaten by one that is no worse in both values and better in one. Of equal points only the first
    is returned. A point with NaN is never on the front.
    """
    return tuple(_front_of(_ordered(points), points))


def layers(points: Sequence[Point], wanted: int) -> list[int]:
    """Return, for each point, on which front it lies: 0 is the front, 1 the front without those, and so on.

    Peeling ends once *wanted* points have a number; the others all get the next one.
    """
    number = [-1] * len(points)
    left, done, layer = _ordered(points), 0, 0
    while left and done < wanted:
        peeled = set(_front_of(left, points))
        for index in peeled:
            number[index] = layer
        left = [index for index in left if index not in peeled]
        done += len(peeled)
        layer += 1
    return [layer if each < 0 else each for each in number]


def nearest_first(fronts: Sequence[Sequence[Point]], wanted: int) -> list[int]:
    """Return *wanted* indexes, those nearest to any of the *fronts* first.

    Each of *fronts* holds one point per index (the same things seen by another measure). Order: the best
    layer among the measures, then the sum of the layers, then the first value, then the index.
    """
    if not fronts:
        return []
    ranks = list(zip(*(layers(points, wanted) for points in fronts), strict=True))
    order = sorted(range(len(ranks)), key=lambda i: (min(ranks[i]), sum(ranks[i]), fronts[0][i][0], i))
    return order[:wanted]


def _ordered(points: Sequence[Point]) -> list[int]:
    real = [i for i, point in enumerate(points) if not any(map(math.isnan, point))]
    return sorted(real, key=lambda i: (*points[i], i))


def _front_of(ordered: Sequence[int], points: Sequence[Point]) -> list[int]:
    best = math.inf
    found: list[int] = []
    for index in ordered:
        if points[index][1] < best or not found:
            best = points[index][1]
            found.append(index)
    return found

"""Orders and places: permutations, and some of n places."""

from __future__ import annotations

from ..checking.choices import Choices


def class_index(choices: Choices, n: int) -> int:
    """Return a class, 0 ≤ index < n: the first, the last or any."""
    match choices.pick(("first", "last", "any")):
        case "first":
            return 0
        case "last":
            return n - 1
        case _:
            return choices.integer(0, n - 1)


def permutation(choices: Choices, n: int) -> list[int]:
    """Return 0 … n − 1 in an order: as they are, two exchanged, rotated, reversed, or (up to 64) shuffled."""
    order = list(range(n))
    match choices.pick(("same", "exchanged", "rotated", "reversed", "shuffled")):
        case "exchanged":
            i, j = choices.integer(0, n - 1), choices.integer(0, n - 1)
            order[i], order[j] = order[j], order[i]
        case "rotated":
            start = choices.integer(0, n - 1)
            order = order[start:] + order[:start]
        case "reversed":
            order.reverse()
        case "shuffled":
            for i in range(min(n, 64) - 1):
                j = choices.integer(i, n - 1)
                order[i], order[j] = order[j], order[i]
        case _:
            pass
    return order


def positions(choices: Choices, n: int, count: int) -> list[int]:
    """Return `count` different places of `n`, in an order of their own; the simplest are 0, 1, 2, and so on."""
    chosen: list[int] = []
    for taken in range(count):
        position = choices.integer(0, n - 1 - taken)  # among those that are left
        for older in sorted(chosen):
            position += older <= position
        chosen.append(position)
    return chosen

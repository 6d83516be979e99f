"""Projected sizes of population groups (sasaran proyeksi), from a regency's total down to its villages.

n(regency, group) = round half up( total(regency) × national persons of the group / national persons ). No table of
village populations is published, so a regency's n is split evenly: every village gets the whole part, and the
first villages by code one more until the sum is exact. District, province and nation are sums of villages.
"""

from collections.abc import Sequence
from fractions import Fraction


def group_size(total: int, share: Fraction) -> int:
    """Return the size of a group in a regency, in persons, rounded half up."""
    return int(total * share + Fraction(1, 2))


def split_evenly(n: int, villages: Sequence[str]) -> dict[str, int]:
    """Return village → persons; the sum is exactly `n` (largest remainder, ties by village code)."""
    if not villages:
        return {}
    each, left = divmod(n, len(villages))
    return {village: each + (index < left) for index, village in enumerate(sorted(villages))}

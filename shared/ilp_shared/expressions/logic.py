"""Three-valued logic: True, False, and None for what is not known (Kleene, strong).

An answer is known as soon as no value of the unknown parts could change it. What is not known is never taken as False.
"""

from collections.abc import Iterable

Truth = bool | None


def all_of(parts: Iterable[Truth]) -> Truth:
    """Return whether all parts hold: False once one is False, else None while one is unknown; True of no parts."""
    unknown = False
    for part in parts:
        if part is False:
            return False
        unknown = unknown or part is None
    return None if unknown else True


def any_of(parts: Iterable[Truth]) -> Truth:
    """Return whether one part holds: True once one is True, else None while one is unknown; False of no parts."""
    return at_least(1, parts)


def at_least(number: int, parts: Iterable[Truth]) -> Truth:
    """Return whether as many parts hold; None while the unknown ones could still decide."""
    known = unknown = 0
    for part in parts:
        known += part is True
        unknown += part is None
    return True if known >= number else None if known + unknown >= number else False


def opposite(part: Truth) -> Truth:
    """Return the opposite; what is unknown stays unknown."""
    return None if part is None else not part

"""The village of an area below it. Pure.

Events say where something is no closer than the village: an RT is a few dozen households, too few to hide anybody.
Used by the writers of events and by the default catchment of facilities.
"""


def village_of(code: str) -> str:
    """Return the village part of an area code (its first four segments); codes above a village stay as they are."""
    return ".".join(code.split(".")[:4])

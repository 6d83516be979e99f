"""Kemendagri area codes: their form, arithmetic on them, and the time zone of an area. Pure.

A code keeps its dots: `13` province, `13.76` regency, `13.76.01` district, `13.76.01.1002` village; further
segments (dusun, RW, RT) follow the same pattern. The nation is `id`.
"""

from datetime import date, datetime
from zoneinfo import ZoneInfo

NATION = "id"
_DISTRICT = r"[0-9]{2}(\.[0-9]{2}(\.[0-9]{2}"
AREA_CODE = rf"^(id|{_DISTRICT}(\.[0-9]{{4}}(\.[A-Za-z0-9-]{{1,16}})*)?)?)?)$"
r"""Any area from the nation down to an RT. ASCII digits only: `\d` would accept those of every script."""
REPORTING_AREA_CODE = rf"^(id|{_DISTRICT}(\.[0-9]{{4}})?)?)?)$"
"""An area from the nation down to a village: indicators are counted no deeper."""
AREA_CODE_LENGTH = 100
LEVELS = ("nation", "province", "regency", "district", "village")

# Keputusan Presiden 41/1987, pasal 1, applied to the provinces founded since then: provinces by zone.
_WITA = frozenset({"51", "52", "53", "63", "64", "65", "71", "72", "73", "74", "75", "76"})
_WIT = frozenset({"81", "82", "91", "92", "93", "94", "95", "96"})


def level_of(code: str) -> str:
    """Return the level of an area code: nation, province, regency, district, village or `sub_village`."""
    depth = 0 if code == NATION else code.count(".") + 1
    return LEVELS[depth] if depth < len(LEVELS) else "sub_village"


def parent_of(code: str) -> str | None:
    """Return the code one level up; the nation has none."""
    if code == NATION:
        return None
    return code.rpartition(".")[0] or NATION


def lineage(code: str) -> list[str]:
    """Return the code and all its ancestors, nation first, e.g. `['id', '13', '13.76']`."""
    if code == NATION:
        return [NATION]
    parts = code.split(".")
    return [NATION, *(".".join(parts[:n]) for n in range(1, len(parts) + 1))]


def covers(scope: str, code: str) -> bool:
    """Tell whether `code` is `scope` itself or lies below it."""
    return scope in (NATION, code) or code.startswith(scope + ".")


def village_of(code: str) -> str:
    """Return the village part of a code (its first four segments); a code above a village is returned as it is.

    Events name no area below a village: an RT has a few dozen households, so its code would help to identify a person.
    """
    return ".".join(code.split(".")[:4])


def home_key(code: str) -> str:
    """Return the regency part of a code (or the code itself above that level): the Kafka key of its events."""
    return ".".join(code.split(".")[:2])


def zone_of(code: str) -> ZoneInfo:
    """Return the local time zone (WIB, WITA or WIT) in which an area keeps its reporting days."""
    province = code[:2]
    if province in _WIT:
        return ZoneInfo("Asia/Jayapura")
    return ZoneInfo("Asia/Makassar" if province in _WITA else "Asia/Jakarta")


def local_day(instant: datetime, code: str) -> date:
    """Return the day of an instant (aware) in an area's own time zone."""
    return instant.astimezone(zone_of(code)).date()

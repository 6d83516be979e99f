"""Areas as published and facilities as registered: what a situation says of its place, and which posyandu it awaits."""

from collections.abc import Mapping
from typing import Any

from ilp_monitoring.recount.counting import count_arrivals
from ilp_monitoring.recount.history import Area, Facility, History, OpenDay, village_of

Fields = dict[str, Any]

_NATION = Area("id", "Indonesia", "nation", "negara")
_KINDS = ("puskesmas", "pustu", "posyandu")


def above(code: str) -> list[str]:
    """Return the nation and every area above a code, of whatever depth, down to the code itself."""
    parts = code.split(".")
    return ["id", *(".".join(parts[:length]) for length in range(1, len(parts) + 1) if code != "id")]


class Places:
    """All published areas, and all facilities by the areas in which they lie."""

    def __init__(self, history: History) -> None:
        trees = [tree for _, tree in history.trees.values() if tree is not None]
        self.areas: Mapping[str, Area] = {"id": _NATION} | {area.code: area for tree in trees for area in tree.areas}
        self.regencies = {tree.root for tree in trees}
        self.regencies_of: dict[str, list[str]] = {}
        for regency in sorted(self.regencies):
            for code in above(regency):
                self.regencies_of.setdefault(code, []).append(regency)
        self._below: dict[str, list[str]] = {}
        for area in self.areas.values():
            if area.parent is not None:
                self._below.setdefault(area.parent, []).append(area.code)
        self._facilities: dict[str, dict[str, Facility]] = {}
        for identity, (_, facility) in history.facilities.items():
            if facility is not None:
                for code in above(facility.area):
                    self._facilities.setdefault(code, {})[str(identity)] = facility
        self.example_data = any(facility.example for facility in self._facilities.get("id", {}).values())
        days = [day for _, day in history.open_days.values() if isinstance(day, OpenDay)]
        self._arrivals: dict[str, list[Fields]] = {}
        for (code, minute, place), pair in sorted(count_arrivals(history).items(), reverse=True):
            self._arrivals.setdefault(code, []).append(self._arrival(minute, place, *pair))
        self._opened = {(day.month, day.facility) for day in days if day.kind == "posyandu"}
        visits = [visit for _, visit in history.visits.values() if visit is not None]
        self._reported = {(visit.order[0][:7], visit.facility) for visit in visits}

    def below(self, code: str, choice: str) -> list[str]:
        """Return the areas that a situation lists: one level down, or all villages below."""
        children = sorted(self._below.get(code, []))
        if len(above(code)) > 4:
            return []
        if choice == "children":
            return children
        both = [*children, *(village for child in children for village in self._below.get(child, []))]
        return sorted(area for area in both if self.areas[area].level == "village")

    def described(self, code: str) -> Fields:
        """Return an area as lists show it."""
        area = self.areas[code]
        return {name: getattr(area, name) for name in ("code", "name", "level", "kind", "lat", "lng")}

    def head(self, code: str) -> Fields:
        """Return an area as the head of a situation shows it: with the way to it, and its facilities."""
        kinds = [facility.kind for facility in self._facilities.get(code, {}).values()]
        lineage = [{"code": one, "name": self.areas[one].name} for one in above(code) if one in self.areas]
        return {
            **self.described(code),
            "lineage": lineage,
            "facilities": {kind: kinds.count(kind) for kind in _KINDS},
        }

    def awaited(self, code: str, month: str) -> dict[str, list[Fields]]:
        """Return every posyandu of a regency or below that did not report, or did not open; none of larger areas."""
        lists: dict[str, list[Fields]] = {"not_reported": [], "not_opened": []}
        if len(above(code)) < 3:
            return lists
        for identity, facility in self._facilities.get(code, {}).items():
            opened = (month, identity) in self._opened
            if facility.kind == "posyandu" and not (opened and (month, identity) in self._reported):
                lists["not_reported" if opened else "not_opened"].append(self._unit(identity, facility))
        return lists

    def arrivals(self, code: str) -> list[Fields]:
        """Return what came in last at the facilities of an area, newest first."""
        return self._arrivals.get(code, [])

    def _arrival(self, minute: str, identity: str, weighings: int, others: int) -> Fields:
        facility = self._facilities.get("id", {}).get(identity)
        place = self.areas.get(village_of(facility.area)) if facility else None
        return {
            "minute": f"{minute}:00Z",
            "facility_id": identity,
            "facility_name": facility.name if facility else None,
            "area_name": place.name if place else None,
            "weighings": weighings,
            "others": others,
        }

    def _unit(self, identity: str, facility: Facility) -> Fields:
        village = self.areas.get(village_of(facility.area))
        return {
            "id": identity,
            "name": facility.name,
            "area_code": village_of(facility.area),
            "area_name": village.name if village else None,
        }

"""What a screening opens: one planned task per action code, with its limit, klaster and level, and who acts. Pure.

Several results may ask for the same action; for the kader that is one task: it names the most severe result,
lists all of them, and is due at the earliest limit. The limit an action carries wins over the table's.
"""

from collections.abc import Iterable
from datetime import datetime, time, timedelta
from typing import Final
from uuid import UUID, uuid5

from ilp_cluster_services.rules.forms import Level, Route, RoutingTable
from ilp_cluster_services.rules.models import Network, Planned, Screening
from ilp_shared.areas import zone_of
from ilp_shared.events.screening.v1 import RequiredAction, ScreeningResult

# Result classes of the screening catalogue (juknis PKG 2025), mildest first.
_SEVERITY: Final = ("normal_no_risk", "normal_with_risk_factor", "pre_disease", "disease_suspected")
_END_OF_DAY: Final = time(23, 59, 59)


def task_id(screening_id: UUID, action: str) -> UUID:
    """Return the id of the task of a screening and an action: the same for ever, so it can never open twice."""
    return uuid5(screening_id, action)


def plan(screening: Screening, table: RoutingTable) -> list[Planned]:
    """Return what a screening asks for, in order of first mention; actions that open nothing are left out."""
    asking: dict[str, list[tuple[ScreeningResult, RequiredAction]]] = {}
    for result in screening.results:
        for action in result.actions:
            asking.setdefault(action.code, []).append((result, action))
    return [
        _planned(screening, table, code, mentions)
        for code, mentions in asking.items()
        if table.route_of(code).opens != "nothing"
    ]


def due_at(screening: Screening, route: Route, action: RequiredAction) -> datetime:
    """Return until when an action is due: hours from the screening, or the end of the local day after some days."""
    hours, days = action.within_hours, action.after_days
    if hours is None and days is None:
        hours, days = route.within_hours, route.after_days
    limits = []
    if hours is not None:
        limits.append(screening.occurred_at + timedelta(hours=hours))
    if days is not None:
        last = screening.day + timedelta(days=days)
        limits.append(datetime.combine(last, _END_OF_DAY, zone_of(screening.facility_area)))
    return min(limits)


def facility_at(network: Network | None, origin: UUID, level: Level) -> UUID | None:
    """Return who acts at a level: the origin itself, the nearest pustu (else puskesmas), or the nearest puskesmas.

    Hospitals, social services and police are beyond the registry: the puskesmas refers there and follows up.
    None while no puskesmas is known at or above the origin.
    """
    if level == "origin":
        return origin
    if network is None or "puskesmas" not in network:
        return None
    return network.get("pustu", network["puskesmas"]) if level == "pustu" else network["puskesmas"]


def _planned(
    screening: Screening, table: RoutingTable, code: str, mentions: list[tuple[ScreeningResult, RequiredAction]]
) -> Planned:
    route = table.route_of(code)
    worst = _most_severe(result for result, _ in mentions)
    return Planned(
        action=code,
        kind="referral" if route.opens == "referral" else "follow_up",
        klaster=table.klaster_of(route, worst.code),
        target_level=route.target,
        due_at=min(due_at(screening, route, action) for _, action in mentions),
        result_code=worst.code,
        result_codes=tuple(dict.fromkeys(result.code for result, _ in mentions)),
        routed=code in table.actions,
        policy_version=table.version,
    )


def _most_severe(results: Iterable[ScreeningResult]) -> ScreeningResult:
    """Return the first of the worst class; a result without class counts as mildest."""
    return max(results, key=lambda r: _SEVERITY.index(r.result_class) if r.result_class in _SEVERITY else -1)

"""Judges adult blood pressure: the worse band of systolic and diastolic, and overlays that only add; or one alone.

Source: the blood pressure pack (KMK HK.01.07/MENKES/2015/2023).
"""

from collections.abc import Mapping, Sequence

from ilp_screening.rules.bands import limits_reason, merged, number, policy_of
from ilp_screening.rules.models import NotEvaluated, Reason, Result
from ilp_screening.rules.not_evaluated import missing_input
from ilp_screening.rules.observations import Value
from ilp_screening.rules.pack_forms import BloodPressurePack


def evaluate_blood_pressure(
    pack: BloodPressurePack, years: int, observations: Mapping[str, Value]
) -> Result | NotEvaluated | None:
    """Return the result for pressures in mmHg; None when the age (completed years) does not fit."""
    if not pack.years.contains(years):
        return None
    missing = tuple(code for code in pack.symbols if code not in observations)
    if missing:
        return _by_one(pack, observations, missing)
    sbp, dbp = float(observations["sbp"]), float(observations["dbp"])
    by_sbp = _grade([band.sbp.contains(sbp) for band in pack.bands])
    by_dbp = _grade([band.dbp.contains(dbp) for band in pack.bands])
    worst = pack.bands[max(by_sbp, by_dbp)]
    overlays = [band for band in pack.overlays if band.sbp.contains(sbp) and band.dbp.contains(dbp)]
    reasons: list[Reason] = []
    if by_sbp >= by_dbp:
        reasons.append(limits_reason(pack.symbols["sbp"], number(sbp), worst.sbp))
    if by_dbp >= by_sbp:
        reasons.append(limits_reason(pack.symbols["dbp"], number(dbp), worst.dbp))
    reasons.extend(Reason(code=band.code, text=band.label) for band in overlays)
    return Result(
        code=pack.code,
        category=worst.code,
        label=worst.label,
        result_class=worst.result_class,
        reasons=tuple(reasons),
        actions=merged(worst.actions, *(band.actions for band in overlays)),
        policy=policy_of(pack, pack.source, pack.verified, worst),
    )


def _by_one(
    pack: BloodPressurePack, observations: Mapping[str, Value], missing: tuple[str, ...]
) -> Result | NotEvaluated:
    """Return the grade of the one value where the pack lets it decide, else the open question."""
    partial = pack.partial
    if partial is None or len(missing) == len(pack.symbols):
        return missing_input(pack.code, missing)
    [(code, symbol)] = [(code, symbol) for code, symbol in pack.symbols.items() if code not in missing]
    value = float(observations[code])
    limits = [band.sbp if code == "sbp" else band.dbp for band in pack.bands]
    grade = _grade([bounds.contains(value) for bounds in limits])
    if grade < [band.code for band in pack.bands].index(partial.decides_from):
        return missing_input(pack.code, missing, partial.actions)
    band = pack.bands[grade]
    return Result(
        code=pack.code,
        category=band.code,
        label=band.label,
        result_class=band.result_class,
        reasons=(limits_reason(symbol, number(value), limits[grade]), Reason(code="one_value", text=partial.text)),
        actions=band.actions,
        policy=policy_of(pack, partial.source, partial.verified),
    )


def _grade(contained: Sequence[bool]) -> int:
    return contained.index(True)

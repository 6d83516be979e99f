"""Finds the band of a value and states the reason, in Indonesian and English; shared by the rule families."""

from functools import lru_cache

from ilp_screening.rules.forms import Action, Band, BandList, Bounds, Symbol, Verdict
from ilp_screening.rules.models import Policy, Reason
from ilp_screening.rules.pack_forms import PackHeader
from ilp_shared.text import Text


def band_of(value: float, bands: BandList) -> Band | None:
    """Return the first band that contains the value."""
    for band in bands.bands:
        if band.when.contains(value):
            return band
    return None


def limits_reason(symbol: Symbol, amount: str, bounds: Bounds, remark: str = "") -> Reason:
    """Return a reason such as "−3 ≤ z −2,31 < −2 SD (WHO 2006)"; `amount` is the value with a decimal point."""
    prefix, suffix = _limits(bounds.ge, bounds.gt, bounds.le, bounds.lt)
    tail = f" {symbol.unit}{remark}"
    text = Text(
        id=comma(f"{prefix}{symbol.name.id} {amount}{suffix}") + tail,
        en=f"{prefix}{symbol.name.en} {amount}{suffix}{tail}",
    )
    return Reason(code="limits", text=text)


def number(value: float, decimals: int | None = None) -> str:
    """Write a number for people, with a decimal point and a real minus sign."""
    text = f"{value:g}" if decimals is None else f"{value:.{decimals}f}"
    return text.replace("-", "−")


def comma(text: str) -> str:
    """Replace decimal points by the Indonesian decimal comma."""
    return text.replace(".", ",")


def policy_of(pack: PackHeader, source: str, verified: bool, verdict: Verdict | None = None) -> Policy:
    """Return the policy that decided; a verdict's own source and `verified` go before those of its list."""
    if verdict is not None:
        source = verdict.source or source
        verified = verified if verdict.verified is None else verdict.verified
    return _policy(pack.code, pack.version, source, verified)


def merged(*lists: tuple[Action, ...]) -> tuple[Action, ...]:
    """Return the actions of several lists in order, each code once."""
    filled = [actions for actions in lists if actions]
    if len(filled) == 1:
        return filled[0]
    first: dict[str, Action] = {}
    for actions in filled:
        for action in actions:
            first.setdefault(action.code, action)
    return tuple(first.values())


@lru_cache(maxsize=256)
def _policy(pack: str, version: str, source: str, verified: bool) -> Policy:
    return Policy(pack=pack, version=version, source=source, verified=verified)


@lru_cache(maxsize=256)
def _limits(ge: float | None, gt: float | None, le: float | None, lt: float | None) -> tuple[str, str]:
    prefix = f"{number(ge)} ≤ " if ge is not None else f"{number(gt)} < " if gt is not None else ""
    suffix = f" ≤ {number(le)}" if le is not None else f" < {number(lt)}" if lt is not None else ""
    if prefix and not suffix:  # one lower limit reads better behind: "z 3,20 > 3"
        return "", f" ≥ {number(ge)}" if ge is not None else f" > {number(gt or 0)}"
    return prefix, suffix

"""Bands over one value: their forms, the band of a value, and the reason in both languages; shared by the kinds."""

from functools import lru_cache

from pydantic import Field

from ilp_screening.rules.case import Case
from ilp_screening.rules.conditions import Applies, Way
from ilp_screening.rules.forms import Action, Bounds, Symbol, Verdict
from ilp_screening.rules.models import Policy, Reason
from ilp_screening.rules.packs import PackHeader
from ilp_shared.models import Frozen
from ilp_shared.text import Text


class Escalation(Frozen):
    """Tindakan tambahan bila syaratnya terpenuhi; `text` adalah alasannya.

    Actions added to a band where its conditions hold; `text` is the reason shown. What is not known adds nothing.
    """

    text: Text
    """Alasan yang tampil / reason shown"""
    applies: Applies = Applies()
    """Untuk siapa / whom it is for"""
    way: Way = Field(default=Way(), alias="if")
    """Syarat atas pengamatan / conditions over observations"""
    actions: tuple[Action, ...]
    """Yang perlu dilakukan / what to do next"""


class Band(Verdict):
    """Hasil untuk nilai dalam `when`.

    A verdict for values inside `when`.
    """

    when: Bounds
    """Rentang nilai / range of the value"""
    escalations: tuple[Escalation, ...] = ()
    """Tindakan tambahan / what is added under conditions"""


class BandList(Frozen):
    """Daftar rentang satu nilai, dari terendah; yang pertama memuat nilai berlaku.

    Bands over one value, lowest first; the first that contains the value wins.
    """

    code: str
    """Sandi daftar / stable name of the list"""
    source: str
    """Asal batas / where the limits come from"""
    verified: bool
    """Sudah diperiksa pada sumbernya / whether it was checked against that text"""
    symbol: Symbol
    """Besaran yang dinilai / quantity that is judged"""
    bands: tuple[Band, ...] = Field(min_length=1)
    """Rentang dari terendah / ranges, lowest first"""


def band_of(value: float, bands: BandList) -> Band | None:
    """Return the first band that contains the value."""
    for band in bands.bands:
        if band.when.contains(value):
            return band
    return None


def escalated(band: Band, case: Case) -> list[Escalation]:
    """Return the escalations of a band whose conditions hold."""
    return [each for each in band.escalations if each.applies.to(case) and each.way.holds(case.values) is True]


def limits_reason(symbol: Symbol, amount: str, bounds: Bounds, remark: str = "", code: str = "limits") -> Reason:
    """Return a reason such as "−3 ≤ z −2,31 < −2 SD (WHO 2006)"; `amount` is the value with a decimal point."""
    prefix, suffix = _limits(bounds.ge, bounds.gt, bounds.le, bounds.lt)
    tail = f" {symbol.unit}{remark}"
    text = Text(
        id=comma(f"{prefix}{symbol.name.id} {amount}{suffix}") + tail,
        en=f"{prefix}{symbol.name.en} {amount}{suffix}{tail}",
    )
    return Reason(code=code, text=text)


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

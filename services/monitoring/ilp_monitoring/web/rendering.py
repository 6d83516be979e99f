"""Turns a frame into HTML: the Jinja2 environment, what templates see, and the data the live script starts from."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from ilp_monitoring.situations.areas import HALF_PERCENT
from ilp_monitoring.web.arrivals import entries
from ilp_monitoring.web.assets import address, assets
from ilp_monitoring.web.cards import cards
from ilp_monitoring.web.frame import Frame
from ilp_monitoring.web.heading import foot, heading
from ilp_monitoring.web.i18n import Words
from ilp_monitoring.web.judging import SHAPES, scale_of
from ilp_monitoring.web.lists import lists
from ilp_monitoring.web.map_view import map_view
from ilp_monitoring.web.participants import strip
from ilp_monitoring.web.table import rows

_LIVE_WORDS = (
    "live.", "status.", "unit.", "card.", "change.", "noun.", "number.", "zone.", "time.", "map.", "month_short.",
    "none.", "head.", "facilities.units", "facilities.posyandu", "kind_of.", "paper.printed",
)  # fmt: skip


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("ilp_monitoring.web"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.globals["asset"] = address
    environment.globals["scripts"] = sorted(name for name in assets() if name.endswith(".js"))
    return environment


def render_situation(frame: Frame) -> str:
    """Return the whole situation page."""
    return (
        _environment()
        .get_template("situation.html")
        .render(
            frame=frame,
            situation=frame.situation,
            t=frame.words,
            head=heading(frame),
            cards=cards(frame),
            strip=strip(frame),
            map=map_view(frame),
            lists=lists(frame),
            arrivals=entries(frame),
            rows=rows(frame),
            foot=foot(frame),
            live=_island(frame),
        )
    )


@dataclass(frozen=True)
class Refusal:
    """What the page says that is shown in place of another; `own_areas` are the account's, as (code, name).

    `root` leads from the refused address to the root of the service, e.g. `../` from a page of an area.
    """

    message: str
    root: str
    trace: str
    details: Sequence[str] = ()
    own_areas: Sequence[tuple[str, str]] = ()
    leads_home: bool = False
    example_data: bool = False
    heading: str = "error.heading"
    """Key of the heading; that of a page that is no refusal shows no trace number."""
    sign_in: str = ""
    """Key of the words that lead to the sign-in; empty where the page does not lead there."""


def render_refusal(words: Words, refusal: Refusal) -> str:
    """Return the page shown in place of one that cannot be shown."""
    return _environment().get_template("refusal.html").render(t=words, refusal=refusal)


def _island(frame: Frame) -> Markup:
    """Return the JSON the live script reads: numbers of the area, definitions, words; safe inside a script element."""
    situation = frame.situation
    current = situation.checked_at or situation.as_of
    document = {
        "code": situation.area.code,
        "period": situation.period,
        "denominator": situation.denominator,
        "below": situation.below,
        "period_text": frame.words.month(situation.period),
        "sequence": situation.sequence,
        "current": current.isoformat() if current else None,
        "indicator": frame.indicator.code,
        "zone": frame.zone.key,
        "units": situation.units.model_dump(),
        "representative": frame.representative,
        "few": frame.few,
        "account": frame.account,
        "half": HALF_PERCENT,
        "indicators": [numbers.model_dump(mode="json") for numbers in situation.indicators],
        "definitions": {
            i.code: {
                "name": frame.name(i),
                "unit": i.unit,
                "direction": i.direction,
                "target": i.target.value if i.target else None,
                "breaks": i.class_breaks,
                "scale": scale_of(i),
                "yearly": i.counts.yearly,
            }
            for i in frame.definitions.indicators
        },
        "shapes": SHAPES,
        "words": {key: text for key, text in frame.words.entries.items() if key.startswith(_LIVE_WORDS)},
    }
    text = json.dumps(document, ensure_ascii=False, separators=(",", ":"))
    return Markup(text.replace("<", "\\u003c"))  # noqa: S704  # "<" cannot occur, so the element cannot be left

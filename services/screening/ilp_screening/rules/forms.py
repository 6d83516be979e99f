"""Forms of the policy packs: immutable models of their YAML, as the rules and the catalog read them.

Limits, labels, classes, actions and sources are data; this module holds nothing clinical.
"""

from collections.abc import Mapping
from datetime import date
from typing import Literal

from pydantic import Field

from ilp_shared.models import Frozen
from ilp_shared.text import Text

ResultClass = Literal["normal_no_risk", "normal_with_risk_factor", "pre_disease", "disease_suspected"]
Standard = Literal["WHO2006", "WHO2007"]


class Bounds(Frozen):
    """A range of numbers; an absent limit is open."""

    ge: float | None = None
    gt: float | None = None
    le: float | None = None
    lt: float | None = None

    def contains(self, value: float) -> bool:
        """Tell whether a value lies inside every limit."""
        return (
            (self.ge is None or value >= self.ge)
            and (self.gt is None or value > self.gt)
            and (self.le is None or value <= self.le)
            and (self.lt is None or value < self.lt)
        )


class Symbol(Frozen):
    """Name and unit of a measured quantity, as reasons show them."""

    name: Text
    unit: str


class Action(Frozen):
    """An action to take next, as the list of actions defines it; durations in days or hours."""

    code: str
    label: Text
    to: str | None = None
    urgency: str | None = None
    after_days: int | None = None
    within_hours: int | None = None


class Observation(Frozen):
    """One observation code: type, UCUM unit and the hard range outside which a value is an input error."""

    code: str
    type: Literal["quantity", "boolean", "code"]
    label: Text
    unit: str | None = None
    possible: Bounds | None = None
    below: str | None = None
    values: tuple[str, ...] = ()
    loinc: str | None = None
    loinc_verified: bool = False


class Verdict(Frozen):
    """A named outcome with its class and actions; `verified` and `source` override those of its list."""

    code: str
    label: Text
    result_class: ResultClass = Field(alias="class")
    actions: tuple[Action, ...] = ()
    verified: bool | None = None
    source: str | None = None


class Escalation(Frozen):
    """Actions added to a band when age (months) and weight (kg) fit; `text` is the reason shown."""

    text: Text
    months: Bounds = Bounds()
    weight_kg: Bounds | None = None
    actions: tuple[Action, ...]


class Band(Verdict):
    """A verdict for values inside `when`."""

    when: Bounds
    escalations: tuple[Escalation, ...] = ()


class BandList(Frozen):
    """Bands over one value, lowest first; the first that contains the value wins."""

    code: str
    source: str
    verified: bool
    symbol: Symbol
    bands: tuple[Band, ...]


class TableUse(Frozen):
    """The LMS table that serves an indicator at an age, and the axis on which it is entered."""

    standard: Standard
    table: str
    axis: Literal["age_days", "age_months", "length_height_cm"]
    months: Bounds
    days: Bounds | None = None


class CategoryUse(Frozen):
    """The band list that judges an indicator at an age (months), on the z-score or on the raw measure."""

    bands: str
    judged: Literal["z", "measure"]
    months: Bounds


class Indicator(Frozen):
    """One growth indicator; `oedema` says when bilateral oedema alone decides it (weight-based ones)."""

    code: str
    label: Text
    measure: str
    inputs: tuple[str, ...]
    restricted: bool
    oedema: Literal["none", "with_inputs", "alone"] = "none"
    plausible_z: Bounds
    tables: tuple[TableUse, ...]
    categories: tuple[CategoryUse, ...] = ()


class PosturePolicy(Frozen):
    """Length/height convention: border in days, correction in cm, standing ignored below so many months."""

    border_days: int
    correction_cm: float
    standing_ignored_below_months: float
    source: str
    verified: bool


class TableFile(Frozen):
    """The packaged LMS table and its checksum."""

    file: str
    sha256: str


class PackHeader(Frozen):
    """Identity and source of a pack."""

    code: str
    version: str
    effective_from: date
    title: Text
    source: str
    verified: bool
    notes: tuple[Text, ...] = ()


class GrowthPack(PackHeader):
    """Child growth policy: indicators, their tables and their bands."""

    family: Literal["growth"]
    tables: TableFile
    days_per_month: float
    posture: PosturePolicy
    indicators: tuple[Indicator, ...]
    bands: tuple[BandList, ...]
    implausible_actions: tuple[Action, ...]


class PressureBand(Verdict):
    """A verdict over systolic and diastolic pressure (mmHg)."""

    sbp: Bounds
    dbp: Bounds


class PartialPressure(Frozen):
    """How one pressure without the other is judged: it decides from the band `decides_from` on; below, `actions`."""

    decides_from: str
    text: Text
    actions: tuple[Action, ...]
    source: str
    verified: bool


class BloodPressurePack(PackHeader):
    """Adult blood pressure policy: bands from best to worst and overlays that only add.

    Without `partial`, one pressure without the other is not judged.
    """

    family: Literal["blood_pressure"]
    label: Text
    years: Bounds
    combine: Literal["worst"]
    symbols: Mapping[Literal["sbp", "dbp"], Symbol]
    bands: tuple[PressureBand, ...]
    overlays: tuple[PressureBand, ...]
    partial: PartialPressure | None = None


class Alternative(Frozen):
    """All of `all_of` and, when given, at least one of `any_of`."""

    all_of: tuple[str, ...] = ()
    any_of: tuple[str, ...] = ()


class TbOutcomes(Frozen):
    """The three outcomes of TB symptom screening."""

    suspect: Verdict
    close_contact: Verdict
    not_suspect: Verdict


class TbRule(Frozen):
    """The symptom rule of an age range (completed years)."""

    code: str
    years: Bounds
    suspect_if: tuple[Alternative, ...]
    contact: str
    outcomes: TbOutcomes
    verified: bool | None = None
    source: str | None = None


class TbPack(PackHeader):
    """TB symptom policy; `no_implies_no`: a "no" to the key answers "no" to the listed items."""

    family: Literal["tb"]
    label: Text
    no_implies_no: Mapping[str, tuple[str, ...]]
    rules: tuple[TbRule, ...]


AnyPack = GrowthPack | BloodPressurePack | TbPack

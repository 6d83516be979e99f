"""Frozen shapes of the policy packs (YAML) as the rules and the pack catalogue read them.

Limits, labels, classes, actions and sources are data; nothing clinical is written in this module. Built by
`packs.loader`, used by `ilp_screening.rules` and shown by `packs.catalogue`.
"""

from collections.abc import Mapping
from datetime import date
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

ResultClass = Literal["normal_no_risk", "normal_with_risk_factor", "pre_disease", "disease_suspected"]
Standard = Literal["WHO2006", "WHO2007"]


class Frozen(BaseModel):
    """Immutable model that refuses unknown keys, so a typing error in a pack cannot pass silently."""

    model_config = ConfigDict(
        frozen=True, extra="forbid", validate_by_name=True, validate_by_alias=True, serialize_by_alias=True
    )


class Bounds(Frozen):
    """A range of numbers; an absent limit is open."""

    ge: float | None = None
    gt: float | None = None
    le: float | None = None
    lt: float | None = None

    def contains(self, value: float) -> bool:
        """Whether the value lies inside every limit."""
        return (
            (self.ge is None or value >= self.ge)
            and (self.gt is None or value > self.gt)
            and (self.le is None or value <= self.le)
            and (self.lt is None or value < self.lt)
        )


class Text(Frozen):
    """One text in both languages."""

    id: str
    en: str


class Symbol(Text):
    """How a measured quantity is named in reasons, with the unit shown to people."""

    unit: str


class Action(Frozen):
    """What to do next, resolved from the action catalogue; durations in days or hours."""

    code: str
    label_id: str
    label_en: str
    to: str | None = None
    urgency: str | None = None
    after_days: int | None = None
    within_hours: int | None = None


class Observation(Frozen):
    """One observation code: type, UCUM unit and the hard range outside which a value is an input error."""

    code: str
    type: Literal["quantity", "boolean", "code"]
    label_id: str
    label_en: str
    unit: str | None = None
    possible: Bounds | None = None
    below: str | None = None
    values: tuple[str, ...] = ()
    loinc: str | None = None
    loinc_verified: bool = False


class Verdict(Frozen):
    """A named outcome with its class and actions; `verified` and `source` override those of its list."""

    code: str
    label_id: str
    label_en: str
    result_class: ResultClass = Field(alias="class")
    actions: tuple[Action, ...] = ()
    verified: bool | None = None
    source: str | None = None


class Escalation(Text):
    """Actions added to a band when age (months) and weight (kg) fit, with the reason shown."""

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
    """Which LMS table serves an indicator at an age, and on which axis it is entered."""

    standard: Standard
    table: str
    axis: Literal["age_days", "age_months", "length_height_cm"]
    months: Bounds
    days: Bounds | None = None


class CategoryUse(Frozen):
    """Which band list judges an indicator at an age (months), on the z-score or on the raw measure."""

    bands: str
    judged: Literal["z", "measure"]
    months: Bounds


class Indicator(Frozen):
    """One growth indicator; `oedema` says when bilateral oedema alone decides it (weight-based ones)."""

    code: str
    label_id: str
    label_en: str
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
    """What every pack says about itself."""

    code: str
    version: str
    effective_from: date
    title_id: str
    title_en: str
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


class BloodPressurePack(PackHeader):
    """Adult blood pressure policy: bands from best to worst and overlays that only add."""

    family: Literal["blood_pressure"]
    label_id: str
    label_en: str
    years: Bounds
    combine: Literal["worst"]
    symbols: Mapping[Literal["sbp", "dbp"], Symbol]
    bands: tuple[PressureBand, ...]
    overlays: tuple[PressureBand, ...]


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
    label_id: str
    label_en: str
    no_implies_no: Mapping[str, tuple[str, ...]]
    rules: tuple[TbRule, ...]


AnyPack = GrowthPack | BloodPressurePack | TbPack

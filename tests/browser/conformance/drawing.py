"""Cases for both judging engines, drawn by seed over all packs: values near limits, ages near borders, faults."""

import random
from collections.abc import Callable, Iterator, Mapping
from datetime import date, timedelta
from typing import Any, Final

from ilp_screening.rules.contents import Pack, Packs
from ilp_screening.rules.forms import Bounds, Observation
from ilp_screening.rules.kinds.lms import LmsPack
from ilp_screening.rules.kinds.table import TablePack
from ilp_screening.rules.lms.zscores import Lms, LmsTable, value_at

Case = dict[str, Any]
DAY: Final = date(2026, 11, 30)
REFUSED: Final = 0.25
"""Share of the cases into which a fault is put."""
MONTH: Final = 30.4375
_ADULT: Final = 6575
_BORDERS: Final = (
    *(0, 1, 3, 7, 8, 28, 42, 43, 90, 91, 182, 183, 273, 274, 365, 366, 729, 730, 731, 732, 1461, 1826, 1827, 1856),
    *(1857, 2191, 2192, 2556, 3652, 4382, 5478, 5479, 6574, 6575, 6604, 6605, 6939, 6940, 14609, 14610, 21915, 47482),
)
_AGO: Final = (-3, 0, 1, 7, 13, 14, 15, 20, 28, 29, 30, 31, 44, 45, 46, 60, 61, 75, 90, 180, 181, 183, 184, 365, 400)
_NUDGES: Final = (0, 0, 0, -1e-9, 1e-9, -0.001, 0.001, -0.01, 0.01, -0.1, 0.1, -1, 1)
_Z: Final = (
    -7,
    -6.01,
    -6,
    -5.99,
    -5,
    -4,
    -3.01,
    -3,
    -2.99,
    -2.005,
    -2,
    -1,
    0,
    0.995,
    1,
    1.01,
    2,
    2.5,
    3,
    3.01,
    5,
    6,
    9,
)
_USUAL: Final = {
    "sbp": (95, 150),
    "dbp": (57, 95),
    "temperature": (36.5, 39.5),
    "pulse": (100, 190),
    "breaths": (30, 75),
}
"""Ranges in which several grades lie close together."""
_NO_CODES: Final = ("height", "a/b~c", "__proto__", "constructor", "Weight_kg", "berat", "")


class Drawing:
    """Draws cases for packs; the same seed draws the same cases."""

    def __init__(self, packs: Packs, seed: int) -> None:
        self._packs, self._dice = packs, random.Random(seed)
        self._catalog = packs.catalog.observations
        self._limits = {code: limits_of(packs, each) for code, each in self._catalog.items()}
        self._children = [pack for pack in packs.all if isinstance(pack.form, LmsPack)]

    def cases(self, number: int) -> Iterator[Case]:
        """Yield cases."""
        for _ in range(number):
            case = self._sound()
            if self._dice.random() < REFUSED:
                self._spoil(case)
            yield case

    def _sound(self) -> Case:
        dice = self._dice
        sex, days = dice.choice(["male", "female"]), self._days()
        observations: Case = {}
        of_age = [pack for pack in self._packs.all if is_for(pack, days)] if dice.random() < 0.7 else self._packs.all
        for pack in dice.choices(of_age, k=dice.choice([1, 1, 2, 3])):
            share = dice.choice([0.3, 0.7, 0.9, 1, 1])
            codes = sorted(pack.form.reads)
            dice.shuffle(codes)
            observations |= {code: self._value(self._catalog[code]) for code in codes if dice.random() < share}
        if dice.random() < 0.8:
            self._grow(observations, sex, days)
        if days > _ADULT and {"weight_kg", "length_height_cm"} <= observations.keys():
            self._shape(observations)
        self._order(observations)
        if dice.random() < 0.1:
            code = dice.choice(sorted(self._catalog))
            observations.setdefault(code, self._value(self._catalog[code]))
            self._order(observations)
        case: Case = {"subject": {"sex": sex}, "occurred_on": None, "observations": observations}
        self._date(case, days)
        if dice.random() < 0.7:
            case["context"] = self._context(sex)
        if case["occurred_on"] is not None and dice.random() < 0.6:
            case["earlier"] = self._earlier(case)
        return case

    def _days(self) -> int:
        dice = self._dice
        if dice.random() < 0.35:
            return max(0, dice.choice(_BORDERS) + dice.choice([-1, 0, 0, 1]))
        return dice.randint(*dice.choice([(0, 91), (0, 730), (0, 1826), (1827, 6939), (5000, 8000), (6575, 32000)]))

    def _date(self, case: Case, days: int) -> None:
        """Say the age in one of the three ways."""
        dice, subject = self._dice, case["subject"]
        on = DAY + timedelta(days=dice.randint(0, 500))
        way = dice.random()
        if way < 0.65:
            subject["birth_date"] = str(on - timedelta(days=min(days, 45_000)))
        elif way < 0.8:
            subject["age_days"] = min(47_482, days + dice.choice([0, 0, 0.25, 0.5, 0.75]))
        else:
            subject["age_months"] = min(1560, dice.choice([days / MONTH, round(days / MONTH), round(days / MONTH, 1)]))
        if way < 0.65 or dice.random() < 0.5:
            case["occurred_on"] = str(on)

    def _value(self, observation: Observation) -> object:
        dice = self._dice
        if observation.type == "boolean":
            return dice.random() < 0.4
        if observation.type == "code":
            return dice.choice(observation.values)
        possible = observation.possible or Bounds()
        low, high = possible.ge or 0, possible.le or 0
        near, way = self._limits[observation.code], dice.random()
        if observation.code in _USUAL and way < 0.4:
            return round(dice.uniform(*_USUAL[observation.code]), dice.choice([0, 1]))
        if near and way < 0.55:
            value = dice.choice(near) + dice.choice(_NUDGES)
        elif way < 0.7:
            value = dice.randint(int(low), int(min(high, 500))) + dice.randint(0, 63) / 64
        else:
            value = round(dice.uniform(low, min(high, low * 5 + 200)), dice.choice([0, 1, 1, 2, 3]))
        value = min(max(value, low), high)
        return int(value) if value == int(value) and dice.random() < 0.5 else value

    def _grow(self, observations: Case, sex: str, days: int) -> None:
        """Put measures at chosen z-scores into a child's case."""
        dice = self._dice
        for pack in self._children:
            for code in [code for code in observations if self._catalog[code].type == "quantity"]:
                table = self._table(pack, code, sex, days)
                position = days if table and table[1] == "age_days" else days / MONTH
                lms = table[0].at(position) if table else None
                if lms is not None:
                    z = dice.choice(_Z) if dice.random() < 0.6 else dice.gauss(0, 1.5)
                    self._put(observations, code, measure_at(z, lms), dice.choice([1, 1, 2, 3]))
            if {"weight_kg", "length_height_cm"} <= observations.keys() and dice.random() < 0.5:
                by_height = pack.material.tables[("WHO2006", "wfl" if days < 731 else "wfh", sex)]
                lms = by_height.at(round(observations["length_height_cm"] * 10))
                if lms is not None and days < 1856:
                    self._put(observations, "weight_kg", measure_at(dice.choice(_Z), lms), 2)

    def _shape(self, observations: Case) -> None:
        """Give an adult a height and, for a chosen body mass index, the weight."""
        height = round(self._dice.uniform(135, 195), 1)
        index = self._dice.choice([9.9, 15, 18.4, 18.45, 18.5, 22, 22.95, 23, 24.9, 25, 27, 29.95, 30, 35, 81])
        observations["length_height_cm"] = height
        self._put(observations, "weight_kg", index * (height / 100) ** 2, self._dice.choice([1, 2]))

    def _table(self, pack: Pack, code: str, sex: str, days: int) -> tuple[LmsTable, str] | None:
        for indicator in pack.form.indicators if isinstance(pack.form, LmsPack) else ():
            if indicator.measure == code:
                for use in indicator.tables:
                    if use.months.contains(days / MONTH) and use.axis.startswith("age_"):
                        return pack.material.tables[(use.standard, use.table, sex)], use.axis
        return None

    def _put(self, observations: Case, code: str, value: float, decimals: int) -> None:
        possible = self._catalog[code].possible or Bounds()
        observations[code] = min(max(round(value, decimals), possible.ge or 0), possible.le or 0)

    def _order(self, observations: Case) -> None:
        """Leave out what must be lower than another and is not."""
        for code in list(observations):
            upper = self._catalog[code].below
            if upper in observations and observations[code] >= observations[upper]:
                del observations[code]

    def _context(self, sex: str) -> Case:
        dice = self._dice
        drawn: dict[str, Callable[[], object]] = {
            "pregnancy_weeks": lambda: dice.choice([0, 8, 9.5, 12, 13, 20, 24, 24.5, 25, 28, 29, 40]),
            "postpartum_days": lambda: dice.choice([0, 2, 3, 7, 8, 28, 29, 42, 43, 5.5]),
            "gestation_weeks": lambda: dice.choice([30, 36.9, 37, 40]),
            "venue": lambda: dice.choice(["posyandu", "home", "puskesmas"]),
            "performer": lambda: dice.choice(["kader", "midwife", "doctor"]),
            "conditions": lambda: dice.sample(
                ["thalassaemia", "sickle_cell", "dialysis", "asthma"], k=dice.randint(0, 2)
            ),
        }
        shares = {"pregnancy_weeks": 0.4 if sex == "female" else 0.05}
        context = {name: draw() for name, draw in drawn.items() if dice.random() < shares.get(name, 0.5)}
        return context | ({"pregnancy_weeks": None, "postpartum_days": None} if dice.random() < 0.1 else {})

    def _earlier(self, case: Case) -> list[Case]:
        dice, on = self._dice, date.fromisoformat(case["occurred_on"])
        weight = case["observations"].get("weight_kg", 8)
        days = []
        for ago in dice.sample(_AGO, k=dice.randint(1, 5)):
            codes = dice.sample(sorted(self._catalog), k=dice.randint(0, 2))
            codes += dice.sample(["dose_a", "dose_b", "dose_b_batch", "dose_c", "vitamin", "contact_1", "visit_n"], k=2)
            observations = {code: self._value(self._catalog[code]) for code in codes}
            if dice.random() < 0.8:
                gain = dice.choice([-0.2, 0, 0.199, 0.2, 0.201, 0.3, 0.6, 0.7]) * max(ago, 0) / 30
                self._put(observations, "weight_kg", float(weight - gain), 3)
            elif dice.random() < 0.5:  # the change lies exactly between two numbers of three decimals
                observations["weight_kg"] = max(0.2, weight - dice.choice([1, 3, 5, 9]) / 16)
            self._order(observations)
            days.append({"occurred_on": str(on - timedelta(days=ago)), "observations": observations})
        return days

    def _spoil(self, case: Case) -> None:
        """Put one or two faults into a case."""
        for _ in range(self._dice.choice([1, 1, 2])):
            if self._dice.random() < 0.3:
                self._spoil_subject(case)
            elif case.get("earlier") and self._dice.random() < 0.3:
                self._spoil_values(self._dice.choice(case["earlier"])["observations"])
            else:
                self._spoil_values(case["observations"])

    def _spoil_subject(self, case: Case) -> None:
        dice, subject = self._dice, case["subject"]
        changes: list[Case] = [
            {"birth_date": None, "age_days": None, "age_months": None},
            {"birth_date": "2020-01-01", "age_days": 9},
            {"birth_date": None, "age_months": 3, "age_days": 9},
            {"birth_date": None, "age_months": dice.choice([-0.1, 1561]), "age_days": None},
            {"birth_date": None, "age_months": None, "age_days": dice.choice([-1, 47_482.5])},
            {"birth_date": "2028-06-01", "age_months": None, "age_days": None},
            {"birth_date": "1900-01-01" if case["occurred_on"] else "2020-02-29", "age_months": None, "age_days": None},
            {"birth_date": "1901-01-01", "age_months": None, "age_days": None},
        ]
        subject.update(dice.choice(changes))
        if subject.get("birth_date") == "1901-01-01":
            case["occurred_on"] = "2031-12-31"
        elif subject.get("birth_date") and dice.random() < 0.3:
            case["occurred_on"] = None
            case.pop("earlier", None)

    def _spoil_values(self, observations: Case) -> None:
        dice, catalog = self._dice, self._catalog
        of_type = {
            kind: [code for code, each in catalog.items() if each.type == kind]
            for kind in ("quantity", "boolean", "code")
        }
        quantity = dice.choice([*of_type["quantity"], *(code for code in observations if code in of_type["quantity"])])
        possible = catalog[quantity].possible or Bounds()
        faults: list[Mapping[str, object]] = [
            {dice.choice(_NO_CODES): 1},
            {dice.choice(of_type["boolean"]): dice.choice([0, 1, "yes", None, [], {}])},
            {dice.choice(of_type["code"]): dice.choice(["", "Lying", "3.0", None, 3, True, ["lying"]])},
            {quantity: dice.choice(["10,4", "", None, True, False, [1], {"value": 1}])},
            {quantity: dice.choice([float("inf"), float("-inf")])},
            {
                quantity: dice.choice(
                    [(possible.le or 0) + dice.choice([1e-9, 0.1, 1000]), (possible.ge or 0) - 0.001, -1]
                )
            },
            dice.choice([{"sbp": 100, "dbp": 100}, {"dbp": 101.5, "sbp": 101}]),
        ]
        observations |= dice.choice(faults)


def is_for(pack: Pack, days: int) -> bool:
    """Tell whether a pack may answer at an age."""
    form, months = pack.form, days / MONTH
    years = Bounds() if form.applies.years is None else form.applies.years
    rows = [row.at for row in form.rows] if isinstance(form, TablePack) else []
    unit = 12 if isinstance(form, TablePack) and form.by == "years" else 1
    return years.contains(months / 12) and (not rows or rows[0] <= months / unit < rows[-1] + 1)


def measure_at(z: float, lms: Lms) -> float:
    """Return the measure at z; the smallest where no measure has so low a z-score."""
    power, median, spread = lms
    return value_at(z, lms) if power * spread * z > -1 else median / 100


def limits_of(packs: Packs, observation: Observation) -> list[float]:
    """Return the limits that packs which read a quantity name, and that it can reach."""
    possible = observation.possible or Bounds()
    if observation.type != "quantity":
        return []
    limits = {
        number
        for pack in packs.all
        if observation.code in pack.form.reads
        for number in numbers_in(pack.form.model_dump(mode="json", exclude_defaults=True))
        if possible.contains(number)
    }
    return sorted(limits)


def numbers_in(node: object, name: str = "") -> Iterator[float]:
    """Yield the numbers that are limits: those of ranges, and lists of them."""
    if isinstance(node, dict):
        for key, child in node.items():
            yield from numbers_in(child, key)
    elif isinstance(node, list):
        for child in node:
            yield from numbers_in(child, name if isinstance(child, float) else "list")
    elif isinstance(node, float) and not isinstance(node, bool):
        yield node

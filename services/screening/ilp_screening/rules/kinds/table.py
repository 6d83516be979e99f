"""Kind `table`: several inputs against limits by age and sex; the worst grade decides.

The grade of a value is the number of limits that it reaches; the outcomes go from best to worst.
"""

from collections.abc import Mapping
from typing import Literal, Self

from pydantic import Field, model_validator

from ilp_screening.rules.answers import Answer
from ilp_screening.rules.bands import limits_reason, number, policy_of
from ilp_screening.rules.case import Case, Sex
from ilp_screening.rules.forms import Bounds, Verdict
from ilp_screening.rules.kinds.inputs import InputsPack
from ilp_screening.rules.material import Material
from ilp_screening.rules.models import NotEvaluated, Reason, Result
from ilp_screening.rules.not_evaluated import missing_input
from ilp_screening.rules.quantities import quantities
from ilp_shared.models import Frozen

Limits = Mapping[str, tuple[float, ...]]
"""Limits by code of the observation, lowest first: a value reaches a limit when it is not below."""


class Row(Frozen):
    """Batas untuk satu umur, menurut jenis kelamin dan pengamatan.

    The limits of one age, by sex and observation.
    """

    at: int
    """Umur, dalam satuan tabel / age, in the unit of the table"""
    male: Limits
    """Batas laki-laki / limits of males"""
    female: Limits
    """Batas perempuan / limits of females"""

    def of(self, sex: Sex) -> Limits:
        """Return the limits of a sex."""
        return self.male if sex == "male" else self.female


class TablePack(InputsPack):
    """Nilai terhadap batas menurut umur dan jenis kelamin; yang terburuk menentukan.

    Values against limits by age and sex; the worst decides.
    """

    kind: Literal["table"]
    """Jenis aturan / kind of rules"""
    by: Literal["years", "months"]
    """Satuan umur, dihitung penuh / unit of age, in completed ones"""
    rows: tuple[Row, ...] = Field(min_length=1)
    """Baris menurut umur, berurutan / rows by age, consecutive"""
    outcomes: tuple[Verdict, ...] = Field(min_length=2)
    """Hasil dari terbaik: sebanyak batas yang dicapai / outcomes, best first: as many limits as are reached"""

    @model_validator(mode="after")
    def _rows_fit(self) -> Self:
        first, limits = self.rows[0].at, len(self.outcomes) - 1
        for index, row in enumerate(self.rows):
            if row.at != first + index:
                raise ValueError(f"rows are not consecutive at {row.at}")
            for one in (row.male, row.female):
                if tuple(one) != tuple(self.inputs) or any(len(each) != limits for each in one.values()):
                    raise ValueError(f"row {row.at} needs {limits} limits of {', '.join(self.inputs)}")
                if any(list(each) != sorted(set(each)) for each in one.values()):
                    raise ValueError(f"limits of row {row.at} are not in order")
        return self


def judge(pack: TablePack, _: Material, case: Case) -> list[Answer]:
    """Return the one answer; none where the table has no row for the age."""
    age = case.age.years if pack.by == "years" else int(case.age.months)
    index = age - pack.rows[0].at
    if not 0 <= index < len(pack.rows):
        return []
    return [Answer(pack.asked, _outcome(pack, pack.rows[index].of(case.sex), case))]


def _outcome(pack: TablePack, limits: Limits, case: Case) -> Result | NotEvaluated:
    missing = tuple(code for code in pack.codes if code not in case.values)
    values = quantities(case.values, tuple(code for code in pack.codes if code not in missing)) or {}
    grades = {code: sum(value >= limit for limit in limits[code]) for code, value in values.items()}
    worst = max(grades.values(), default=0)
    if missing and worst == 0:
        return missing_input(pack.question.code, missing)
    verdict = pack.outcomes[worst]
    return Result(
        code=pack.question.code,
        category=verdict.code,
        label=verdict.label,
        result_class=verdict.result_class,
        reasons=tuple(_reason(pack, limits, code, values[code], worst) for code, g in grades.items() if g == worst),
        actions=verdict.actions,
        inputs=tuple(values),
        missing=missing,
        could_change=missing if worst < len(pack.outcomes) - 1 else (),
        policy=policy_of(pack, pack.source, pack.verified, verdict),
    )


def _reason(pack: TablePack, limits: Limits, code: str, value: float, grade: int) -> Reason:
    low = limits[code][grade - 1] if grade > 0 else None
    high = limits[code][grade] if grade < len(limits[code]) else None
    return limits_reason(pack.inputs[code], number(value), Bounds(ge=low, lt=high))

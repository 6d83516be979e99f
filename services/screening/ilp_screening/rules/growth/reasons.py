"""The reasons a growth result carries beside its limits, in both languages. Used by `indicators`."""

from ilp_screening.packs.models import Bounds, PosturePolicy
from ilp_screening.rules.bands import comma, number
from ilp_screening.rules.models import Reason

OEDEMA = Reason(
    code="oedema",
    id="edema bilateral: z tidak dihitung, dinilai paling berat (< −3 SD)",
    en="bilateral oedema: no z-score, counted as most severe (< −3 SD)",
)
NO_CATEGORY = Reason(
    code="no_sourced_limits",
    id="belum ada batas kategori bersumber untuk umur ini",
    en="no sourced category limits for this age",
)


def z_alone(shown: str, remark: str) -> Reason:
    """The z-score where it does not decide a category."""
    text = f"z {shown} SD"
    return Reason(code="z", id=comma(text) + remark, en=text + remark)


def implausible(plausible: Bounds) -> Reason:
    """z outside WHO's plausible range."""
    low, high = number(plausible.ge or 0), number(plausible.le or 0)
    return Reason(
        code="implausible",
        id=f"z di luar rentang wajar WHO ({low} sampai {high}): ukur ulang, tidak dihitung dalam prevalensi",
        en=f"z outside WHO's plausible range ({low} to {high}): measure again, kept out of prevalence",
    )


def posture(correction: str, policy: PosturePolicy) -> tuple[Reason, ...]:
    """What was done to a stature measured in the other posture."""
    cm, days = number(policy.correction_cm), policy.border_days
    if correction == "standing_to_length":
        return (
            Reason(
                code="posture_corrected",
                id=f"diukur berdiri di bawah {days} hari: +{comma(cm)} cm",
                en=f"measured standing below {days} days: +{cm} cm",
            ),
        )
    if correction == "lying_to_height":
        return (
            Reason(
                code="posture_corrected",
                id=f"diukur berbaring mulai {days} hari: −{comma(cm)} cm",
                en=f"measured lying from {days} days: −{cm} cm",
            ),
        )
    if correction == "standing_ignored":
        months = number(policy.standing_ignored_below_months)
        return (
            Reason(
                code="posture_ignored",
                id=f"posisi berdiri di bawah {months} bulan diabaikan",
                en=f"standing below {months} months is ignored",
            ),
        )
    return ()

"""The reasons that a result of LMS tables carries beside its limits, in both languages."""

from ilp_screening.rules.bands import comma, number
from ilp_screening.rules.forms import Bounds
from ilp_screening.rules.lms.forms import PosturePolicy
from ilp_screening.rules.models import Reason
from ilp_shared.text import Text

NO_CATEGORY = Reason(
    code="no_sourced_limits",
    text=Text("belum ada batas kategori bersumber untuk umur ini", "no sourced category limits for this age"),
)


def z_alone(amount: str, remark: str) -> Reason:
    """Return the z-score as a reason, for where it does not decide a category."""
    text = f"z {amount} SD"
    return Reason(code="z", text=Text(comma(text) + remark, text + remark))


def implausible(plausible: Bounds) -> Reason:
    """Return the reason of a z outside WHO's plausible range."""
    low, high = number(plausible.ge or 0), number(plausible.le or 0)
    text = Text(
        f"z di luar rentang wajar WHO ({low} sampai {high}): ukur ulang, tidak dihitung dalam prevalensi",
        f"z outside WHO's plausible range ({low} to {high}): measure again, kept out of prevalence",
    )
    return Reason(code="implausible", text=text)


def posture(correction: str, policy: PosturePolicy) -> tuple[Reason, ...]:
    """Return the reasons that name the correction of a stature measured in the other posture."""
    cm, days = number(policy.correction_cm), policy.border_days
    if correction == "standing_to_length":
        text = Text(
            f"diukur berdiri di bawah {days} hari: +{comma(cm)} cm", f"measured standing below {days} days: +{cm} cm"
        )
        return (Reason(code="posture_corrected", text=text),)
    if correction == "lying_to_height":
        text = Text(
            f"diukur berbaring mulai {days} hari: −{comma(cm)} cm", f"measured lying from {days} days: −{cm} cm"
        )
        return (Reason(code="posture_corrected", text=text),)
    if correction == "standing_ignored":
        months = number(policy.standing_ignored_below_months)
        text = Text(f"posisi berdiri di bawah {months} bulan diabaikan", f"standing below {months} months is ignored")
        return (Reason(code="posture_ignored", text=text),)
    return ()

"""Options of the clinical table, the join and the cohort, each with the reason for its value."""

from dataclasses import dataclass
from typing import Literal

Timeline = Literal["original", "shifted", "days"]
ZeroRule = Literal["refuse", "keep", "half_day"]
ReferenceRule = Literal["before_treatment", "nearest_diagnosis", "first"]


@dataclass(frozen=True, slots=True, kw_only=True)
class SurvivalParameters:
    """Declared rules and thresholds of this layer.

    Attributes
    ----------
    timeline : {"original", "shifted", "days"} or None
        Timeline of the clinical dates; None: what the table's own column ``timeline`` says.
    month_only_day : int or None
        Day of the month that stands in for a date that gives year and month only; None: such a date is refused.
    zero_duration : {"refuse", "keep", "half_day"}
        What becomes of a survival time of 0 days. Refused unless declared, since software differs in what it does.
    half_day : float
        Survival in days that ``zero_duration = "half_day"`` gives: it keeps the order and stays below one day.
    reference_rule : {"before_treatment", "nearest_diagnosis", "first"}
        Which session is the reference MRI. ``before_treatment``: nearest to the diagnosis among those not after the
        first treatment, else nearest to the diagnosis, with a warning.
    mri_window_days : (int, int) or None
        First and last day from the ISCM diagnosis on which a reference MRI may be made; None: any day, with a warning
        beyond `mri_distance_days`. A patient without an MRI within is listed as unmatched.
    pet_window_days : (int, int)
        First and last day of PET, from the reference MRI, that count (Diehn 2015: 60 days before to 14 days after).
    usual_age_years : (float, float)
        Ages outside get a warning: the published series are of adults.
    top_age_years : float
        Ages above 89 are written as this in cohort.csv, which may be shared (the safe-harbour rule for ages).
    missing_share : float
        A column with a larger share of missing values gets a warning.
    mri_distance_days : int
        A reference MRI further from the diagnosis gets a warning: a sign of two timelines that do not fit.
    cord_length_mm : float
        No extent along the cord is longer: the adult cord has 420 to 450 mm, and the medulla may be counted.
    cord_levels : float
        No extent has more vertebral levels: C1 to L2 are 21, and the levels above may be counted.
    level_height_mm : float
        Lowest height of a vertebral level with its disc; an extent shorter than its whole levels is in another unit.
    days_per_month : float
        Mean month (365.25 / 12 days), by which the dictionary turns days into months.
    codebook : str or None
        File of the REDCap data dictionary that the clinical table is an export of, seen from the study folder; None:
        choices are coded as in our dictionary or spell its codes.
    """

    timeline: Timeline | None = None
    month_only_day: int | None = None
    zero_duration: ZeroRule = "refuse"
    half_day: float = 0.5
    reference_rule: ReferenceRule = "before_treatment"
    mri_window_days: tuple[int, int] | None = None
    pet_window_days: tuple[int, int] = (-60, 14)
    usual_age_years: tuple[float, float] = (18, 100)
    top_age_years: float = 90
    missing_share: float = 0.2
    mri_distance_days: int = 365
    cord_length_mm: float = 550
    cord_levels: float = 23
    level_height_mm: float = 10
    days_per_month: float = 30.4375
    codebook: str | None = None

    def __post_init__(self) -> None:
        """Refuse a window that ends before it begins: nothing would lie in it."""
        for name in ("mri_window_days", "pet_window_days"):
            window = getattr(self, name)
            if window is not None and window[0] > window[1]:
                raise ValueError(f"{name} ends on day {window[1]}, before it begins on day {window[0]}")

"""Columns that follow from others: never typed in, always made here."""

from collections.abc import Mapping

from survival.cells import Value
from survival.clinical_schema import load_schema
from survival.parameters import SurvivalParameters

Row = Mapping[str, Value]

LOCAL_TREATMENTS = (
    "treatment_surgery",
    "treatment_chemotherapy",
    "treatment_targeted",
    "treatment_intrathecal",
    "treatment_nerve_block",
    "treatment_immunotherapy",
)
"""What makes radiotherapy multimodal; steroids treat the oedema, not the tumour."""
AGE_CUTOFF_YEARS = 55
POOR_PS = 3
MONTH_DECIMALS = 4
"""Decimals of an interval in months: a day is 0.03 months."""


def derive(row: Row, parameters: SurvivalParameters) -> dict[str, Value]:
    """Return every derived column of one patient, None where what it needs is not known.

    Parameters
    ----------
    row : mapping
        Typed values of the clinical columns, dates as ``*_days`` from the ISCM diagnosis, and ``n_regions``.
    parameters : SurvivalParameters

    Returns
    -------
    dict
        In the order of the dictionary, without ``pet_in_window``, which the join makes.
    """
    primary, presentation = number(row, "primary_diagnosis_days"), number(row, "iscm_presentation_days")
    malignancy = row.get("primary_malignancy")
    interval = None if primary is None else round(-primary / parameters.days_per_month, MONTH_DECIMALS)
    return {
        "time_presentation_days": _difference(end_days(row), presentation),
        "iscm_precedes_primary": None if primary is None else primary > 0,
        "presentation_precedes_primary": _compare(presentation, primary, allow_equal=False),
        "iscm_first_sign": _compare(presentation, primary, allow_equal=True),
        "interval_primary_to_iscm_months": interval,
        "lung_breast": _is_one_of(malignancy, "lung", "breast"),
        "melanoma": _is_one_of(malignancy, "melanoma"),
        "cns_primary": _is_one_of(malignancy, "cns"),
        "age_gt55": _above(number(row, "age_at_diagnosis_years"), AGE_CUTOFF_YEARS),
        "ps_3_4": _above(number(row, "ecog_ps"), POOR_PS - 1),
        "sites_2_4": _two_or_more(number(row, "n_other_metastatic_sites")),
        "regions_2_4": _two_or_more(number(row, "n_regions")),
        "treated": _is_one_of(row.get("treatment_status"), "treated"),
        "treatment_group": _treatment_group(row),
        "iscm_pathology": _is_one_of(row.get("diagnosis_basis"), "cord_biopsy_or_resection"),
    }


def end_days(row: Row) -> float | None:
    """Return the day of death, else the day last known alive, from the ISCM diagnosis."""
    death = number(row, "death_days")
    return death if death is not None else number(row, "last_known_alive_days")


def metastatic_sites(row: Row) -> int | None:
    """Return the number of ``met_*`` that are true, None unless every one is known."""
    known = [row.get(name) for name in load_schema().metastatic_sites()]
    return None if None in known else sum(value is True for value in known)


def number(row: Row, name: str) -> float | None:
    """Return a numeric value of the row, None where there is none."""
    value = row.get(name)
    return value if isinstance(value, int | float) and not isinstance(value, bool) else None


def _difference(later: float | None, earlier: float | None) -> float | None:
    return None if later is None or earlier is None else later - earlier


def _compare(first: float | None, second: float | None, *, allow_equal: bool) -> bool | None:
    if first is None or second is None:
        return None
    return first <= second if allow_equal else first < second


def _is_one_of(value: Value, *codes: str) -> bool | None:
    return None if value is None else value in codes


def _above(value: float | None, cutoff: float) -> bool | None:
    return None if value is None else value > cutoff


def _two_or_more(count: float | None) -> bool | None:
    """Compare 2 or more with exactly 1; a patient with 0 is in neither group."""
    return None if not count else count > 1


def _treatment_group(row: Row) -> str | None:
    radiotherapy = row.get("treatment_radiotherapy")
    others = [row.get(name) for name in LOCAL_TREATMENTS]
    if radiotherapy is None:
        return None
    if not radiotherapy:
        return "other" if True in others else None
    if True in others:
        return "multimodal_rt"
    return None if all(value is None for value in others) else "rt_alone"

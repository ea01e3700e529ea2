"""Derived columns."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from survival.cells import Value
from survival.clinical_schema import load_schema
from survival.derived import derive, metastatic_sites
from survival.parameters import SurvivalParameters

PARAMETERS = SurvivalParameters()


def test_every_derived_column_of_the_dictionary_is_made_and_empty_without_sources() -> None:
    """All but ``pet_in_window``, which needs the MRI; nothing is guessed from nothing."""
    made = derive({}, PARAMETERS)
    assert ["pet_in_window", *made] == list(load_schema().derived)
    assert set(made.values()) == {None}


def test_dates_give_order_and_intervals() -> None:
    """Presentation 10 days before diagnosis, primary 5 days before, death on day 100."""
    made = derive(
        {"iscm_presentation_days": -10, "primary_diagnosis_days": -5, "death_days": 100, "last_known_alive_days": 90},
        PARAMETERS,
    )
    assert made["time_presentation_days"] == 110
    assert made["iscm_precedes_primary"] is False
    assert made["presentation_precedes_primary"] is True
    assert made["iscm_first_sign"] is True
    assert made["interval_primary_to_iscm_months"] == pytest.approx(5 / 30.4375, abs=1e-4)


@given(st.integers(-20_000, 20_000))
def test_the_iscm_precedes_the_primary_exactly_when_the_primary_is_later(primary: int) -> None:
    """The sign of the interval and the flag agree, equal dates are no precedence."""
    made = derive({"primary_diagnosis_days": primary}, PARAMETERS)
    assert made["iscm_precedes_primary"] is (primary > 0)
    assert (made["interval_primary_to_iscm_months"] or 0) * primary <= 0


@pytest.mark.parametrize(
    ("row", "column", "value"),
    [
        ({"primary_malignancy": "breast"}, "lung_breast", True),
        ({"primary_malignancy": "cns"}, "lung_breast", False),
        ({"primary_malignancy": "cns"}, "cns_primary", True),
        ({"age_at_diagnosis_years": 55.0}, "age_gt55", False),
        ({"age_at_diagnosis_years": 55.5}, "age_gt55", True),
        ({"ecog_ps": 2}, "ps_3_4", False),
        ({"ecog_ps": 3}, "ps_3_4", True),
        ({"n_other_metastatic_sites": 0}, "sites_2_4", None),
        ({"n_other_metastatic_sites": 1}, "sites_2_4", False),
        ({"n_other_metastatic_sites": 2}, "sites_2_4", True),
        ({"n_regions": 1}, "regions_2_4", False),
        ({"treatment_status": "not_offered"}, "treated", False),
        ({"diagnosis_basis": "cord_biopsy_or_resection"}, "iscm_pathology", True),
        ({"treatment_radiotherapy": True, "treatment_surgery": False}, "treatment_group", "rt_alone"),
        ({"treatment_radiotherapy": True, "treatment_surgery": True}, "treatment_group", "multimodal_rt"),
        ({"treatment_radiotherapy": False, "treatment_surgery": True}, "treatment_group", "other"),
        ({"treatment_radiotherapy": True}, "treatment_group", None),
        ({"treatment_radiotherapy": False}, "treatment_group", None),
    ],
)
def test_groups_of_the_papers(row: dict[str, Value], column: str, value: Value) -> None:
    """The published groupings; a patient without other sites is in neither group."""
    assert derive(row, PARAMETERS)[column] == value


def test_sites_are_counted_only_when_every_one_is_known() -> None:
    """One empty column leaves the count unknown."""
    sites: dict[str, Value] = dict.fromkeys(load_schema().metastatic_sites(), False)
    assert metastatic_sites(sites | {"met_bone": True}) == 1
    assert metastatic_sites(sites | {"met_bone": None}) is None

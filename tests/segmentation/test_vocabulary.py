"""The vocabulary of a reading: complete, and consistent in itself."""

import pytest

from mri.problems import RefusedError
from segmentation.vocabulary import Kind, Scope, item, items, na_reasons, series_names

# Typed from the project's dictionary (B), not made from the code.
CODES = {
    "gd_fat_suppressed": "no yes mixed",
    "mri_origin": "own outside",
    "artefacts": "none motion csf_flow truncation metal fat_suppression wrap low_snr",
    "coverage_t2": "whole_cord partial",
    "coverage_gd": "whole_cord partial",
    "level_anchor": "c2 sacrum other assumed",
    "level_variant": "none t13 l6 lumbarised_s1 sacralised_l5 fused",
    "alternative_diagnosis": (
        "none radiation_myelopathy demyelination infarct primary_cord_tumour compressive_oedema "
        "infection_inflammation other"
    ),
    "primary_visible": "no yes",
    "noncns_mets_visible": "no yes",
    "noncns_mets_visible_sites": "lung liver adrenal kidney lymph_node nonspinal_bone soft_tissue other",
    "primary_or_noncns_mets": "no yes",
    "vertebral_mets": "no yes",
    "epidural_disease": "no contact cord_compression",
    "leptomeningeal_mets": "no yes",
    "leptomeningeal_mets_form": "nodular linear",
    "intracranial_mets": "no yes",
    "noncord_cns_spinal_mets": "no yes",
    "regions": "C T L conus",
    "new_lesions_followup": "no yes no_followup_mri",
    "incidental_actionable": "no yes",
    "lesion_basis": "enhancement t2 both",
    "lesion_origin": "intramedullary possibly_leptomeningeal",
    "t2_into_medulla": "no yes",
    "syrinx": "absent present",
    "position": "central eccentric exophytic",
    "position_side": "left right anterior posterior",
    "cord_expansion": "absent present",
    "t2_signal": "hyper iso hypo",
    "t1_signal": "hyper iso hypo",
    "cystic_change": "absent present",
    "hemorrhage": "absent present",
    "hemorrhage_evidence": "t1_hyper t1_t2_hypo gre_blooming",
    "enhancement_pattern": "absent homogeneous heterogeneous ring",
    "rim_sign": "absent present",
    "rim_sign_extent": "partial complete",
    "flame_sign": "absent present",
    "flame_sign_site": "superior inferior",
    "lesion_pet_uptake": "no yes",
    "followup_status": "new larger stable smaller gone merged split",
}
UNCODED = (
    "field_strength_t coverage_t2_levels coverage_gd_levels conus_tip n_lesions iscm_confidence new_lesions_followup_n "
    "new_lesions_followup_session incidental_actionable_text enh_level_from enh_level_to enh_segments_reader "
    "t2_level_from t2_level_to t2_segments_reader enh_ap_mm_reader enh_tr_mm_reader enh_si_mm_reader "
    "lesion_pet_uptake_blinded"
)
SERIES = "t2_sag stir_sag t1_sag_pre t1_sag_gd t2_ax t1_ax_pre t1_ax_gd gre_ax iso3d"


def test_the_vocabulary_is_that_of_the_dictionary() -> None:
    """Every item of the dictionary is there with its codes, and no other item is."""
    families = {f"{part}_{name}" for part in ("series", "quality") for name in SERIES.split()}
    families |= {f"series_{name}_levels" for name in SERIES.split()}
    assert {entry.name for entry in items()} == set(CODES) | set(UNCODED.split()) | families
    assert {name: " ".join(item(name).codes) for name in CODES} == CODES


def test_a_family_is_written_out_for_each_series() -> None:
    """Each of the nine series has its own question, covered levels and quality."""
    assert list(series_names()) == SERIES.split()
    assert item("series_gre_ax").codes == ("no", "yes")
    assert "axial gradient-echo" in item("quality_gre_ax").definition
    assert item("quality_gre_ax").inapplicable_if == {"series_gre_ax": ("no",)}
    assert (item("quality_gre_ax").minimum, item("quality_gre_ax").maximum) == (1, 4)


def test_reasons_for_not_assessable() -> None:
    """The six reasons of the dictionary."""
    assert list(na_reasons()) == ["sequence_missing", "not_covered", "artefact", "too_small", "obscured", "other"]


def test_items_come_by_scope_in_the_order_of_the_form() -> None:
    """The study sheet comes first, then the patient, then the lesion, and no name stands twice."""
    assert items() == (*items(Scope.STUDY_SHEET), *items("patient"), *items("lesion"))
    assert len({entry.name for entry in items()}) == len(items())


def test_rules_speak_of_items_codes_and_series_that_exist() -> None:
    """A rule with a misspelt name would never hold."""
    for entry in items():
        assert set(entry.needs) <= set(series_names()), entry.name
        for parent, values in entry.inapplicable_if.items():
            assert set(values) <= {*item(parent).codes, "not_applicable"}, entry.name
        for part in entry.yes_if_any:
            assert "no" in item(part).codes, entry.name


def test_codes_go_with_coded_items_only() -> None:
    """A coded item lists its codes; another lists none."""
    for entry in items():
        assert bool(entry.codes) == (entry.kind in (Kind.CODE, Kind.CODES)), entry.name


def test_ten_findings_of_the_contract_are_suggested() -> None:
    """Those with a `_suggested` column in the contract, and the evidence for haemorrhage."""
    contract = (
        "position position_side cord_expansion t2_signal t1_signal cystic_change hemorrhage hemorrhage_evidence "
        "enhancement_pattern rim_sign flame_sign"
    )
    assert [entry.name for entry in items() if entry.suggested] == contract.split()


def test_an_unknown_item_is_refused_by_name() -> None:
    """The message says where to look."""
    with pytest.raises(RefusedError, match="'rim' is no item of a reading"):
        item("rim")

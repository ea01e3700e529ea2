"""The rules of a reading: each one broken gives its own error, and kept gives none."""

import pytest

from segmentation.answers import UNREAD, Answer, Source, Value
from segmentation.finding_rules import derived_answer, forced_values, rule_problems
from segmentation.vocabulary import item


def read(value: Value, source: Source = "reader", na_reason: str | None = None) -> Answer:
    """Return an answer."""
    return Answer(value=value, source=source, na_reason=na_reason)  # type: ignore[arg-type]


def unclear(reason: str = "not_covered", source: Source = "reader") -> Answer:
    """Return the answer of a reader who could not tell."""
    return read("not_assessable", source, reason)


def codes(lesion: dict[str, Answer], patient: dict[str, Answer] | None = None) -> list[str]:
    """Return what is wrong with one lesion's answers."""
    return [problem.code for problem in rule_problems({1: lesion}, patient or {})]


def test_ring_excludes_rim() -> None:
    """A ring-enhancing lesion is cystic or necrotic, so that a rim sign is not applicable."""
    ring = {"enhancement_pattern": read("ring")}
    assert codes(ring | {"rim_sign": read("present")}) == ["must_be_not_applicable"]
    assert codes(ring | {"rim_sign": read("absent")}) == ["must_be_not_applicable"]
    assert codes(ring | {"rim_sign": read("not_applicable"), "flame_sign": read("present")}) == []


@pytest.mark.parametrize("sign", ["rim_sign", "flame_sign"])
def test_no_enhancement_makes_its_signs_not_applicable(sign: str) -> None:
    """Rim and flame are signs of enhancement."""
    without = {"enhancement_pattern": read("absent")}
    assert codes(without | {sign: read("present")}) == ["must_be_not_applicable"]
    assert codes(without | {sign: read("not_applicable")}) == []
    assert codes(without) == []


def test_no_gadolinium_makes_the_pattern_not_assessable() -> None:
    """Without any series after gadolinium there is no pattern, not even an absent one."""
    sheet = {"series_t1_sag_gd": read("no"), "series_t1_ax_gd": read("no")}
    assert codes({"enhancement_pattern": read("absent")}, sheet) == ["must_be_not_assessable"]
    assert codes({"enhancement_pattern": unclear("sequence_missing")}, sheet) == []


def test_one_series_of_those_needed_is_enough() -> None:
    """An axial series after gadolinium shows the pattern where the sagittal one is missing, but no flame."""
    sheet = {"series_t1_sag_gd": read("no"), "series_t1_ax_gd": read("yes")}
    lesion = {"enhancement_pattern": read("homogeneous"), "flame_sign": read("present")}
    assert codes(lesion, sheet) == ["must_be_not_assessable"]


def test_a_series_nobody_spoke_of_is_not_missing() -> None:
    """Rules rest on what was said, not on what was left out."""
    assert codes({"enhancement_pattern": read("ring")}, {"series_t1_sag_gd": read("no")}) == []


@pytest.mark.parametrize(("quality", "expected"), [(1, ["must_be_not_assessable"]), (2, [])])
def test_a_non_diagnostic_series_is_as_good_as_none(quality: int, expected: list[str]) -> None:
    """Quality 1 makes what needs the series not assessable; quality 2 does not."""
    sheet = {"series_t2_sag": read("yes"), "quality_t2_sag": read(quality)}
    assert codes({"t2_segments_reader": read(3.5)}, sheet) == expected


@pytest.mark.parametrize(
    ("quality", "reason"),
    [({"quality_t2_sag": read(1)}, "artefact"), ({"series_t2_sag": read("no")}, "sequence_missing")],
)
def test_what_is_forced_says_its_reason(quality: dict[str, Answer], reason: str) -> None:
    """The form can fill in the reason by itself."""
    (forced,) = forced_values(item("t2_level_from"), {}, quality)
    assert (forced.value, forced.na_reason) == ("not_assessable", reason)
    assert "t2_sag" in forced.why


def test_both_an_exclusion_and_a_missing_series_leave_a_choice() -> None:
    """Where two rules speak, either of their values is right and an answer is wrong."""
    sheet = {"series_t1_sag_gd": read("no")}
    pattern = {"enhancement_pattern": read("absent")}
    assert codes(pattern | {"rim_sign": read("not_applicable")}, sheet) == []
    assert codes(pattern | {"rim_sign": unclear()}, sheet) == []
    assert codes(pattern | {"rim_sign": read("absent")}, sheet) == ["must_be_not_applicable"]


def test_not_applicable_needs_an_exclusion() -> None:
    """Nothing is not applicable of itself."""
    assert codes({"rim_sign": read("not_applicable")}) == ["not_applicable_unfounded"]
    assert codes({"cystic_change": read("not_applicable")}) == ["not_applicable_unfounded"]
    assert codes({"position": read("central"), "position_side": read("not_applicable")}) == []


def test_not_assessable_needs_a_reason_and_a_reason_needs_it() -> None:
    """Why it could not be assessed is part of the answer, and of no other answer."""
    assert codes({"t2_signal": read("not_assessable")}) == ["na_reason_missing"]
    assert codes({"t2_signal": read("iso", na_reason="artefact")}) == ["na_reason_alone"]
    assert codes({"t2_signal": unclear()}) == []


def test_a_value_needs_a_source_and_a_confidence_its_scale() -> None:
    """Who said it decides whether it enters an analysis."""
    assert codes({"t2_signal": Answer(value="iso")}) == ["source_missing"]
    assert codes({"t2_signal": Answer(value="iso", source="reader", confidence=4)}) == ["confidence_wrong"]
    assert codes({"t2_signal": UNREAD}) == []


def test_an_item_is_said_of_its_own_kind() -> None:
    """A patient's item under a lesion is sent home by name, and a strange one is refused."""
    (problem,) = rule_problems({1: {"vertebral_mets": read("no")}}, {}, where="f.json")
    assert (problem.code, problem.where) == ("item_misplaced", "f.json: lesion 1, vertebral_mets")
    assert "said of the patient" in problem.message
    assert codes({}, {"rim_sign": read("absent")}) == ["item_misplaced"]
    assert codes({"shape": read("round")}) == ["item_unknown"]


def test_leptomeningeal_metastases_force_the_derived_item() -> None:
    """Leptomeningeal disease is a non-cord metastasis of the central nervous system."""
    patient = {"leptomeningeal_mets": read("yes")}
    assert derived_answer(item("noncord_cns_spinal_mets"), patient) == read("yes")
    assert codes({}, patient | {"noncord_cns_spinal_mets": read("no")}) == ["derived_disagrees"]
    assert codes({}, patient | {"noncord_cns_spinal_mets": read("yes")}) == []


ALL_NO = {
    "vertebral_mets": read("no"),
    "epidural_disease": read("no"),
    "leptomeningeal_mets": read("no"),
    "intracranial_mets": read("no"),
}


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, read("no")),
        ({"epidural_disease": read("contact")}, read("yes")),
        ({"vertebral_mets": read("yes", "suggested")}, read("yes", "suggested")),
        ({"vertebral_mets": read("yes", "suggested"), "leptomeningeal_mets": read("yes")}, read("yes")),
        ({"intracranial_mets": unclear()}, unclear()),
        ({"intracranial_mets": unclear(), "vertebral_mets": read("yes")}, read("yes")),
        ({"intracranial_mets": UNREAD}, UNREAD),
        ({"intracranial_mets": UNREAD, "vertebral_mets": unclear()}, UNREAD),
        ({"vertebral_mets": read("no", "suggested")}, read("no", "suggested")),
        ({"vertebral_mets": read("no", "consensus")}, read("no", "reader")),
    ],
)
def test_a_derived_item_from_its_parts(changes: dict[str, Answer], expected: Answer) -> None:
    """Any yes is yes; unread and not assessable stay apart from no; trust is that of what decided."""
    assert derived_answer(item("noncord_cns_spinal_mets"), ALL_NO | changes) == expected


def test_a_signed_count_agrees_with_the_list() -> None:
    """The signed lesion list is the count: what is not in the cord, or is gone, does not count."""
    lesions = {
        1: {"position": read("central")},
        2: {"lesion_origin": read("possibly_leptomeningeal")},
        3: {"followup_status": read("gone")},
    }
    assert rule_problems(lesions, {"n_lesions": read(1)}, signed=True) == []
    (problem,) = rule_problems(lesions, {"n_lesions": read(3)}, signed=True)
    assert problem.code == "lesion_count_disagrees"
    assert "n_lesions is 3, but 1 lesion" in problem.message
    assert rule_problems(lesions, {"n_lesions": read(3)}, signed=False) == []

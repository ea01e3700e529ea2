"""findings.json: what is written reads back the same, and every error in a file is named at once."""

import json
import pickle
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mri.problems import RefusedError
from segmentation.findings import (
    NOT_ASSESSABLE,
    UNREAD,
    Answer,
    Approval,
    Findings,
    Item,
    KeyImage,
    Kind,
    ReadRecord,
    Scope,
    Value,
    findings_as_json,
    items,
    parse_findings,
)

WHERE = "sub-P01_ses-01_desc-AB_findings.json"


def read(value: Value, **others: Any) -> Answer:
    """Return a reader's answer."""
    return Answer(value=value, source="reader", **others)


def example() -> Findings:
    """Return a signed reading of two lesions."""
    return Findings(
        author="AB",
        state="signed",
        lesions={
            2: {"position": read("eccentric", confidence=2), "position_side": read(("left", "anterior"))},
            1: {"flame_sign": read("present", series="acq-sagCTT1", suggestion_seen=True, comment="upper pole")},
        },
        patient={"n_lesions": read(2), "conus_tip": read("L1-L2"), "series_t1_sag_gd": read("yes")},
        approvals=(Approval(what="cord", at="2024-05-01T10:00:00", edited=True),),
        record=ReadRecord(
            read_number=1,
            active_seconds=311.5,
            suggestion_mode="after",
            blinded_to=("outcome", "followup"),
            key_images=(KeyImage(series="acq-sagCTT2", slice=7, point=(1.0, -2.5, 30.0), note="flame"),),
        ),
    )


def as_json(**changes: object) -> dict[str, Any]:
    """Return the content of a small valid file, with changes."""
    answer = {"value": "present", "source": "reader", "series": None, "confidence": 3, "comment": None}
    content = {
        "format": 1,
        "author": "AB",
        "state": "in_work",
        "lesions": {"1": {"cystic_change": answer}},
        "patient": {"vertebral_mets": answer | {"value": "no"}},
        "approvals": [],
    }
    return content | changes


def refusals(content: object) -> list[tuple[str, str, str]]:
    """Return code, place and message of everything that is wrong with a file."""
    with pytest.raises(RefusedError) as refused:
        parse_findings(content, WHERE)
    return [(p.code, p.where, p.message) for p in refused.value.problems]


def values_of(entry: Item) -> st.SearchStrategy[Value]:
    """Return every kind of value that an item allows."""
    low = 0 if entry.minimum is None else int(entry.minimum)
    high = 12 if entry.maximum is None else int(entry.maximum)
    return {
        Kind.CODE: lambda: st.sampled_from(entry.codes),
        Kind.CODES: lambda: st.lists(st.sampled_from([c for c in entry.codes if c != "none"]), unique=True).map(tuple),
        Kind.INT: lambda: st.integers(low, high),
        Kind.NUM: lambda: st.integers(2 * low, 2 * high).map(lambda n: n / 2),
        Kind.LEVEL: lambda: st.sampled_from(["C3", "T4-T5", "FM", "L1"]),
        Kind.BOOL: st.booleans,
        Kind.TEXT: lambda: st.text(max_size=20),
    }[entry.kind]()


@st.composite
def answers(draw: st.DrawFn, scopes: tuple[Scope, ...]) -> dict[str, Answer]:
    """Return answers to items that no rule ties to others, some not assessable, some not read."""
    free = [
        i for s in scopes for i in items(s) if not (i.derived or i.inapplicable_if or i.needs or i.name == "n_lesions")
    ]
    free = [i for i in free if not i.name.startswith(("series_", "quality_", "position", "enhancement", "hemorrhage"))]
    chosen = draw(st.lists(st.sampled_from(free), unique_by=lambda i: i.name, max_size=8))
    return {entry.name: draw(answer_to(entry)) for entry in chosen if entry.name not in PARENTS}


def answer_to(entry: Item) -> st.SearchStrategy[Answer]:
    """Return any valid answer to one item."""
    more = {
        "source": st.sampled_from(["reader", "suggested", "consensus"]),
        "confidence": st.sampled_from([None, 1, 2, 3]),
        "series": st.none() | st.text(max_size=10),
        "suggestion_seen": st.none() | st.booleans(),
        "comment": st.none() | st.text(max_size=20),
    }
    given_value = st.builds(Answer, value=values_of(entry), **more)
    unclear = st.builds(Answer, value=st.just(NOT_ASSESSABLE), na_reason=st.sampled_from(["artefact", "other"]), **more)
    return given_value | unclear | st.just(UNREAD)


PARENTS = {parent for entry in items() for parent in entry.inapplicable_if}


# a machine under load draws these nested answers slowly, which says nothing of the file
@settings(suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(
    lesions=st.dictionaries(st.integers(1, 40), answers((Scope.LESION,)), max_size=4),
    patient=answers((Scope.PATIENT, Scope.STUDY_SHEET)),
    state=st.sampled_from(["untouched", "in_work", "signed"]),
)
def test_findings_survive_the_file(lesions: dict[int, Any], patient: dict[str, Any], state: Any) -> None:
    """What is written as JSON text reads back equal, value for value and type for type."""
    findings = Findings(author="AB", state=state, lesions=lesions, patient=patient)
    back = parse_findings(json.loads(json.dumps(findings_as_json(findings))), WHERE)
    assert back == findings
    written = [type(a.value) for n in findings.lesions for a in findings.lesions[n].values()]
    assert [type(a.value) for n in back.lesions for a in back.lesions[n].values()] == written


def test_approvals_and_the_record_survive_the_file() -> None:
    """Who approved what, key images and the blinding come back as they were."""
    assert parse_findings(json.loads(json.dumps(findings_as_json(example()))), WHERE) == example()


def test_the_file_has_the_keys_of_the_contract() -> None:
    """Scripts find format, author, state, lesions, patient and approvals, and each answer's fixed keys."""
    content = findings_as_json(example())
    assert list(content) == ["format", "author", "state", "lesions", "patient", "approvals", "record"]
    assert content["format"] == 1
    assert list(content["lesions"]) == ["1", "2"]
    flame = content["lesions"]["1"]["flame_sign"]
    assert {"value", "source", "series", "confidence", "comment", "na_reason", "suggestion_seen"} == set(flame)
    assert content["approvals"] == [{"what": "cord", "at": "2024-05-01T10:00:00", "edited": True}]
    assert content["lesions"]["2"]["position_side"]["value"] == ["left", "anterior"]


def test_a_file_with_the_contract_keys_alone_is_read() -> None:
    """The keys added later may be absent."""
    findings = parse_findings(as_json(), WHERE)
    assert findings.of_lesion(1, "cystic_change") == read("present", confidence=3)
    assert findings.record is None


def test_findings_cannot_be_changed() -> None:
    """Neither a lesion nor an answer can be put in, and the given mapping is no back door."""
    patient = {"vertebral_mets": read("no")}
    findings = Findings(author="AB", lesions={1: {}}, patient=patient)
    patient["vertebral_mets"] = read("yes")
    assert findings.of_patient("vertebral_mets").value == "no"
    with pytest.raises(TypeError):
        findings.lesions[2] = {}  # type: ignore[index]
    with pytest.raises(TypeError):
        findings.lesions[1]["position"] = UNREAD  # type: ignore[index]


def test_findings_travel_between_processes() -> None:
    """Pickling keeps everything, as a pool of processes needs."""
    assert pickle.loads(pickle.dumps(example())) == example()


def test_what_nobody_answered_is_unread() -> None:
    """Empty is neither absent nor not assessable."""
    assert example().of_lesion(1, "rim_sign") == UNREAD
    assert example().of_lesion(9, "rim_sign") == UNREAD
    assert example().of_patient("vertebral_mets").value is None


def test_a_derived_item_is_derived_when_asked() -> None:
    """It need not stand in the file; where its parts are unread, what the file says stands."""
    patient = {"primary_visible": read("yes"), "noncord_cns_spinal_mets": read("no")}
    findings = Findings(author="AB", lesions={}, patient=patient)
    assert findings.of_patient("primary_or_noncns_mets").value == "yes"
    assert findings.of_patient("noncord_cns_spinal_mets").value == "no"


def test_an_invalid_reading_cannot_be_made() -> None:
    """The rules hold for findings made in memory too."""
    with pytest.raises(RefusedError, match="enhancement_pattern is ring"):
        Findings(
            author="AB", lesions={1: {"enhancement_pattern": read("ring"), "rim_sign": read("present")}}, patient={}
        )


@pytest.mark.parametrize(
    ("content", "place", "words"),
    [
        ([], WHERE, "object"),
        (as_json(format=2), WHERE, "format: Input should be 1"),
        (as_json(state="done"), WHERE, "'untouched', 'in_work' or 'signed'"),
        (as_json(author=None), WHERE, "author"),
        (as_json(surprise=1), WHERE, "surprise"),
        (as_json(approvals=[{"what": "cord"}]), WHERE, "approvals.0.at: Field required"),
        (as_json(record={"suggestion_mode": "often"}), WHERE, "'before', 'after' or 'never'"),
        (as_json(patient={"vertebral_mets": "no"}), f"{WHERE}: patient, vertebral_mets", "object"),
        (as_json(lesions={"1": {"position": {"value": {}}}}), f"{WHERE}: lesion 1, position", "value"),
        (as_json(patient={"n_lesions": {"value": 1, "source": "me"}}), f"{WHERE}: patient, n_lesions", "'consensus'"),
    ],
)
def test_a_wrong_shape_is_named(content: object, place: str, words: str) -> None:
    """The message names the file, the place in it and what should stand there."""
    found = refusals(content)
    assert {(code, where) for code, where, _ in found} == {("shape_wrong", place)}
    assert words in " ".join(message for *_, message in found)


@pytest.mark.parametrize("key", ["0", "01", "-1", "one", "1.0", "²"])
def test_a_lesion_key_is_the_integer_of_the_masks(key: str) -> None:
    """A key that is no positive whole number as masks have it is refused."""
    assert [code for code, *_ in refusals(as_json(lesions={key: {}}))] == ["lesion_number_wrong"]


def test_every_error_of_a_file_is_reported_at_once() -> None:
    """Shape, vocabulary and rules are told together, not one after the other."""
    content = as_json(
        state="closed",
        lesions={
            "1": {"position": {"value": "middle", "source": "reader"}, "shape": {"value": "round", "source": "reader"}},
            "x": {},
            "2": {
                "enhancement_pattern": {"value": "ring", "source": "reader"},
                "rim_sign": {"value": "present", "source": "reader"},
                "t2_signal": {"value": "not_assessable", "source": "reader"},
            },
        },
        patient={"cord_expansion": {"value": "present", "source": "reader"}},
    )
    assert [code for code, *_ in refusals(content)] == [
        "shape_wrong",
        "lesion_number_wrong",
        "item_misplaced",
        "value_wrong",
        "item_unknown",
        "must_be_not_applicable",
        "na_reason_missing",
    ]


def test_an_unknown_code_is_named_with_the_allowed_ones() -> None:
    """The reader of the message sees what may be written."""
    content = as_json(lesions={"3": {"position": {"value": "middle", "source": "reader"}}})
    ((code, where, message),) = refusals(content)
    assert (code, where) == ("value_wrong", f"{WHERE}: lesion 3, position")
    assert "'middle' is not one of central, eccentric, exophytic, not_assessable" in message


def test_a_wrong_part_of_an_answer_hides_no_other_error() -> None:
    """A confidence off its type is told together with the code that is unknown."""
    content = as_json(lesions={"1": {"position": {"value": "middle", "source": "reader", "confidence": "high"}}})
    assert [code for code, *_ in refusals(content)] == ["shape_wrong", "value_wrong"]

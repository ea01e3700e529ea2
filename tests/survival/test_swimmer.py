"""The swimmer plot: who has which bar and which marks, and that sixty patients stay legible."""

import xml.etree.ElementTree as ElementTree
from pathlib import Path

import pytest

from mri.problems import RefusedError
from survival.pictures import DrawnFigure
from survival.plan import check_columns, load_plan
from survival.results import Patients
from survival.swimmer import BAR_INCHES, LEAST_LABELLED_INCHES, draw_swimmer, lanes_of
from tests.survival.small_plan import make_patients, make_plan

TREATED = {"label": "Treatment", "columns": ["treatment_radiotherapy_days", "treatment_surgery_days"]}
NEW = {"label": "New lesion", "columns": ["new_iscm_days"]}
SWIMMER = {"name": "swimmer", "title": "Course", "events": [TREATED, NEW]}
DAYS = {
    "treatment_radiotherapy_days": ("5", "", "12", "", "", ""),
    "treatment_surgery_days": ("3", "", "", "", "", ""),
    "new_iscm_days": ("", "", "", "39", "90", ""),
}


def _draw(swimmer: dict[str, object] = SWIMMER, **columns: tuple[object, ...]) -> DrawnFigure:
    plan = make_plan(swimmers=[swimmer])
    return draw_swimmer(plan, plan.swimmers[0], make_patients(**(columns or DAYS)), ["Synthetic."])


def _texts(drawn: DrawnFigure) -> list[str]:
    root = ElementTree.fromstring(drawn.svg)
    return [(element.text or "").strip() for element in root.iter() if element.tag.endswith("text")]


def _crowd(n: int) -> Patients:
    """Return `n` patients with days 1 to n, every fifth censored."""
    return Patients(
        columns={"participant_id": tuple(f"P{i:03}" for i in range(n))},
        time_days={"iscm_diagnosis": tuple(float(i + 1) for i in range(n)), "iscm_presentation": (None,) * n},
        event=tuple(int(i % 5 > 0) for i in range(n)),
    )


def test_lanes_are_in_order_of_length() -> None:
    """The longest first, each with the earliest of its days, by hand."""
    plan = make_plan(swimmers=[SWIMMER])
    lanes = lanes_of(plan, plan.swimmers[0], make_patients(**DAYS))
    assert [lane.participant for lane in lanes] == ["A6", "A5", "A4", "A3", "A2", "A1"]
    assert [lane.died for lane in lanes] == [False, True, True, True, True, True]
    assert lanes[-1].events == (3.0, None)
    assert lanes[2].events == (None, 39.0)


def test_the_other_origin_moves_the_events() -> None:
    """From presentation 5 days before the diagnosis every event is 5 days later; who has no presentation has no bar."""
    plan = make_plan(swimmers=[SWIMMER], origin="iscm_presentation")
    presented = {"iscm_presentation_days": ("-5", "-5", "", "-5", "-5", "-5")}
    lanes = lanes_of(plan, plan.swimmers[0], make_patients(**DAYS, **presented))
    assert [lane.participant for lane in lanes] == ["A6", "A5", "A4", "A2", "A1"]
    assert lanes[-1].events == (8.0, None)


def test_a_subset_limits_the_bars() -> None:
    """Only solitary lesions: A3 has two."""
    plan = make_plan(swimmers=[{**SWIMMER, "subset": "solitary"}])
    assert "A3" not in [lane.participant for lane in lanes_of(plan, plan.swimmers[0], make_patients())]


def test_the_record_counts_what_is_drawn() -> None:
    """Two treatments, two new lesions of which one lies after the end of its bar and is not drawn."""
    drawn = _draw()
    assert drawn.record["n"] == 6
    assert drawn.record["deaths"] == 5
    assert drawn.record["events"] == [
        {"label": "Treatment", "n": 2, "outside": 0},
        {"label": "New lesion", "n": 2, "outside": 1},
    ]
    assert "1 events before day 0 or after the end of their bar are not drawn" in drawn.caption


def test_the_picture_names_each_patient_and_kind_of_event() -> None:
    """All of it as text, with the stamp and the line on research use."""
    texts = _texts(_draw())
    for text in ("A1", "A6", "Death", "Treatment", "New lesion", "Synthetic.", "Research use only."):
        assert text in texts


def test_an_event_that_the_table_lacks_is_said_not_to_be_recorded() -> None:
    """Neither in the legend, as if nobody had it, nor passed over in silence."""
    drawn = _draw(new_iscm_days=("", "", "20", "", "", ""))
    assert "Treatment" not in _texts(drawn)
    assert "Not recorded in this table: Treatment" in drawn.caption


@pytest.mark.parametrize(("n", "labelled"), [(60, True), (94, True), (120, False)])
def test_labels_stay_while_they_are_legible(n: int, labelled: bool) -> None:
    """Sixty patients have a label each on a figure of one page; a hundred and twenty have none."""
    plan = make_plan(swimmers=[{"name": "swimmer", "title": "Course"}])
    drawn = draw_swimmer(plan, plan.swimmers[0], _crowd(n), [])
    assert ("P000" in _texts(drawn)) == labelled
    root = ElementTree.fromstring(drawn.svg)
    assert float(root.attrib["height"].removesuffix("pt")) / 72 < 10.5
    assert BAR_INCHES > LEAST_LABELLED_INCHES


def test_nobody_with_a_survival_time_is_said() -> None:
    """No bar: a sentence instead."""
    plan = make_plan(swimmers=[SWIMMER], origin="iscm_presentation")
    drawn = draw_swimmer(plan, plan.swimmers[0], _crowd(3), [])
    assert "No patient has a survival time" in _texts(drawn)


def test_the_same_input_gives_the_same_bytes() -> None:
    """In all three formats."""
    first, second = _draw(), _draw()
    assert (first.svg, first.png, first.pdf) == (second.svg, second.png, second.pdf)


def test_a_column_that_is_nowhere_is_refused() -> None:
    """A plan that refuses missing columns names the event's; one that has another of its columns does not."""
    plan = make_plan(swimmers=[{**SWIMMER, "events": [TREATED]}])
    columns = ("sign", "size", "n_lesions")
    assert any("treatment_radiotherapy_days" in p.where for p in check_columns(plan, columns, "t.csv"))
    assert not check_columns(plan, (*columns, "treatment_surgery_days"), "t.csv")


def test_a_swimmer_that_names_no_days_is_refused(tmp_path: Path) -> None:
    """A column that is no number of days cannot be placed on the bar."""
    path = tmp_path / "plan.toml"
    path.write_text(
        'format = 1\nname = "p"\ntitle = "t"\nsource = "s"\nmethods = "m"\n'
        '[[tables]]\nname = "T"\nfile = "t"\ntitle = "T"\n'
        '[[rows]]\nid = "o"\ntable = "T"\nlabel = "All"\nkind = "overall"\n'
        '[[swimmers]]\nname = "swimmer"\ntitle = "C"\nsubset = "none"\n'
        'events = [{ label = "Death", columns = ["death_date"] }]\n',
        encoding="utf-8",
    )
    with pytest.raises(RefusedError) as caught:
        load_plan(path)
    found = [f"{p.where} {p.message}" for p in caught.value.problems]
    assert any("swimmers[1] (swimmer).events[1] (Death).columns[1]" in line for line in found)
    assert any("subset 'none' is not declared" in line for line in found)

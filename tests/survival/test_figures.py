"""What a Kaplan–Meier figure holds, and that its picture stands alone."""

import io
import xml.etree.ElementTree as ElementTree

import pytest

from survival.estimate import kaplan_meier
from survival.figures import band, draw, tick_days
from survival.pictures import PNG_DOTS_PER_INCH, DrawnFigure
from survival.results import compute
from tests.survival.small_plan import OVERALL, SIGN, make_patients, make_plan

FIGURE = {"name": "km_sign", "row": "sign", "title": "By sign", "labels": ["None", "Sign < 5"]}


def _draw(
    row: dict[str, object] = SIGN, figure: dict[str, object] = FIGURE, **columns: tuple[object, ...]
) -> DrawnFigure:
    plan, patients = make_plan(row, figures=[figure]), make_patients(**columns)
    return draw(plan, plan.figures[0], patients, compute(plan, patients), ["Synthetic."])


def _texts(svg: str) -> list[str]:
    return [
        (element.text or "").strip() for element in ElementTree.fromstring(svg).iter() if element.tag.endswith("text")
    ]


def test_the_figure_says_groups_medians_p_and_numbers_at_risk() -> None:
    """All of it as text of the SVG, with the stamp and the line on research use."""
    drawn = _draw()
    texts = _texts(drawn.svg)
    assert any(text.startswith("None: n = 3, median 50 days (95% CI") for text in texts)
    assert any(text.startswith("log-rank: P = .") for text in texts)
    assert "Number at risk" in texts
    assert "Synthetic." in texts
    assert "Research use only." in texts
    assert "Sign < 5" in texts


def test_the_record_counts_those_at_risk() -> None:
    """Numbers at risk on each tick; a patient who dies on the tick still counts."""
    record = _draw().record
    assert record["at_risk_days"] == [0, 10, 20, 30, 40, 50, 60]
    assert record["groups"] == [
        {"group": "No", "label": "None", "n": 3, "at_risk": [3, 3, 3, 2, 2, 2, 1]},
        {"group": "Yes", "label": "Sign < 5", "n": 3, "at_risk": [3, 3, 2, 2, 1, 0, 0]},
    ]
    assert record["files"] == ["km_sign.svg", "km_sign.png", "km_sign.pdf"]
    assert record["n"] == 6


def test_the_same_input_gives_the_same_bytes() -> None:
    """No date and no random id in the files."""
    first, second = _draw(), _draw()
    assert first.svg == second.svg
    assert first.png == second.png
    assert first.pdf == second.pdf
    assert b"CreationDate" not in first.pdf
    assert first.pdf.startswith(b"%PDF")


def test_ids_begin_with_the_figure_name() -> None:
    """So that two figures in one page do not share a clip path."""
    root = ElementTree.fromstring(_draw().svg)
    ids = [element.attrib["id"] for element in root.iter() if "id" in element.attrib]
    assert ids
    assert all(name.startswith("km_sign-") for name in ids)


def test_every_reference_in_the_picture_is_resolved() -> None:
    """Clip paths and markers point at ids that are there."""
    import re

    svg = _draw().svg
    targets = set(re.findall(r"url\(#([^)]+)\)", svg)) | set(re.findall(r'href="#([^"]+)"', svg))
    assert targets
    assert targets <= set(re.findall(r'id="([^"]+)"', svg))


def test_the_png_has_the_width_of_a_page() -> None:
    """7 inches at the declared resolution, for print."""
    from matplotlib.image import imread

    assert imread(io.BytesIO(_draw().png)).shape[1] == 7 * PNG_DOTS_PER_INCH


@pytest.mark.parametrize("sign", [(1,) * 6, ("",) * 6, (1, 0, "", "", "", "")])
def test_a_figure_of_few_or_none_is_drawn(sign: tuple[object, ...]) -> None:
    """One group, nobody, or one patient per group: a picture that says so, not an error."""
    texts = _texts(_draw(sign=sign).svg)
    if sign == ("",) * 6:
        assert "Not estimable: no patient has this variable" in texts
    elif sign == (1,) * 6:
        assert "None: no patient" in texts
        assert "log-rank: not estimable" in texts
    else:
        assert any("n = 1" in text for text in texts)


def test_overall_survival_can_be_drawn() -> None:
    """A row without groups has one curve and no P."""
    drawn = _draw(OVERALL, {"name": "km_all", "row": "overall", "title": "All"})
    assert drawn.record["p"] is None
    assert not any("log-rank" in text for text in _texts(drawn.svg))


@pytest.mark.parametrize(
    ("last", "step", "end"),
    [(1261, 180, 1440), (892, 180, 900), (39, 5, 40), (0, 1, 1), (720, 90, 720), (20000, 1440, 20160)],
)
def test_ticks_are_few_and_reach_the_last_day(last: float, step: int, end: int) -> None:
    """Whole months where possible, and the axis ends at or after the last day."""
    ticks = tick_days(last)
    assert (ticks[1] - ticks[0], ticks[-1]) == (step, end)


def test_a_label_is_text_and_not_a_formula() -> None:
    """A dollar sign or an ampersand in a plan's label is printed as it is."""
    drawn = _draw(figure={**FIGURE, "labels": ["cost $_", "< 5 & $more$"]})
    texts = _texts(drawn.svg)
    assert "cost $_" in texts
    assert "< 5 & $more$" in texts


def test_the_band_ends_where_nobody_is_left() -> None:
    """It holds its last limits up to the last death, and is no band at 0."""
    curve = kaplan_meier([10, 20, 30], [1, 1, 1])
    days, low, high = band(curve)
    assert days == [0, 10, 20, 30]
    assert low == [1, curve.low[0], curve.low[1], curve.low[1]]
    assert high == [1, curve.high[0], curve.high[1], curve.high[1]]


def test_the_band_of_a_censored_end_goes_on() -> None:
    """Where the last patient is censored the interval exists to the end."""
    curve = kaplan_meier([10, 20], [1, 0])
    assert band(curve) == ([0, 10, 20], [1, *curve.low], [1, *curve.high])
    assert 0 < curve.low[1] < curve.high[1] < 1


def test_no_curve_of_a_single_patient() -> None:
    """The group of one is named in the legend with its number, and has no step and no median."""
    drawn = _draw(sign=(1, 0, 0, 0, 0, 0))
    texts = _texts(drawn.svg)
    assert "Sign < 5: n = 1, no curve of a single patient" in texts
    assert any(text.startswith("None: n = 5, median") for text in texts)

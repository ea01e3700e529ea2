"""The inclusion flow as a picture."""

import xml.etree.ElementTree as ElementTree
from itertools import pairwise

from survival.flow import FlowStep, flow_svg

STEPS = (
    FlowStep(label="patients in the table", n=58, excluded=(("no MRI & no date", 5), ("never formally diagnosed", 4))),
    FlowStep(label="analysed", n=49),
    FlowStep(label="of these, solitary ISCM", n=39),
)


def _elements(svg: str, tag: str) -> list[ElementTree.Element]:
    return [element for element in ElementTree.fromstring(svg).iter() if element.tag.endswith("}" + tag)]


def test_each_step_and_each_exclusion_is_there_with_its_count() -> None:
    """Boxes for three steps and one for those left out, with counts and shares; markup is escaped."""
    svg = flow_svg(STEPS)
    texts = [element.text for element in _elements(svg, "text")]
    assert [t for t in texts if t and t.startswith("n = ")] == ["n = 58", "n = 49", "n = 39"]
    assert "no MRI & no date: 5 (9%)" in texts
    assert "Patients in the table" in texts
    assert len(_elements(svg, "rect")) == 4
    assert len(_elements(svg, "line")) == 3


def test_everything_lies_inside_the_drawing() -> None:
    """The view box holds every box, also one with many exclusions."""
    many = FlowStep(label="all", n=90, excluded=tuple((f"reason {i}", i) for i in range(12)))
    svg = flow_svg((many, FlowStep(label="analysed", n=24)))
    width, height = (float(v) for v in ElementTree.fromstring(svg).attrib["viewBox"].split()[2:])
    for box in _elements(svg, "rect"):
        assert float(box.attrib["x"]) + float(box.attrib["width"]) <= width
        assert float(box.attrib["y"]) >= 0
        assert float(box.attrib["y"]) + float(box.attrib["height"]) <= height


def test_boxes_do_not_overlap() -> None:
    """A tall box of exclusions pushes the next step down."""
    boxes = [
        (float(b.attrib["y"]), float(b.attrib["height"]))
        for b in _elements(flow_svg(STEPS), "rect")
        if b.attrib["x"] == "1"
    ]
    assert all(y1 + h1 < y2 for (y1, h1), (y2, _) in pairwise(boxes))


def test_record() -> None:
    """What results.json holds of a step."""
    assert STEPS[1].as_record() == {"step": "analysed", "n": 49, "excluded": []}
    assert STEPS[0].as_record()["excluded"] == [
        {"reason": "no MRI & no date", "n": 5},
        {"reason": "never formally diagnosed", "n": 4},
    ]

"""Every measured column has its page, and every page its picture, formula, units, limits and source."""

import re
from pathlib import Path

import pytest

from docs.feature_pages import FOLDER, TABLES, base_of, columns_of, not_measured, pages, pages_of, table_of
from docs.pictures.all import PICTURES
from docs.pictures.draw import save
from docs.pictures.sizes import askew, faces, furthest
from features.dictionary import columns
from features.size import feret_mm

MOST_BYTES = 40_000
SHOWN = {
    "position": ("central", "eccentric", "exophytic"),
    "cord-expansion": ("expansion present",),
    "signal": ("t2_signal: hyper", "t1_signal: hypo"),
    "cystic-change": ("cyst\npresent",),
    "hemorrhage": ("blood\npresent",),
    "enhancement-pattern": ("homogeneous", "heterogeneous", "ring", "absent"),
    "rim-sign": ("rim absent", "rim present"),
    "flame-sign": ("flame absent", "flame present"),
    "t2-extent": ("t2_bridged 1",),
    "count": ("n_lesions = 3",),
}
"""What the program must say of the painted objects, so that a picture shows what its caption says."""


def section(text: str, heading: str) -> str:
    """Return the text below a heading of a page."""
    found = re.search(rf"^## {heading}\n(.*?)(?=^## |^```{{include}}|\Z)", text, re.MULTILINE | re.DOTALL)
    return found.group(1).strip() if found else ""


@pytest.mark.parametrize("table", TABLES)
def test_every_measured_column_has_one_page(table: str) -> None:
    """A column stands on one page, or it is named as one that is not measured; none is forgotten."""
    wrong = {c.name: pages_of(c) for c in columns(table) if len(pages_of(c)) != (base_of(c) not in not_measured())}
    assert wrong == {}


def test_a_column_without_a_page_is_noticed() -> None:
    """A companion goes with its column, and a name that no page knows has none."""
    by_name = {column.name: column for column in columns("lesions")}
    assert pages_of(by_name["enh_ap_mm_missing_reason"]) == ["ap-tr"]
    assert pages_of(by_name["t2_seg_count_high"]) == ["segments"]
    assert base_of(by_name["position_suggested"]) == "position"


def test_names_that_are_not_measured_exist() -> None:
    """The list of what has no page holds no name that the tables lack."""
    assert not_measured() <= {column.name for table in TABLES for column in columns(table)}


@pytest.mark.parametrize("page", pages())
def test_page_is_whole(page: str) -> None:
    """A page has a picture, a formula, its units, limits and a source, and the index leads to it."""
    text = (FOLDER / f"{page}.md").read_text("utf-8")
    assert f"{{figure}} generated/{page}.svg" in text
    assert f"{{include}} generated/{page}.md" in text
    assert "$" in section(text, "Formula")
    assert len(section(text, "Limits")) > 80
    assert section(text, "Source")
    assert f"\n{page}\n" in (FOLDER / "index.md").read_text("utf-8")


@pytest.mark.parametrize("page", pages())
def test_units_come_from_the_dictionary(page: str) -> None:
    """The table of a page names its columns with units and definitions."""
    table = table_of(page)
    named = [column for column in columns_of(page) if f"| `{column.name}` |" in table]
    assert named
    for column in named:
        assert column.definition.replace("|", "\\|") in table
        assert column.unit in table


def test_pages_and_pictures_are_the_same() -> None:
    """Every page has a picture, every picture a page, every file of the folder is planned."""
    assert set(pages()) == set(PICTURES)
    assert {path.stem for path in FOLDER.glob("*.md")} == {*pages(), "index"}


@pytest.mark.parametrize("page", PICTURES)
def test_picture_shows_what_it_says(page: str, tmp_path: Path) -> None:
    """Each picture can be made, is small, and the program's words on it are those that it is meant to show."""
    made = PICTURES[page]()
    titles = [axes.get_title() for axes in made.axes]
    for said in SHOWN.get(page, ()):
        assert any(said in title for title in titles), (said, titles)
    path = tmp_path / "picture.svg"
    save(made, path)
    assert path.stat().st_size < MOST_BYTES


def test_ruler_of_the_feret_diameter_is_the_number() -> None:
    """The ends that the picture draws are as far apart as the program measured."""
    part = askew()
    one, other = furthest(faces(part))
    assert float(sum((one - other) ** 2)) ** 0.5 == pytest.approx(feret_mm((part,)), abs=1e-5)

"""The page of a patient as a whole: what stands on it, that it is safe to embed, and that little input does."""

import re
import time
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pytest

from features.case import Case
from features.measure import measure_case
from mri.nifti import read_label_map, read_volume
from mri.study import Contrast, Plane, Series, Study, StudyId, Weighting
from mri.volume import Volume
from pipeline.case_pages import RESEARCH_ONLY, SYNTHETIC, case_section
from pipeline.case_words import words
from segmentation.annotation import Mask
from segmentation.levels import STANDARD, DiscPoints
from segmentation.regions import Region
from tests.pipeline.case_fixtures import (
    AX_T2,
    BACK,
    DISCS,
    DOWN,
    ELSEWHERE,
    LEFT,
    LESION_ONE,
    SAG_GD,
    SAG_T2,
    STUDY,
    centred,
    cord,
    image,
    lesions,
    mask,
    series,
)

LARGEST_PAGE_BYTES = 400_000
CPU_SECONDS = 3.0
VOID = {"br", "img", "input"}
WHOLE = Study(id=STUDY, series=(AX_T2, SAG_GD, SAG_T2, ELSEWHERE))
LESION_ROWS = [
    {"lesion_id": "1", "lesion_basis": "both", "enh_ap_mm": "9.9", "enh_ap_res_mm": "1.5", "t2_levels": "C3-C5"},
    {"lesion_id": "2", "enh_tr_mm_missing_reason": "no_axial", "flags": "tiny"},
]
PATIENT_ROW = {"author": "auto", "n_lesions": "2", "t2_seg_count_max": "3", "flags": "discs_from_auto", "status": "ok"}


class Tags(HTMLParser):
    """Checks that tags are closed in order, and collects names, classes and ids."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.names: set[str] = set()
        self.classes: set[str] = set()
        self.text: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note a tag and its classes."""
        self.names.add(tag)
        self.classes.update(*(str(value).split() for name, value in attrs if name == "class"))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note a tag that closes itself."""
        self.names.add(tag)
        self.classes.update(*(str(value).split() for name, value in attrs if name == "class"))

    def handle_endtag(self, tag: str) -> None:
        """Close a tag; it must be the one that was opened last."""
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        """Keep the text."""
        if not self.open or self.open[-1] != "style":
            self.text.append(data)


def parsed(html: str) -> Tags:
    """Parse a page and return what was seen; fails where tags are not closed."""
    tags = Tags()
    tags.feed(html)
    tags.close()
    assert tags.open == []
    return tags


def text_of(html: str) -> str:
    """Return the words of a page, single-spaced."""
    return re.sub(r"\s+", " ", " ".join(parsed(html).text))


def whole_page(**changes: object) -> str:
    """Return the page of a session that has everything."""
    masks = [cord(SAG_T2), lesions(), mask(Region.T2HYPER, SAG_T2, {1: (LESION_ONE, 15.0)})]
    usual = {"lesion_rows": LESION_ROWS, "patient_row": PATIENT_ROW, "discs": DISCS, "masks": masks}
    return case_section(WHOLE, image, **(usual | changes)).html  # type: ignore[arg-type]


def test_page_shows_pictures_numbers_levels_and_reasons() -> None:
    """Each series has a picture, each lesion its row, flags and reasons are in words."""
    html = whole_page()
    text = text_of(html)
    assert html.count("<image ") == 7, "four series; the second lesion adds a slice of each of the three of its frame"
    assert all(region.colour in html for region in (Region.CORD, Region.ENHANCING, Region.T2HYPER))
    assert "C3-C4" in text
    assert "9.9 mm" in text
    assert "resolution 1.5 mm" in text
    assert "Very small" in text
    assert "The disc levels are the program's proposal" in text
    assert "Lesion 2: transverse size" in text


def test_page_is_a_fragment_that_is_safe_to_embed() -> None:
    """No script, no outside address, classes of our own, and tags closed in order."""
    html = whole_page()
    tags = parsed(html)
    assert not tags.names & {"script", "html", "body", "link", "iframe"}
    assert {c for c in tags.classes if not c.startswith("case-")} <= {"soft"}
    assert not re.search(r"https?:|url\(|@import|\son\w+=", html)


def test_page_is_stamped() -> None:
    """Research use is always said; unread only for the program's own proposals, synthetic only when told."""
    unread, read = whole_page(synthetic=True), whole_page(patient_row=PATIENT_ROW | {"author": "AB"})
    assert RESEARCH_ONLY in unread
    assert RESEARCH_ONLY in read
    assert "Unread" in unread
    assert "Synthetic" in unread
    assert "Unread" not in read
    assert "Synthetic" not in read


@pytest.mark.parametrize(
    ("said", "is_made"),
    [
        ({"synthetic": True}, True),
        ({"synthetic": "1"}, True),
        ({"flags": "tiny;synthetic"}, True),
        ({"synthetic": "0", "flags": "tiny"}, False),
        ({"synthetic": False}, False),
        ({"synthetic": None, "flags": "not_synthetic"}, False),
    ],
)
def test_a_made_patient_is_stamped_without_a_clinical_table(said: dict[str, object], is_made: bool) -> None:
    """The row of the images or its flags are enough; another flag or a plain no is not."""
    assert (SYNTHETIC in whole_page(patient_row=PATIENT_ROW | said)) is is_made


def test_title_names_the_session_and_nobody() -> None:
    """The title holds the participant's code and the session."""
    section = case_section(WHOLE, image, [], None, [], {})
    assert section.title == "Participant P1, session 01"


def test_text_of_tables_is_escaped() -> None:
    """Markup in a table's text is shown, not obeyed."""
    html = whole_page(patient_row=PATIENT_ROW | {"error": "<b onload=x>bad</b>", "status": "failed"})
    assert "<b onload" not in html
    assert "&lt;b onload" in html


def test_page_without_anything_but_an_image() -> None:
    """No discs, cord, lesions or rows: a bare picture, and the page says what is missing."""
    study = Study(id=STUDY, series=(AX_T2,))
    html = case_section(study, image, [], None, [], {}).html
    text = text_of(html)
    assert html.count("<image ") == 1
    assert "No lesion was drawn or proposed" in text
    assert "no cord was drawn" in text
    assert "no discs were marked" in text


def test_page_without_series() -> None:
    """A session of which no series was kept still has its page."""
    text = text_of(
        case_section(Study(id=STUDY, series=()), image, [], None, [], {"status": "failed", "error": "x"}).html
    )
    assert "No series was kept" in text
    assert "The session could not be measured: x" in text


def test_pictures_hang_in_reading_order() -> None:
    """Sagittal before axial, T2 before T1, whatever the order in the study."""
    html = case_section(WHOLE, image, [], None, [], {}).html
    labels = re.findall(r"<figcaption><b>([^<]*)", html)
    assert labels == [
        "Sagittal T2, cervical, 3.3 mm",
        "Sagittal T1 + Gd, cervical, 3.3 mm",
        "Sagittal T2, lumbar, 3.3 mm",
        "Axial T2, cervical, 4 mm",
    ]


def test_carrying_over_without_a_stated_frame_is_told() -> None:
    """Where series do not say which frame they share, the page says that it took them to share one."""
    one, two = series(frame_of_reference=""), series("axCT2", plane=Plane.AXIAL, frame_of_reference="")
    study = Study(id=STUDY, series=(one, two))
    assert "do not state their frame" in text_of(case_section(study, image, [cord(one)], None, [], {}).html)
    assert "do not state their frame" not in text_of(whole_page())


def test_many_noisy_series_stay_small_and_quick() -> None:
    """Twelve series of noise make a page under 400 kB in under 3 s of computing."""
    generator = np.random.default_rng(3)
    many = tuple(series(f"sagC{k}T2", run=k + 1) for k in range(12))
    noise = generator.normal(100, 40, SAG_T2.geometry.shape)
    started = time.process_time()
    study, drawn = Study(id=STUDY, series=many), [lesions(many[0])]
    html = case_section(study, lambda one: Volume(array=noise, geometry=one.geometry), drawn, DISCS, [], {}).html
    assert time.process_time() - started < CPU_SECONDS
    assert len(html) < LARGEST_PAGE_BYTES


def test_stations_hang_one_below_the_other() -> None:
    """All series of the upper station come before those of the lower one, though neither is named."""
    lower = centred((5, 60, 40), (3.3, 1.0, 1.0), (LEFT, DOWN, BACK))
    upper = replace(lower, origin_mm=(0.0, 0.0, 150.0))
    kinds = [
        ("T1", Weighting.T1, lower),
        ("T2", Weighting.T2, lower),
        ("T1", Weighting.T1, upper),
        ("T2", Weighting.T2, upper),
    ]
    every = tuple(
        series(f"sag{name}", weighting=weighting, geometry=grid, stations="", run=k)
        for k, (name, weighting, grid) in enumerate(kinds, start=1)
    )
    html = case_section(Study(id=STUDY, series=every), image, [], None, [], {}).html
    assert re.findall(r"<figcaption><b>Sagittal (T\d), 3.3 mm, run (\d)", html) == [
        ("T2", "4"),
        ("T1", "3"),
        ("T2", "2"),
        ("T1", "1"),
    ]
    assert html.count('class="case-group"') == 2


@pytest.mark.parametrize("with_discs", [True, False])
@pytest.mark.parametrize("radius_mm", [1.0, 7.0])
def test_page_of_measured_features_explains_every_flag(with_discs: bool, radius_mm: float) -> None:
    """Rows as the features layer makes them are shown, and none of their flags stays a bare code."""
    drawn = (
        cord(SAG_T2),
        mask(Region.T2HYPER, SAG_T2, {1: (LESION_ONE, 3 * radius_mm)}),
        mask(Region.ENHANCING, SAG_GD, {1: (LESION_ONE, radius_mm)}),
    )
    discs = DISCS if with_discs else None
    measured = measure_case(Case(study=STUDY, author="AB", masks=drawn, discs=discs, series=WHOLE.series))
    text = text_of(case_section(WHOLE, image, drawn, discs, measured.lesions, measured.patient).html)
    flags = {
        flag for row in (*measured.lesions, measured.patient) for flag in str(row["flags"] or "").split(";") if flag
    }
    assert flags, "the case is made so that something is to be said"
    assert {flag.rpartition(":")[2] for flag in flags} <= set(words("flags")) | set(words("reasons"))
    assert all(flag in text for flag in flags)
    assert ("no vertebral levels were marked there" in text) is not with_discs


@pytest.mark.real_data
def test_real_volume_with_its_mask(shared_data: Path) -> None:
    """A real T2 with a painted lesion: the lesion's outline is inside the cord's on a picture of true proportions."""
    folder = shared_data / "volumes" / "sct_testing" / "t2"
    volume = read_volume(folder / "t2_fake_lesion.nii.gz")
    one = Series(
        study=StudyId(participant="R1", session="01"),
        acquisition="sagCT2",
        suffix="T2w",
        weighting=Weighting.T2,
        plane=Plane.SAGITTAL,
        contrast=Contrast.NO,
        geometry=volume.geometry,
    )
    masks = [
        Mask(
            region=region,
            series=one,
            labels=read_label_map(folder / f"t2_fake_lesion_{name}_seg.nii.gz"),
            author="auto",
        )
        for region, name in ((Region.CORD, "sc"), (Region.ENHANCING, "lesion"))
    ]
    points = masks[0].labels.points_mm()
    middle = np.median(points, axis=0)
    discs = DiscPoints(points={STANDARD.disc_name(3): tuple(middle)})
    html = case_section(Study(id=one.study, series=(one,)), lambda _: volume, masks, discs, [], {"author": "auto"}).html
    paths = dict(re.findall(r'class="case-outline case-(cord|enhancing)" d="([^"]*)"', html))
    boxes = {}
    for name, path in paths.items():
        numbers = np.array(re.findall(r"-?[\d.]+", path), dtype=float).reshape(-1, 2)
        boxes[name] = np.concatenate([numbers.min(axis=0), -numbers.max(axis=0)])
    assert (boxes["enhancing"] >= boxes["cord"] - 1.0).all()

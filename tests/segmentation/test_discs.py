"""Discs are found where they are, under the right names when one is named."""

from pathlib import Path

import numpy as np
import pytest

from mri.nifti import read_volume
from mri.study import Weighting
from mri.volume import Volume
from segmentation.centreline import Centreline, fit_centreline
from segmentation.cord import propose_cord
from segmentation.cord_profile import cord_profile
from segmentation.disc_files import read_discs
from segmentation.discs import UNCONFIRMED, DiscProposal, propose_discs
from segmentation.levels import DiscPoints
from segmentation.parameters import DiscParameters
from tests.segmentation.tube import bend_mm, cord_mask, disc_heights_mm, grid, scan

GRID = grid((13, 80, 190), (3.3, 1.1, 1.1))
TRUTH = disc_heights_mm("C4-C5", 85.0, -95.0)


def place(name: str) -> tuple[float, float, float]:
    """Return a true disc's position in front of the cord."""
    z = TRUTH[name]
    return (0.0, float(bend_mm(np.array(z))) - 12.0, z)


def errors(proposal: DiscProposal, axis: Centreline) -> dict[str, float]:
    """Return how far along the cord each disc is off, in mm."""
    assert proposal.discs is not None
    found = proposal.discs.points
    return {
        name: float(axis.project([point]).s_mm[0] - axis.project([place(name)]).s_mm[0])
        for name, point in found.items()
        if name in TRUTH
    }


@pytest.fixture(scope="module")
def image() -> Volume:
    """Make a sagittal T2 image of C4 to T6."""
    return scan(GRID, discs=TRUTH)


@pytest.fixture(scope="module")
def axis() -> Centreline:
    """Draw the true axis."""
    return fit_centreline([cord_mask(GRID)])


@pytest.mark.parametrize("name", ["C4-C5", "C7-T1", "T3-T4"])
def test_one_named_disc_gives_all(image: Volume, axis: Centreline, name: str) -> None:
    """From any one disc every disc in view is found within a slice, and none is off by a level."""
    proposal = propose_discs([image], axis, known={name: place(name)})
    off = errors(proposal, axis)
    assert set(off) == set(TRUTH)
    assert max(abs(e) for e in off.values()) < 2.5
    assert proposal.margin is None
    assert UNCONFIRMED not in proposal.flags


def test_two_stations_are_labelled_as_one_spine(image: Volume, axis: Centreline) -> None:
    """A click in the upper station names the discs of the lower one."""
    half = GRID.shape[2] // 2
    parts = []
    for kept in (slice(0, half + 25), slice(half - 25, GRID.shape[2])):
        array = image.array[:, :, kept]
        origin = GRID.to_world((0, 0, kept.start))
        geometry = grid(array.shape, GRID.spacing_mm)
        moved = type(geometry)(
            shape=geometry.shape, origin_mm=tuple(origin), spacing_mm=geometry.spacing_mm, axes=geometry.axes
        )
        parts.append(Volume(array=array, geometry=moved))
    off = errors(propose_discs(parts, axis, known={"C4-C5": place("C4-C5")}), axis)
    assert set(off) == set(TRUTH)
    assert max(abs(e) for e in off.values()) < 2.5


def test_without_a_click_it_is_a_suggestion_with_a_margin(image: Volume, axis: Centreline) -> None:
    """Places are right without a name; the names are flagged as unconfirmed, with a margin."""
    proposal = propose_discs([image], axis)
    assert proposal.discs is not None
    assert UNCONFIRMED in proposal.discs.flags
    assert proposal.margin is not None
    found = sorted(
        float(axis.project([p]).s_mm[0]) for n, p in proposal.discs.points.items() if n not in ("FM", "C1-C2")
    )
    true = sorted(float(axis.project([place(n)]).s_mm[0]) for n in TRUTH)
    for s in true[1:-1]:
        assert min(abs(s - other) for other in found) < 2.5


def test_points_lead_back_to_their_level(image: Volume, axis: Centreline) -> None:
    """The level scale made of the points has the discs in order and without a gap."""
    proposal = propose_discs([image], axis, known={"C7-T1": place("C7-T1")})
    assert isinstance(proposal.discs, DiscPoints)
    s = [float(axis.project([p]).s_mm[0]) for _, _, p in proposal.discs.ordered()]
    assert s == sorted(s)


def test_an_image_elsewhere_gives_no_discs(axis: Centreline) -> None:
    """Where no spine is in view nothing is made up."""
    far = grid((5, 5, 5), (1.0, 1.0, 1.0))
    away = type(far)(shape=far.shape, origin_mm=(500.0, 0.0, 0.0), spacing_mm=far.spacing_mm, axes=far.axes)
    proposal = propose_discs([Volume(array=np.ones((5, 5, 5)), geometry=away)], axis)
    assert proposal.discs is None
    assert proposal.flags == ("no_discs_in_view",)


@pytest.mark.real_data
@pytest.mark.parametrize("click", [None, "C2-C3", "T4-T5"])
def test_real_whole_spine(shared_data: Path, click: str | None) -> None:
    """On a whole-spine image the mean error is below 1.5 mm and the largest below 4 mm, with or without a click."""
    folder = shared_data / "volumes" / "sct_testing" / "template"
    image = read_volume(folder / "t2.nii.gz")
    truth = read_discs(folder / "label_disc.nii.gz").points
    cord = propose_cord(image, Weighting.T2)
    axis = fit_centreline([cord.labels])
    profile = cord_profile([cord], axis, DiscParameters())
    proposal = propose_discs([image], axis, known={click: truth[click]} if click else None, profile=profile)
    assert proposal.discs is not None
    seen = [name for name in truth if name != "C1-C2"]
    off = [
        abs(float(axis.project([proposal.discs.points[name]]).s_mm[0] - axis.project([truth[name]]).s_mm[0]))
        for name in seen
    ]
    assert np.mean(off) < 1.5
    assert max(off) < 4.0

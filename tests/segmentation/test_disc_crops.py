"""On a short stretch a naming without a click is never asserted: where it is wrong, it says how unsure it is."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from mri.nifti import read_volume
from mri.study import Weighting
from mri.volume import Volume
from sample_scans.phantom import Phantom
from sample_scans.protocol import SAG_T2, Protocol, Station, prescribe
from sample_scans.scanner import scan_all
from segmentation.centreline import Centreline, fit_centreline
from segmentation.cord import propose_cord
from segmentation.cord_profile import cord_profile
from segmentation.discs import NARROW_MARGIN, UNCONFIRMED, DiscProposal, propose_discs
from segmentation.parameters import DiscParameters

CROP_MM = 75.0
"""Three to four levels of the neck."""


@pytest.fixture(scope="module")
def neck() -> Volume:
    """Scan a phantom's neck and upper chest at clinical resolution."""
    phantom = Phantom()
    planned = prescribe(phantom, (Station(name="C", centre_v=7.0),), Protocol(sequences=(SAG_T2,), sagittal_slices=9))
    return scan_all(phantom, planned, field_t=1.5, seed=0, name="crops")[0].volume


def cropped(volume: Volume, s_mm: float) -> Volume:
    """Return the part of a sagittal scan from an arc length of the phantom downwards."""
    geometry = volume.geometry
    top = Phantom().spine.to_world(s_mm)
    row = int(geometry.to_index(top)[1])
    rows = slice(row, row + round(CROP_MM / geometry.spacing_mm[1]))
    x, y, z = (float(k) for k in geometry.to_world((0, row, 0)))
    array = np.ascontiguousarray(volume.array[:, rows])
    return Volume(array=array, geometry=replace(geometry, shape=array.shape, origin_mm=(x, y, z)))


def suggested(volume: Volume) -> tuple[DiscProposal, Centreline]:
    """Propose discs without a click."""
    cord = propose_cord(volume, Weighting.T2)
    axis = fit_centreline([cord.labels])
    return propose_discs([volume], axis, profile=cord_profile([cord], axis, DiscParameters())), axis


def levels_off(found: DiscProposal, axis: Centreline, truth: Phantom) -> int:
    """Return how many levels the middle disc's name is off."""
    assert found.discs is not None
    ordered = found.discs.ordered()
    value, _, point = ordered[len(ordered) // 2]
    s = float(truth.spine.to_local(axis.position_at(axis.project([point]).s_mm)[0])[0])
    return round(float(value) - float(truth.spine.v_at(s)))


@pytest.mark.parametrize("top_v", [3.3, 4.3, 5.3, 6.3, 7.3])
def test_a_wrong_name_on_a_crop_without_c2_has_a_narrow_margin(neck: Volume, top_v: float) -> None:
    """Whatever it is named, it is unconfirmed; where the name is off the margin is low and flagged."""
    found, axis = suggested(cropped(neck, float(Phantom().spine.s_at(top_v))))
    assert UNCONFIRMED in found.flags
    assert found.margin is not None
    if levels_off(found, axis, Phantom()):
        assert NARROW_MARGIN in found.flags
        assert found.margin < DiscParameters().clear_margin


def test_some_of_those_crops_are_indeed_named_wrongly(neck: Volume) -> None:
    """The test above has something to catch: without C2 and conus nothing in a crop tells one level from the next."""
    crops = [suggested(cropped(neck, float(Phantom().spine.s_at(v)))) for v in (3.3, 5.3, 7.3)]
    assert any(levels_off(found, axis, Phantom()) for found, axis in crops)


@pytest.mark.real_data
def test_the_public_crop_that_is_four_levels_off_says_so(shared_data: Path) -> None:
    """A cervical crop of three discs whose names are four levels off has a margin next to nothing."""
    found, _ = suggested(read_volume(shared_data / "volumes" / "sct_testing" / "t2" / "t2.nii.gz"))
    assert {UNCONFIRMED, NARROW_MARGIN} <= set(found.flags)
    assert found.margin is not None
    assert found.margin < 1.0

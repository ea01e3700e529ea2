"""Scoliosis, fused and transitional vertebrae are painted as they are planted, and the usual spine stays as it was."""

import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sample_scans.anatomy_tables import CONUS_TIP_V
from sample_scans.phantom import Phantom
from sample_scans.rasterise import disc_points
from sample_scans.spine import Spine, level_positions_mm
from sample_scans.tissue import Tissue
from sample_scans.truth import phantom_of, phantom_record
from sample_scans.variants import LateralCurve, own_v, table_v
from segmentation.levels import STANDARD, LevelScheme

SCOLIOSIS = Spine(
    curves=(
        LateralCurve(apex_v=10.0, length_mm=130.0, cobb_deg=-20.0),
        LateralCurve(apex_v=15.5, length_mm=160.0, cobb_deg=35.0),
    )
)
DISC_TISSUES = (Tissue.NUCLEUS, Tissue.ANNULUS)


@settings(deadline=None)
@given(s=st.floats(0, 450), a=st.floats(-35, 40), r=st.floats(-25, 25))
def test_local_coordinates_return_in_a_scoliosis(s: float, a: float, r: float) -> None:
    """Local → LPS → local gives the same to 0.3 mm near the spine."""
    assert np.array(SCOLIOSIS.to_local(SCOLIOSIS.to_world(s, a, r))) == pytest.approx([s, a, r], abs=0.3)


def test_arc_length_is_length_in_a_scoliosis() -> None:
    """Points 1 mm apart along a scoliotic axis are 1 mm apart in the patient."""
    steps = np.linalg.norm(np.diff(SCOLIOSIS.to_world(np.arange(0, 450, 1.0)), axis=0), axis=1)
    assert steps == pytest.approx(1.0, abs=0.01)


def test_the_axis_bulges_to_the_side_of_the_curve_and_comes_back() -> None:
    """The apex of a curve of +35° lies 12 to 20 mm to the left, and below the curve the axis is in the midline."""
    apex, below = (SCOLIOSIS.to_world(SCOLIOSIS.s_at(v))[0] for v in (15.5, 22.0))
    assert 12 < apex < 20
    assert below == pytest.approx(0.0, abs=0.1)


def test_the_tilt_of_the_end_vertebrae_is_the_cobb_angle() -> None:
    """The largest and the least lean within a curve differ by its angle."""
    points = SCOLIOSIS.to_world(np.arange(250, 400, 0.5))
    step = np.diff(points, axis=0)
    lean = np.rad2deg(np.arcsin(step[:, 0] / 0.5))
    assert np.ptp(lean) == pytest.approx(35.0, abs=1.0)


def test_a_disc_lies_at_right_angles_to_a_leaning_axis() -> None:
    """Points aside of a disc's middle, at right angles to the axis, are in the disc too."""
    phantom = Phantom(spine=SCOLIOSIS)
    s = SCOLIOSIS.s_at(13.0)
    points = SCOLIOSIS.to_world(s, -20.0, np.linspace(-7, 7, 5))
    assert np.isin(phantom.tissue_at(points), DISC_TISSUES).all()


def test_a_fused_disc_is_bone_and_keeps_its_place_in_the_count() -> None:
    """Where C5-C6 is fused there is no disc, its neighbours are there, and the truth still has its point."""
    phantom = Phantom(spine=Spine(fused=(6,)))
    discs = disc_points(phantom).points
    assert phantom.tissue_at(discs["C5-C6"]) in (Tissue.MARROW, Tissue.VEIN)
    assert phantom.tissue_at(discs["C4-C5"]) in DISC_TISSUES
    assert phantom.tissue_at(discs["C6-C7"]) in DISC_TISSUES
    shorter = level_positions_mm()[8] - level_positions_mm(fused=(6,))[8]
    assert shorter == pytest.approx(5.5)


@pytest.mark.parametrize(
    ("scheme", "lowest", "tip"),
    [
        (LevelScheme(n_thoracic=13), "L5-S1", CONUS_TIP_V + 1),
        (LevelScheme(n_thoracic=11), "L5-S1", CONUS_TIP_V - 1),
        (LevelScheme(n_lumbar=6), "L6-S1", 21.08),
        (LevelScheme(n_lumbar=4), "L4-S1", 20.72),
    ],
)
def test_another_number_of_vertebrae(scheme: LevelScheme, lowest: str, tip: float) -> None:
    """Each disc of the scheme is painted where its point is, and the cord ends as far along the spine as usual."""
    phantom = Phantom(spine=Spine(scheme=scheme))
    points = phantom.discs().points
    assert list(points)[-1] == lowest
    assert np.isin(phantom.tissue_at(list(points.values())[2:]), DISC_TISSUES).all()
    assert own_v(scheme, CONUS_TIP_V) == pytest.approx(tip, abs=0.01)
    assert table_v(scheme, np.array([tip])) == pytest.approx([CONUS_TIP_V], abs=0.01)


def test_a_variant_comes_back_from_its_record() -> None:
    """A phantom made again from the JSON of its record has the same spine."""
    spine = Spine(scheme=LevelScheme(n_lumbar=4), fused=(6, 12), curves=SCOLIOSIS.curves)
    assert phantom_of(json.loads(json.dumps(phantom_record(Phantom(spine=spine))))).spine == spine


def test_the_usual_spine_records_nothing_new() -> None:
    """The record of a usual spine holds what it held before there were variants, so that old truth stays valid."""
    assert set(phantom_record(Phantom())["spine"]) == {"scale", "curve_scale", "sideways_mm", "foramen_magnum_mm"}
    assert (Spine().table_v == Spine().v).all()
    assert Spine().scheme == STANDARD

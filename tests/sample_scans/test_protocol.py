"""Where the slices of a session lie."""

import numpy as np
import pytest

from mri.geometry import Geometry
from mri.study import Plane
from sample_scans.cases import NAMED_PATIENTS, TWO_LESIONS_C2_L1
from sample_scans.patient import Session
from sample_scans.protocol import TYPICAL_PROTOCOL, Prescription, prescribe, sagittal_grid

SESSIONS = [session for patient in NAMED_PATIENTS for session in patient.sessions]


def planned(session: Session) -> list[Prescription]:
    """Return the series of a session."""
    return prescribe(session.phantom, session.stations, TYPICAL_PROTOCOL, session.turn_deg)


@pytest.mark.parametrize("session", SESSIONS)
def test_findings_lie_inside_the_field_of_view(session: Session) -> None:
    """The whole T2 extent of each lesion is inside a sagittal stack, and its body inside an axial one."""
    series = planned(session)
    for lesion in session.phantom.lesions:
        spine = session.phantom.spine
        halo = spine.to_world(np.linspace(*lesion.t2_extent_mm(spine), 20))
        body = spine.to_world(np.linspace(*lesion.extent_mm(spine), 20))
        assert any(p.geometry.contains(halo).all() for p in series if p.sequence.plane is Plane.SAGITTAL)
        assert any(p.geometry.contains(body).all() for p in series if p.sequence.plane is Plane.AXIAL)


@pytest.mark.parametrize("session", SESSIONS)
def test_sagittal_stack_covers_the_cord_from_side_to_side(session: Session) -> None:
    """A centimetre either side of the axis is inside, wherever the axis is in view."""
    for station in session.stations:
        grid = sagittal_grid(session.phantom, station, TYPICAL_PROTOCOL, session.turn_deg)
        spine = session.phantom.spine
        middle = float(spine.s_at(station.centre_v))
        for side_mm in (-10.0, 10.0):
            assert grid.contains(spine.to_world(middle + np.linspace(-120, 120, 25), 0.0, side_mm)).all()


def test_axial_slices_are_square_to_the_cord() -> None:
    """The slice normal of an axial stack is the cord's direction at the lesion, within 2°."""
    session = TWO_LESIONS_C2_L1.sessions[0]
    grids: list[Geometry] = [p.geometry for p in planned(session) if p.sequence.plane is Plane.AXIAL]
    spine = session.phantom.spine
    for grid in grids:
        s, _, _ = spine.to_local(grid.to_world((np.array(grid.shape) - 1) / 2))
        above, below = spine.to_world(np.array([s - 1, s + 1]))
        direction = (above - below) / np.linalg.norm(above - below)
        assert abs(np.dot(grid.axes[2], direction)) > np.cos(np.deg2rad(2))


def test_two_stations_overlap_so_that_discs_can_be_counted_through() -> None:
    """At least two discs are in view of both stations, and C2-C3 of the first."""
    session = TWO_LESIONS_C2_L1.sessions[0]
    grids = [sagittal_grid(session.phantom, s, TYPICAL_PROTOCOL, session.turn_deg) for s in session.stations]
    seen = [{name for name, p in session.phantom.discs().points.items() if grid.contains(p)} for grid in grids]
    assert len(seen[0] & seen[1]) >= 2
    assert "C2-C3" in seen[0]


def test_contrast_medium_is_given_once() -> None:
    """No series without contrast follows one with it."""
    phases = [p.sequence.gadolinium for p in planned(TWO_LESIONS_C2_L1.sessions[0])]
    assert phases == sorted(phases)
    assert any(phases)

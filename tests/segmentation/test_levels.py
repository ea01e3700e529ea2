"""Names and numbers of levels agree with each other and with the convention of the field."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mri.problems import RefusedError
from segmentation.levels import STANDARD, DiscPoints, LevelScale, LevelScheme
from segmentation.spine_table import spine_table


@pytest.mark.parametrize(
    ("name", "value"), [("FM", 1), ("C1-C2", 2), ("C2-C3", 3), ("C7-T1", 8), ("T12-L1", 20), ("L5-S1", 25)]
)
def test_disc_values_are_the_fields(name: str, value: float) -> None:
    """C2-C3 is 3, C7-T1 is 8, T12-L1 is 20."""
    assert STANDARD.disc_value(name) == value
    assert STANDARD.disc_name(int(value)) == name


def test_a_slash_is_accepted() -> None:
    """T4/T5 is what radiologists write."""
    assert STANDARD.disc_value("T4/T5") == STANDARD.disc_value("T4-T5")


def test_t13_shifts_what_is_below() -> None:
    """With a T13 vertebra L1 begins one later."""
    assert LevelScheme(n_thoracic=13).disc_value("T13-L1") == STANDARD.disc_value("T12-L1") + 1


@pytest.mark.parametrize("name", ["C9-C10", "T12-L2", "", "c2-c3"])
def test_unknown_discs_are_refused(name: str) -> None:
    """A name that is no disc is named in the message."""
    with pytest.raises(RefusedError) as refused:
        DiscPoints(points={name: (0.0, 0.0, 0.0)})
    assert refused.value.problems[0].code == "disc_unknown"


@given(st.lists(st.floats(5, 40), min_size=3, max_size=20), st.integers(3, 5), st.floats(0, 1))
def test_scale_is_inverse_of_itself(heights: list[float], first: int, share: float) -> None:
    """From v to arc length and back is the same v, between any discs."""
    s = np.concatenate([[0.0], np.cumsum(heights)])
    v = np.arange(first, first + len(s))
    scale = LevelScale(s_mm=tuple(s), v=tuple(float(x) for x in v))
    wanted = v[0] + share * (v[-1] - v[0])
    assert scale.at(scale.s_at(wanted)) == pytest.approx(wanted)


def test_beyond_the_last_disc_one_level_at_most() -> None:
    """Extrapolation goes one level by the mean of the last two heights, then stops."""
    scale = LevelScale(s_mm=(0.0, 20.0, 44.0), v=(18.0, 19.0, 20.0))
    assert scale.at(44.0 + 11.0) == pytest.approx(20.5)
    assert np.isnan(scale.at(44.0 + 23.0))
    assert np.isnan(scale.at(-1.0))


def test_a_gap_is_refused_with_the_missing_name() -> None:
    """Two discs with one between them missing: it is named."""
    with pytest.raises(RefusedError, match="mark T2-T3"):
        LevelScale(s_mm=(0.0, 40.0), v=(9.0, 11.0))


def test_table_knows_every_level() -> None:
    """The spacing table covers each vertebra above the sacrum, also with a T13."""
    assert len(spine_table().height_mm) == len(STANDARD.vertebrae) - 1
    longer = spine_table(LevelScheme(n_thoracic=13))
    assert len(longer.height_mm) == len(STANDARD.vertebrae)
    assert longer.conus_tip_v == pytest.approx(spine_table().conus_tip_v + 1)
    assert spine_table().position_mm(4.0) == pytest.approx(17 + 22 + 17)


@pytest.mark.parametrize("v", [(1.0, 6.0, 7.0), (2.0, 8.0, 9.0), (2.0, 4.0), (3.0, 5.0)])
def test_a_missing_disc_is_refused_wherever_it_is(v: tuple[float, ...]) -> None:
    """A gap between marks is named, above C2-C3 too."""
    with pytest.raises(RefusedError, match="no disc between"):
        LevelScale(s_mm=tuple(20.0 * k for k in range(len(v))), v=v)


def test_nothing_lies_between_the_foramen_magnum_and_c2_c3_without_c1_c2() -> None:
    """The dens makes C2 tall: without the C1-C2 mark there is no value in between, but there is at both marks."""
    scale = LevelScale(s_mm=(0.0, 40.0, 60.0), v=(1.0, 3.0, 4.0))
    assert np.isnan(scale.at(20.0))
    assert scale.at([0.0, 40.0, 50.0]).tolist() == [1.0, 3.0, 3.5]


def test_a_place_a_hair_above_the_first_disc_is_at_it() -> None:
    """Rounding of single precision leaves a value at the first disc and none further above, and is no extrapolation."""
    scale = LevelScale(s_mm=(10.0, 30.0, 50.0), v=(8.0, 9.0, 10.0))
    assert float(scale.at(10.0 - 1e-4)) == 8.0
    assert np.isnan(scale.at(10.0 - 1e-2))
    assert (scale.is_extrapolated(50.0 + 1e-4), scale.is_extrapolated(50.0 + 1e-2)) == (False, True)


def test_discs_upside_down_are_one_fault() -> None:
    """Where each disc lies above the one before, the file is upside down: said once, not disc by disc."""
    with pytest.raises(RefusedError) as refused:
        LevelScale(s_mm=(90.0, 70.0, 50.0, 30.0), v=(8.0, 9.0, 10.0, 11.0))
    (problem,) = refused.value.problems
    assert (problem.code, "foot to head" in problem.message) == ("discs_out_of_order", True)


def test_an_unknown_disc_is_refused_with_names_of_its_own_spine() -> None:
    """With 13 thoracic vertebrae T12-L1 is no disc, and is not proposed as one."""
    with pytest.raises(RefusedError, match=r"13 thoracic .* T13-L1"):
        LevelScheme(n_thoracic=13).disc_value("T12-L1")

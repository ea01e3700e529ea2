"""Signal of tissues: the order that makes an image T1, T2, STIR or T2*-weighted."""

import itertools

import numpy as np
import pytest

from sample_scans.protocol import AX_GRE, SAG_STIR, SAG_T1, SAG_T1_GD, SAG_T2, TYPICAL_PROTOCOL
from sample_scans.sequences import Sequence, signal, signal_table
from sample_scans.tissue import RELAXATION, Tissue


def level(sequence: Sequence, tissue: Tissue, field_t: float = 1.5) -> float:
    """Return the noiseless grey level of one tissue."""
    return float(signal_table(sequence, field_t)[tissue])


def falling(sequence: Sequence, *tissues: Tissue) -> bool:
    """Return whether each tissue is brighter than the next by a fifth or more."""
    levels = [level(sequence, tissue) for tissue in tissues]
    return all(a > 1.2 * b for a, b in itertools.pairwise(levels))


def test_t1_order() -> None:
    """Fat, marrow, disc and cord, then CSF, then cortical bone; lesions do not show before contrast."""
    assert falling(SAG_T1, Tissue.FAT, Tissue.MARROW, Tissue.NUCLEUS, Tissue.CSF, Tissue.CORTEX)
    assert falling(SAG_T1, Tissue.WHITE, Tissue.CSF)
    assert level(SAG_T1, Tissue.LESION) == pytest.approx(level(SAG_T1, Tissue.WHITE), rel=0.15)


def test_t2_order_and_oedema_half_way() -> None:
    """CSF, oedema, cord, muscle, bone; oedema lies between 0.4 and 0.6 of the way from cord to CSF."""
    assert falling(SAG_T2, Tissue.CSF, Tissue.OEDEMA, Tissue.WHITE, Tissue.MUSCLE, Tissue.CORTEX)
    cord, csf = level(SAG_T2, Tissue.WHITE), level(SAG_T2, Tissue.CSF)
    assert 0.4 < (level(SAG_T2, Tissue.OEDEMA) - cord) / (csf - cord) < 0.6


@pytest.mark.parametrize("field_t", [1.5, 3.0])
def test_stir_nulls_fat_at_either_field(field_t: float) -> None:
    """With the inversion time of the field fat gives less than a tenth of CSF, and oedema outshines cord."""
    stir = next(one for one in TYPICAL_PROTOCOL.at_field(field_t).sequences if one.ti_ms)
    assert level(stir, Tissue.FAT, field_t) < 0.1 * level(stir, Tissue.CSF, field_t)
    assert level(stir, Tissue.OEDEMA, field_t) > 1.3 * level(stir, Tissue.WHITE, field_t)
    assert level(SAG_STIR, Tissue.FAT) < 0.1 * level(SAG_STIR, Tissue.CSF)


def test_gadolinium_shows_lesions_and_leaves_cord_and_csf() -> None:
    """Lesions gain half as much again and more, cord and CSF nothing."""
    for tissue in (Tissue.LESION, Tissue.LESION_STRONG, Tissue.PIAL_METASTASIS):
        assert level(SAG_T1_GD, tissue) > 1.5 * level(SAG_T1, tissue)
    for tissue in (Tissue.WHITE, Tissue.CSF, Tissue.OEDEMA, Tissue.NECROSIS):
        assert level(SAG_T1_GD, tissue) == pytest.approx(level(SAG_T1, tissue))
    assert falling(SAG_T1_GD, Tissue.LESION_STRONG, Tissue.LESION_WEAK, Tissue.WHITE)


def test_blood_blooms_on_gradient_echo() -> None:
    """Hemorrhage is dark on T2*, and bright on T1 before contrast."""
    assert level(AX_GRE, Tissue.HEMORRHAGE) < 0.75 * level(AX_GRE, Tissue.WHITE)
    assert level(SAG_T1, Tissue.HEMORRHAGE) > 1.3 * level(SAG_T1, Tissue.WHITE)


def test_spin_echo_equation() -> None:
    """The signal of white matter equals the equation written out."""
    white = RELAXATION[Tissue.WHITE]
    expected = white.density * (1 - np.exp(-560 / white.t1_ms)) * np.exp(-11 / white.t2_ms)
    assert signal(white, SAG_T1, 1.5) == pytest.approx(expected)


def test_levels_fit_twelve_bits() -> None:
    """No tissue of any sequence comes near the largest grey level, so nothing is clipped."""
    assert max(signal_table(one, 1.5).max() for one in TYPICAL_PROTOCOL.sequences) < 2000

"""An annotation holds only masks that fit their series."""

import numpy as np
import pytest

from mri.problems import RefusedError
from mri.volume import LabelMap
from segmentation.annotation import AUTO, Annotation, Mask
from segmentation.regions import LESION_REGIONS, Region
from tests.segmentation.test_propose import PRE, STUDY
from tests.segmentation.tube import grid


def test_a_mask_on_another_grid_is_refused() -> None:
    """The message names the series and the region."""
    other = grid((5, 5, 5), (1.0, 1.0, 1.0))
    labels = LabelMap(array=np.zeros((5, 5, 5), dtype=np.uint8), geometry=other)
    with pytest.raises(RefusedError, match=f"{PRE.name}, cord by auto"):
        Mask(region=Region.CORD, series=PRE, labels=labels, author=AUTO)


def test_masks_are_found_by_region() -> None:
    """Only the masks of the asked region come back."""
    labels = LabelMap(array=np.zeros(PRE.geometry.shape, dtype=np.uint8), geometry=PRE.geometry)
    masks = tuple(Mask(region=region, series=PRE, labels=labels, author=AUTO) for region in LESION_REGIONS)
    annotation = Annotation(study=STUDY, author=AUTO, masks=masks)
    assert annotation.of_region(Region.T2HYPER) == (masks[1],)
    assert annotation.of_region(Region.CORD) == ()


def test_regions_are_told_apart() -> None:
    """No two regions share a colour or an integer."""
    assert len({region.colour for region in Region}) == len(Region)
    assert len({region.label_id for region in Region}) == len(Region)

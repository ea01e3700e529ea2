"""An image whose slices are not those of its places is refused, however good its grid."""

import gzip
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from mri.convert import convert
from mri.headers import ImageHeader
from mri.nifti import read_geometry
from mri.parameters import DEFAULTS
from mri.problems import RefusedError
from mri.scanning import scan
from mri.stacks import group
from mri.voxels import check_voxels
from tests.mri.dicom_files import COLUMNS, ROWS, SLICES, make_series, save

HEAD = 352
Voxels = NDArray[np.int16]


def converted(tmp_path: Path, **tags: object) -> tuple[tuple[ImageHeader, ...], Path]:
    """Return the headers of a series and its image."""
    (stack,) = group(scan(save(tmp_path / "in", make_series(1, **tags))).headers, DEFAULTS)
    (tmp_path / "out").mkdir()
    return stack.headers, convert(stack, tmp_path / "out", DEFAULTS).image


def swap(voxels: Voxels) -> None:
    """Exchange two slices."""
    voxels[[1, 2]] = voxels[[2, 1]]


def mirror(voxels: Voxels) -> None:
    """Turn every slice over."""
    voxels[:] = voxels[:, :, ::-1].copy()


def alter(voxels: Voxels) -> None:
    """Change one voxel by one."""
    voxels[2, 5, 6] += 1


def test_a_right_image_passes(tmp_path: Path) -> None:
    """Every voxel is the pixel of its place."""
    headers, image = converted(tmp_path)
    assert check_voxels(headers, image, read_geometry(image))


def test_scaled_values_are_compared_as_scaled(tmp_path: Path) -> None:
    """A rescale slope stands in both headers."""
    headers, image = converted(tmp_path, RescaleSlope=2.5, RescaleIntercept=-100)
    assert check_voxels(headers, image, read_geometry(image))


@pytest.mark.parametrize("harm", [swap, mirror, alter])
def test_wrong_voxels_are_refused(tmp_path: Path, harm: Callable[[Voxels], None]) -> None:
    """Two slices exchanged, all turned over, or one voxel off by one: the corners alone would show none of it."""
    headers, image = converted(tmp_path)
    content = bytearray(gzip.decompress(image.read_bytes()))
    harm(np.frombuffer(content, "<i2", offset=HEAD).reshape(SLICES, ROWS, COLUMNS))
    image.write_bytes(gzip.compress(bytes(content)))
    with pytest.raises(RefusedError, match="voxels_differ"):
        check_voxels(headers, image, read_geometry(image))

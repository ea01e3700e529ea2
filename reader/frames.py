"""A point of one series in the coordinates of the others: the same within a frame of reference, else by a transform."""

from collections.abc import Callable

import numpy as np

from mri.geometry import Vector
from mri.study import Series
from reader.cases import OpenCase
from reader.room import Room
from segmentation.frame_links import read_links, transforms_to


def mover(room: Room, case: OpenCase, source: Series) -> Callable[[Vector, Series], Vector | None]:
    """Return what moves points of one series, LPS mm, to another one of the session.

    It gives None where the two lie in different frames of reference and no transform joins them: nothing is guessed.
    """
    links, _ = read_links(room.folder, case.loaded)
    matrices = transforms_to(source, case.loaded.series, links)

    def moved(point_mm: Vector, target: Series) -> Vector | None:
        matrix = matrices.get(target.entities)
        if matrix is not None:
            x, y, z, _ = (float(value) for value in np.linalg.solve(np.array(matrix), [*point_mm, 1.0]))
            return x, y, z
        frames = {source.frame_of_reference, target.frame_of_reference}
        # a frame that nobody stated is taken for the same, as in the measurements
        return point_mm if len(frames) == 1 or "" in frames else None

    return moved

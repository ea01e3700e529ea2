"""One synthetic person: which tissue is at any point, in patient LPS mm."""

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
from numpy.typing import ArrayLike, NDArray

from mri.geometry import Vector
from sample_scans.lesion import PlantedLesion
from sample_scans.paint_bone import paint_bodies, paint_posterior
from sample_scans.paint_canal import in_cord, in_oedema, in_sac, paint_canal
from sample_scans.paint_soft import paint_soft
from sample_scans.shape import F32, Local, columns_of
from sample_scans.spine import Spine
from sample_scans.tissue import TEXTURE, Tissue
from segmentation.levels import DiscPoints
from segmentation.regions import Region

Mask = NDArray[np.bool_]
Painter = Callable[[Local], NDArray[np.uint8]]

_CANAL_REACH_MM = 22.0
"""No part of the sac or its dura is farther from the axis than this (pons included)."""

_BODY_REACH_MM = (-58.0, 2.0)
_POSTERIOR_REACH_MM = (-12.0, 56.0)
_BONE_ASIDE_MM = 44.0
"""Where bone may be, as local ``a`` and ``|r|``: elsewhere it is not looked for."""

_CUBE, _CUBE_STEP_MM, _UNEVENNESS_SEED = 64, 1.2, 1
"""Size of the periodic cube of texture, its step and seed; features of about 3 mm."""

FORAMEN_POINT_MM = -9.0
DENS_POINT_MM = -14.0
"""Where the FM and C1-C2 points are marked, as local ``a``: basion and dens."""


@dataclass(frozen=True)
class Phantom:
    """Anatomy and lesions of one person on one day.

    Attributes
    ----------
    spine : Spine
    lesions : tuple of PlantedLesion
        Rostral to caudal; lesion k of truth and masks is ``lesions[k - 1]``.
    bone_metastases : tuple of int
        Vertebra numbers (C2 is 2, L1 is 20).
    pial_v : tuple of float or None
        Extent of leptomeningeal metastasis on the cord's surface, vertebral coordinates.
    """

    spine: Spine = field(default_factory=Spine)
    lesions: tuple[PlantedLesion, ...] = ()
    bone_metastases: tuple[int, ...] = ()
    pial_v: tuple[float, float] | None = None

    @cached_property
    def _columns(self) -> dict[str, F32]:
        columns = dict(columns_of(self.spine, self.lesions))
        columns["s"] = self.spine.s_mm.astype(np.float32)
        return columns

    def local(self, s: NDArray[np.floating], a: NDArray[np.floating], r: NDArray[np.floating]) -> Local:
        """Return flat local points, looked up in the tables along the axis."""
        flat = [np.ascontiguousarray(k, dtype=np.float32).ravel() for k in (s, a, r)]
        return Local(s=flat[0], a=flat[1], r=flat[2], index=self.spine.table_index(flat[0]), columns=self._columns)

    def tissue_local(self, local: Local) -> NDArray[np.uint8]:
        """Return the tissue (see `Tissue`) of flat local points."""
        tissue = paint_soft(local)
        side = np.abs(local.r) < _BONE_ASIDE_MM
        bodies = side & (local.a > _BODY_REACH_MM[0]) & (local.a < _BODY_REACH_MM[1])
        _put(tissue, bodies, local, lambda near: paint_bodies(near, self.bone_metastases))
        posterior = side & (local.a > _POSTERIOR_REACH_MM[0]) & (local.a < _POSTERIOR_REACH_MM[1])
        _put(tissue, posterior, local, paint_posterior)
        canal = (np.abs(local.a) < _CANAL_REACH_MM) & (np.abs(local.r) < _CANAL_REACH_MM)
        _put(tissue, canal, local, lambda near: paint_canal(near, self.spine, self.lesions, self.pial_v))
        return tissue

    def tissue_at(self, points_mm: ArrayLike) -> NDArray[np.uint8]:
        """Return the tissue at LPS positions in mm, shape (..., 3), as shape (...)."""
        points = np.asarray(points_mm, dtype=float)
        return self.tissue_local(self.local(*self.spine.to_local(points))).reshape(points.shape[:-1])

    @cached_property
    def _unevenness(self) -> F32:
        """Smooth random numbers of unit variance on a periodic cube, the same for every series of a person."""
        from scipy.ndimage import gaussian_filter

        cube = np.random.default_rng(_UNEVENNESS_SEED).standard_normal((_CUBE,) * 3, dtype=np.float32)
        smooth = gaussian_filter(cube, 0.8, mode="wrap")
        even: F32 = (smooth / smooth.std()).astype(np.float32)
        return even

    def texture(self, local: Local, tissue: NDArray[np.uint8]) -> F32:
        """Return the density of flat local points relative to the mean of their tissue."""
        i, j, k = ((x * (1 / _CUBE_STEP_MM)).astype(np.int32) % _CUBE for x in (local.s, local.a + 200, local.r + 200))
        amount = np.array([TEXTURE.get(kind, 0.0) for kind in Tissue], dtype=np.float32)
        relative: F32 = 1 + amount[tissue] * self._unevenness[i, j, k]
        return relative

    def inside(self, region: Region, points_mm: ArrayLike, lesion: int | None = None) -> Mask:
        """Return whether LPS positions in mm, shape (..., 3), lie in a planted region.

        Parameters
        ----------
        region : Region
            Cord, canal, enhancing, t2hyper, cyst or hemorrhage.
        points_mm : array_like
        lesion : int, optional
            Number of the lesion, from 1, for the regions that belong to one; none means any lesion.
        """
        points = np.asarray(points_mm, dtype=float)
        local = self.local(*self.spine.to_local(points))
        return self.inside_local(region, local, lesion).reshape(points.shape[:-1])

    def inside_local(self, region: Region, local: Local, lesion: int | None = None) -> Mask:
        """Return whether flat local points lie in a planted region; see `inside`."""
        if region in (Region.CORD, Region.CANAL):
            found = in_cord(local) if region is Region.CORD else in_sac(local)
            return found & (local.s >= 0)
        wanted = self.lesions if lesion is None else (self.lesions[lesion - 1],)
        found = np.zeros(local.s.shape, dtype=bool)
        for one in wanted:
            found |= self._in_lesion_region(region, one, local)
        return found

    def _in_lesion_region(self, region: Region, lesion: PlantedLesion, local: Local) -> Mask:
        depth = lesion.depth_mm(self.spine, local.s, local.a, local.r)
        body: Mask = (depth > 0) & in_sac(local)
        if region is Region.ENHANCING:
            return body if lesion.enhances else np.zeros_like(body)
        if region is Region.T2HYPER:
            bright: Mask = (body | in_oedema(lesion, self.spine, local)) & in_cord(local)
            if lesion.hemorrhage:
                bright &= ~(body & self._made_of(Tissue.HEMORRHAGE, lesion, local, depth))
            return bright
        tissue = Tissue.CYST if region is Region.CYST else Tissue.HEMORRHAGE
        return body & self._made_of(tissue, lesion, local, depth)

    def _made_of(self, tissue: Tissue, lesion: PlantedLesion, local: Local, depth: F32) -> Mask:
        made: Mask = lesion.tissue(self.spine, local.s, local.a, local.r, depth) == tissue
        return made

    def discs(self) -> DiscPoints:
        """Return the planted disc centres in LPS mm, and the FM and C1-C2 points."""
        points: dict[str, Vector] = {}
        for value, s in enumerate(self.spine.level_s_mm, start=1):
            local = self.local(np.array([s]), np.zeros(1), np.zeros(1))
            middle = local["sac_off"] - local["sac_ap"] - local["depth"] / 2
            a = {1: FORAMEN_POINT_MM, 2: DENS_POINT_MM}.get(value, float(middle[0]))
            x, y, z = (float(k) for k in self.spine.to_world(s, a))
            points[self.spine.scheme.disc_name(value)] = (x, y, z)
        return DiscPoints(points=points, scheme=self.spine.scheme)


def _put(tissue: NDArray[np.uint8], where: Mask, local: Local, painter: Painter) -> None:
    """Paint some of the points; what the painter leaves AIR stays as it was."""
    near = np.flatnonzero(where)
    if len(near):
        painted = painter(local.subset(near))
        kept = painted != Tissue.AIR
        tissue[near[kept]] = painted[kept]

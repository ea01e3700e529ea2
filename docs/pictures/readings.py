"""Pictures of the suggested readings: painted images of made lesions, with the words and numbers that they give."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import cache

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from docs.pictures import spine
from docs.pictures.draw import CORD, ENHANCING, FAINT, INK, bare, figure, plain
from docs.pictures.spine import AX_GD, SAG_GD, SAG_T1, SAG_T2, Shape, ball, case, drawn, number, tube
from docs.pictures.spine import CORD as CORD_SHAPE
from features.expansion import area_norm
from mri.study import Series
from mri.volume import Volume
from segmentation.regions import Region

Objects = Sequence[tuple[Shape, float]]
Row = Mapping[str, object]
LESION = tube(12.0, -12.0, 3.2)
HALO = tube(24.0, -24.0, 4.0)
CORD_T1, CORD_T2, FLUID_T1, FLUID_T2 = 100.0, 100.0, 50.0, 330.0
"""Grey levels that are painted."""
AROUND_MM, ALONG_MM = 9.0, 22.0


def looked_at(
    lesion: Shape = LESION, *, gd: Objects, t1: Objects = (), t2: Objects = (), cord: Shape = CORD_SHAPE
) -> tuple[Row, Mapping[str, Volume]]:
    """Return the row of a lesion with its suggestions, and the images, painted over cord and fluid."""
    halo = (HALO, 140.0)
    images = {
        SAG_GD.name: spine.painted(SAG_GD, FLUID_T1, [(cord, CORD_T1), *gd]),
        AX_GD.name: spine.painted(AX_GD, FLUID_T1, [(cord, CORD_T1), *gd]),
        SAG_T1.name: spine.painted(SAG_T1, FLUID_T1, [(cord, CORD_T1), *t1]),
        SAG_T2.name: spine.painted(SAG_T2, FLUID_T2, [(cord, CORD_T2), halo, (lesion, 170.0), *t2]),
    }
    masks = [drawn(Region.ENHANCING, series, lesion) for series in (SAG_GD, AX_GD)]
    masks += [drawn(Region.T2HYPER, SAG_T2, HALO), drawn(Region.CORD, SAG_T1, cord)]
    one = case(masks[:-1], images, [SAG_T1])
    (row,), _ = spine.measured(one)
    return row, images


def sagittal(axes: Axes, volume: Volume, title: str, white: float) -> None:
    """Show the middle slice of a sagittal image around the origin."""
    geometry = volume.geometry
    first = geometry.to_world([-0.5, -0.5, 0])
    last = geometry.to_world([n - 0.5 for n in geometry.shape])
    middle = volume.array[:, :, geometry.shape[2] // 2].T
    extent = (first[1], last[1], last[2], first[2])
    axes.imshow(middle, cmap="gray", vmin=0, vmax=white, extent=extent, interpolation="nearest")
    bare(axes, title).set(xlim=(-AROUND_MM, AROUND_MM), ylim=(-ALONG_MM, ALONG_MM))


def axial(axes: Axes, volume: Volume, title: str, white: float) -> None:
    """Show the middle slice of an axial image, seen from below: the patient's right on the left."""
    middle = volume.array[:, :, volume.geometry.shape[2] // 2].T
    half_x, half_y = (n * d / 2 for n, d in zip(volume.geometry.shape[:2], volume.geometry.spacing_mm[:2], strict=True))
    extent = (-half_x, half_x, half_y, -half_y)
    axes.imshow(middle, cmap="gray", vmin=0, vmax=white, extent=extent, interpolation="nearest")
    bare(axes, title).set(xlim=(-AROUND_MM, AROUND_MM), ylim=(AROUND_MM, -AROUND_MM))


def word(row: Row, name: str) -> str:
    """Return a suggestion as words."""
    return str(row[f"{name}_suggested"]).replace("_", " ")


def position() -> Figure:
    """Draw a central, an eccentric and an exophytic lesion across the cord."""
    made, axes = figure(3, width=2.0, height=2.4)
    for panel, x in zip(axes, (0.0, 2.2, 4.4), strict=True):
        lesion = tube(12.0, -12.0, 2.6, x=x)
        row, images = looked_at(lesion, gd=[(lesion, 260.0)])
        said = f"{number(row, 'position_eccentricity'):.2f} off, {number(row, 'position_outside_fraction'):.0%} outside"
        axial(panel, images[AX_GD.name], f"{word(row, 'position')}\n{said}", 280)
        turn = np.linspace(0, 2 * np.pi, 90)
        panel.plot(spine.CORD_MM * np.cos(turn), spine.CORD_MM * np.sin(turn), color=CORD, linewidth=0.8)
    return made


def cord_expansion() -> Figure:
    """Draw the area of a drawn cord that is wider at the lesion, beside the norm of each level."""

    def wide(points):  # type: ignore[no-untyped-def]
        radius = 4.2 + 0.7 * np.exp(-0.5 * (points[..., 2] / 9.0) ** 2)
        away = np.hypot(points[..., 0], points[..., 1] - spine.middle_y(points[..., 2]))
        return (away <= radius) & (np.abs(points[..., 2]) <= 70)

    mask = drawn(Region.CORD, SAG_T2, wide)
    one = case([drawn(Region.ENHANCING, SAG_GD, LESION)])
    masks = tuple(mask if m.region is Region.CORD else m for m in one.masks)
    (row,), _ = spine.measured(replace(one, masks=masks))
    geometry = SAG_T2.geometry
    area = mask.labels.array.astype(bool).sum(axis=(0, 2)) * geometry.spacing_mm[0] * geometry.spacing_mm[2]
    z = geometry.to_world(np.array([[0, k, 0] for k in range(geometry.shape[1])]))[:, 2]
    inside = np.abs(z) < 60
    v = 8 + (60.0 - z) / spine.LEVEL_MM
    mean, sd = area_norm(v[inside])
    made, (axes,) = figure(width=4.2, height=2.6)
    axes.fill_between(v[inside], mean - sd, mean + sd, color=FAINT, alpha=0.4, label="norm ± 1 SD")
    axes.plot(v[inside], area[inside], color=INK, linewidth=0.8, label="drawn cord, slice by slice")
    axes.axvspan(11 - 0.6, 11 + 0.6, color=ENHANCING, alpha=0.3, label="lesion")
    axes.legend(frameon=False)
    said = f"ratio {number(row, 'cord_area_ratio'):.2f}, z {number(row, 'cord_area_z'):.1f}: expansion {_plain(row)}"
    plain(axes, said, "vertebral coordinate (T1 begins at 8)", "area, mm²").set_ylim(bottom=0)
    return made


def _plain(row: Row) -> str:
    return str(row["cord_expansion_suggested"] or row["cord_expansion"])


@cache
def _usual() -> tuple[Row, Mapping[str, Volume]]:
    return looked_at(gd=[(LESION, 260.0)], t1=[(LESION, 78.0)])


def signal() -> Figure:
    """Draw the grey levels of a lesion and of normal cord on T2 and T1."""
    row, images = _usual()
    made, axes = figure(2, width=2.8, height=2.2)
    for panel, name, series in zip(axes, ("t2_signal", "t1_signal"), (SAG_T2, SAG_T1), strict=True):
        points = spine.positions(series.geometry)
        apart = tube(60.0, 36.0, 4.0)(points) | tube(-36.0, -60.0, 4.0)(points)
        inner = tube(10.0, -10.0, 2.2)(points)
        values = images[series.name].array
        bins = np.linspace(50, 200, 30)
        panel.hist(values[apart], bins, density=True, histtype="stepfilled", color=CORD, label="cord")
        panel.hist(values[inner], bins, density=True, histtype="stepfilled", color=ENHANCING, alpha=0.8, label="lesion")
        said = f"{name}: {word(row, name)}\nratio {number(row, f'{name}_ratio'):.2f}, z {number(row, f'{name}_z'):.1f}"
        plain(panel, said, "grey level", "").set_yticks([])
    axes[0].legend(frameon=False)
    return made


def _three(row: Row, images: Mapping[str, Volume], titles: tuple[str, str, str]) -> Figure:
    made, axes = figure(3, width=1.5, height=3.2)
    shown: tuple[tuple[Series, float], ...] = ((SAG_T2, 340.0), (SAG_T1, 180.0), (SAG_GD, 280.0))
    for panel, (series, white), title in zip(axes, shown, titles, strict=True):
        sagittal(panel, images[series.name], title, white)
    return made


def cystic_change() -> Figure:
    """Draw a cyst in a lesion: as bright as fluid on T2, dark on T1, not enhancing."""
    cyst = ball((0, 0, 2), (2.2, 2.4, 4.5))
    row, images = looked_at(gd=[(LESION, 260.0), (cyst, 60.0)], t1=[(cyst, 60.0)], t2=[(cyst, FLUID_T2)])
    said = f"T1: {int(number(row, 'cyst_voxels'))} voxels,\n{number(row, 'cyst_size_mm'):.1f} mm"
    return _three(row, images, (f"T2: cyst\n{word(row, 'cystic_change')}", said, "T1 + Gd\n"))


def hemorrhage() -> Figure:
    """Draw blood in a lesion: bright on T1 where nothing enhances."""
    blood = ball((0, 0, -3), (2.4, 2.4, 4.0))
    row, images = looked_at(gd=[(LESION, 260.0), (blood, 165.0)], t1=[(blood, 165.0)], t2=[(blood, 90.0)])
    titles = (f"T2: blood\n{word(row, 'hemorrhage')}", f"T1: z {number(row, 'hemorrhage_t1_z'):.0f}\n", "T1 + Gd\n")
    return _three(row, images, titles)


def enhancement_pattern() -> Figure:
    """Draw the four patterns across the cord, with the word that each gives."""
    core, patches = tube(10.0, -10.0, 1.9), [(tube(9.0, -9.0, 1.0, x=1.7, y=0.6), 140.0)]
    patches.append((tube(9.0, -9.0, 1.0, x=-1.2, y=-1.4), 150.0))
    painted: tuple[Objects, ...] = (
        [(LESION, 260.0)],
        [(LESION, 260.0), *patches],
        [(LESION, 260.0), (core, 120.0)],
        [(LESION, 103.0)],
    )
    made, axes = figure(4, width=1.7, height=2.3)
    for panel, gd in zip(axes, painted, strict=True):
        row, images = looked_at(gd=gd)
        core_e, shell_e = row["enh_core_fraction"], row["enh_shell_fraction"]
        said = "" if core_e is None else f"core {float(str(core_e)):.2f}, shell {float(str(shell_e)):.2f}"
        axial(panel, images[AX_GD.name], f"{word(row, 'enhancement_pattern')}\n{said}", 280)
    return made


def rim_sign() -> Figure:
    """Draw an evenly enhancing lesion and one with a thin brighter rim."""
    # the edge shares its voxels with cord, as in any image
    even = [(LESION, 245.0), (tube(12.0, -12.0, 2.5), 262.0)]
    rimmed = [(LESION, 275.0), (tube(11.0, -11.0, 2.1), 248.0)]
    made, axes = figure(2, width=2.2, height=2.5)
    for panel, gd in zip(axes, (even, rimmed), strict=True):
        row, images = looked_at(gd=gd)
        said = f"shell : core = {number(row, 'rim_shell_core_ratio'):.3f}"
        axial(panel, images[AX_GD.name], f"rim {word(row, 'rim_sign')}\n{said}", 290)
    return made


def flame_sign() -> Figure:
    """Draw a lesion with sharp poles, and one that tapers upwards like a flame."""

    def flame(points):  # type: ignore[no-untyped-def]
        radius = 3.2 * np.clip((16.0 - points[..., 2]) / 8.0, 0, 1)
        away = np.hypot(points[..., 0], points[..., 1] - spine.middle_y(points[..., 2]))
        return (away <= radius) & (points[..., 2] >= 6) & (points[..., 2] <= 16)

    def whole(points):  # type: ignore[no-untyped-def]
        return flame(points) | tube(8.0, -12.0, 3.2)(points)

    made, axes = figure(2, width=1.9, height=3.4)
    for panel, lesion in zip(axes, (LESION, whole), strict=True):
        row, images = looked_at(lesion, gd=[(lesion, 260.0)])
        said = "\n".join(
            f"{end}: taper {number(row, f'flame_{end}_taper_mm'):.1f} mm" for end in ("superior", "inferior")
        )
        sagittal(panel, images[SAG_GD.name], f"flame {word(row, 'flame_sign')}\n{said}", 280)
    return made

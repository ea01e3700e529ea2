"""Pictures of counts, extents in vertebral levels, ratios, regions, coverage and follow-up."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from docs.pictures import spine
from docs.pictures.draw import CORD, ENHANCING, FAINT, INK, T2, bare, figure, plain, strip
from docs.pictures.sizes import course, sagittal_mask
from docs.pictures.spine import QUICK, SAG_GD, SAG_T2, Shape, ball, case, drawn, number, tube
from features import measure_case
from features.diameters import measured_places
from features.extent import Segments, segments
from features.followup import follow_up
from features.parameters import FeatureParameters
from features.regions import REGIONS, region_intervals
from mri.study import StudyId
from segmentation.levels import STANDARD
from segmentation.regions import Region

WAYS: dict[str, Callable[[Segments], float]] = {
    "frac": lambda one: one.frac,
    "half": lambda one: one.half,
    "count": lambda one: one.count,
    "touched": lambda one: one.touched,
}
STYLES = {"frac": ":", "half": "-.", "count": "-", "touched": "--"}
PLACEMENTS = np.linspace(0, 1, 101)[:-1]
SHOWN_V = (8, 14)
"""T1 to T6."""


def count() -> Figure:
    """Draw three parts of a binary mask: two are near enough to be one by a voxel."""
    shapes = (tube(45.5, 35.5, 3.0), tube(34.5, 24.5, 3.0), tube(-14.0, -27.0, 2.5))

    def together(points):  # type: ignore[no-untyped-def]
        return np.any([shape(points) for shape in shapes], axis=0)

    one = case([drawn(Region.ENHANCING, SAG_GD, together)])
    rows, patient = spine.measured(one)
    made, (axes,) = figure(width=3.4, height=3.6)
    bare(axes, f"a binary mask: n_lesions = {patient['n_lesions']}")
    sagittal_mask(axes, drawn(Region.CORD, SAG_T2, spine.CORD).labels.array, CORD, fill=0.15)
    sagittal_mask(axes, drawn(Region.ENHANCING, SAG_GD, together).labels.array, ENHANCING)
    for row, place in zip(rows, (shapes if len(rows) == len(shapes) else shapes[1:]), strict=True):
        z = float(np.mean(spine.positions(SAG_GD.geometry)[place(spine.positions(SAG_GD.geometry))][:, 2]))
        flags = [flag for flag in str(row["flags"]).split(";") if flag.endswith("_suspect")]
        axes.text(8, z, f"lesion {row['lesion_id']}" + "".join(f"\n{flag}" for flag in flags), va="center")
    axes.set(xlim=(-24, 30), ylim=(-36, 52))
    return made


def segments_of(levels: float) -> list[Segments]:
    """Return a region so many levels long at many placements against the discs."""
    return [segments(9.0 + shift, 9.0 + shift + levels, STANDARD, FeatureParameters()) for shift in PLACEMENTS]


def segment_counts() -> Figure:
    """Draw the four counts of a region two levels long as it is moved over one level."""
    made, (axes,) = figure(width=4.2, height=2.6)
    found = segments_of(2.0)
    for name, way in WAYS.items():
        axes.plot(PLACEMENTS, [way(one) for one in found], STYLES[name], color=INK, label=f"seg_{name}")
    axes.set(ylim=(0, 4), xlim=(0, 1))
    axes.legend(frameon=False, ncols=2, loc="lower right")
    plain(axes, "a region two levels long", "upper end: part of a level below a disc", "levels")
    return made


def cut_off() -> Figure:
    """Draw in which share of placements a region reaches three levels, by its length."""
    lengths = np.arange(1.0, 4.01, 0.05)
    made, (axes,) = figure(width=4.2, height=2.6)
    for name, way in WAYS.items():
        share = [np.mean([way(one) >= 3 - 1e-9 for one in segments_of(length)]) for length in lengths]
        axes.plot(lengths, share, STYLES[name], color=INK, label=f"seg_{name} ≥ 3")
    axes.legend(frameon=False)
    plain(axes, "3 levels or more", "true length, levels", "share of placements")
    return made


def t2_extent() -> Figure:
    """Draw two regions of T2 hyperintensity that a lesion bridges."""
    lesion = ball((0, 0, 5), (3, 3, 9))
    upper, lower = tube(46.0, 12.0, 4.0), tube(-1.0, -30.0, 4.0)

    def both(points):  # type: ignore[no-untyped-def]
        return upper(points) | lower(points)

    one = case([drawn(Region.ENHANCING, SAG_GD, lesion), drawn(Region.T2HYPER, SAG_T2, both)])
    (row,), _ = spine.measured(one)
    made, (axes,) = figure(width=3.4, height=3.6)
    bare(axes, f"t2_levels {row['t2_levels']}, t2_bridged {int(bool(row['t2_bridged']))}")
    sagittal_mask(axes, drawn(Region.CORD, SAG_T2, spine.CORD).labels.array, CORD, fill=0.15)
    sagittal_mask(axes, drawn(Region.T2HYPER, SAG_T2, both).labels.array, T2)
    sagittal_mask(axes, drawn(Region.ENHANCING, SAG_GD, lesion).labels.array, ENHANCING)
    course(axes, measured_places(one, QUICK).lesions[1].t2_course, f"{number(row, 't2_length_mm'):.1f} mm")
    for name, point in spine.discs().points.items():
        axes.annotate(name, point[1:], xytext=(-4, 0), textcoords="offset points", ha="right", va="center")
        axes.plot([point[1], point[1] + 3], [point[2]] * 2, color=INK, linewidth=0.8)
    axes.set(xlim=(-40, 24), ylim=(-44, 56))
    return made


def _levels_strip(axes: Axes) -> None:
    first, last = SHOWN_V
    strip(axes, [STANDARD.vertebra_at(k) for k in range(first, last)], first)


def ratio() -> Figure:
    """Draw both extents of a lesion on the level strip, with the three ratios."""
    lesion, halo = tube(28.0, 5.0, 3.0), tube(46.0, -12.0, 4.0)
    one = case([drawn(Region.ENHANCING, SAG_GD, lesion), drawn(Region.T2HYPER, SAG_T2, halo)])
    (row,), _ = spine.measured(one)
    made, (axes,) = figure(width=3.6, height=2.8)
    _levels_strip(axes)
    for x, stem, colour in ((0.2, "t2", T2), (1.2, "enh", ENHANCING)):
        low, high = number(row, f"{stem}_v_from"), number(row, f"{stem}_v_to")
        axes.bar(x, high - low, 0.6, low, color=colour)
        axes.text(x, low - 0.15, "T2" if stem == "t2" else "Gd", ha="center")
    said = [
        f"{name}: {number(row, f't2_{of}'):.{n}f} : {number(row, f'enh_{of}'):.{n}f} = {number(row, name):.2f}"
        for name, of, n in (
            ("ratio_length", "length_mm", 1),
            ("ratio_segments", "seg_frac", 2),
            ("ratio_seg_count", "seg_count", 0),
        )
    ]
    axes.text(2.0, 11.0, "\n".join(said), va="center")
    axes.set_xlim(-1.6, 9)
    return made


def regions() -> Figure:
    """Draw where each region of the cord begins and ends in both schemes."""
    made, axes = figure(2, width=1.9, height=3.6)
    tip = FeatureParameters().assumed_conus_tip_v
    names = [STANDARD.vertebra_at(k) for k in range(1, 22)]
    for panel, scheme in zip(axes, ("cord_segment", "vertebral"), strict=True):
        strip(panel, names, 1)
        found = region_intervals(tip, replace(FeatureParameters(), region_scheme=scheme))  # type: ignore[arg-type]
        for shade, name in zip(("#56B4E9", "#E69F00", "#009E73", "#CC79A7"), REGIONS, strict=True):
            low, high = max(found[name][0], 1.0), min(found[name][1], tip)
            if high > low:
                panel.bar(0.5, high - low, 0.7, low, color=shade)
                panel.text(0.5, (low + high) / 2, name, ha="center", va="center")
        panel.set_xlim(-1.6, 1.2)
        panel.set_title(scheme, fontsize=8)
    return made


def longest() -> Figure:
    """Draw two lesions, of which one is the longer by enhancement and the other by T2."""
    shapes = (tube(44.0, 26.0, 3.0), tube(-8.0, -20.0, 3.0))
    halos = (tube(48.0, 22.0, 4.0), tube(12.0, -40.0, 4.0))
    one = case([drawn(Region.ENHANCING, SAG_GD, *shapes), drawn(Region.T2HYPER, SAG_T2, *halos)])
    rows, patient = spine.measured(one)
    made, (axes,) = figure(width=3.6, height=2.8)
    _levels_strip(axes)
    for k, row in enumerate(rows):
        for x, stem, colour in ((0.2, "t2", T2), (1.0, "enh", ENHANCING)):
            low, high = number(row, f"{stem}_v_from"), number(row, f"{stem}_v_to")
            axes.bar(x + 2.6 * k, high - low, 0.6, low, color=colour)
            axes.text(x + 2.6 * k, low - 0.15, "T2" if stem == "t2" else "Gd", ha="center")
        axes.text(0.6 + 2.6 * k, 8.05, f"lesion {row['lesion_id']}", ha="center", va="top")
    said = [f"{name}: {patient[name]}" for name in ("longest_enh_lesion_id", "longest_t2_lesion_id")]
    said += [f"{name}: {number(patient, name):.1f}" for name in ("enh_length_mm_max", "t2_length_mm_max")]
    axes.text(4.8, 11.0, "\n".join(said), va="center")
    axes.set_xlim(-1.6, 12)
    return made


def coverage() -> Figure:
    """Draw the levels that a session with a short series after contrast shows."""
    gd = replace(SAG_GD, geometry=spine.grid(SAG_GD.plane, (14.0, 24.0, 32.0)))
    one = case([drawn(Region.ENHANCING, gd, tube(14.0, 2.0, 3.0))])
    _, patient = spine.measured(one)
    made, (axes,) = figure(width=3.4, height=2.8)
    _levels_strip(axes)
    for x, name, colour in ((0.2, "coverage_t2_levels", T2), (1.2, "coverage_gd_levels", ENHANCING)):
        first, last = str(patient[name]).split("-")
        low, high = STANDARD.vertebra_number(first), STANDARD.vertebra_number(last) + 1
        axes.bar(x, high - low, 0.6, low, color=colour)
        axes.text(x, low + 0.3, "T2" if colour is T2 else "Gd", ha="center", va="center")
    said = [f"{name}: {patient[name]}" for name in ("coverage_t2_levels", "coverage_gd_levels", "coverage_gd")]
    axes.text(2.0, 11.0, "\n".join([*said, f"has_axial_t2: {int(bool(patient['has_axial_t2']))}"]), va="center")
    axes.set_xlim(-1.6, 8)
    return made


def followed_up() -> Figure:
    """Draw two sessions side by side: a lesion that has grown, one that is gone, one that is new."""
    before = (tube(46.0, 34.0, 3.0), tube(8.0, -2.0, 3.0))
    after = (tube(50.0, 30.0, 3.0), tube(-26.0, -36.0, 3.0))
    sessions = [_session(k, shapes) for k, shapes in enumerate((before, after), start=1)]
    made, (axes,) = figure(width=3.6, height=2.8)
    _levels_strip(axes)
    for k, session in enumerate(follow_up(sessions, parameters=QUICK)):
        axes.text(0.3 + 2.6 * k, 8.3, f"session {k + 1}", ha="center")
        for row in session.lesions:
            low, high = number(row, "enh_v_from"), number(row, "enh_v_to")
            axes.bar(0.3 + 2.6 * k, high - low, 0.6, low, color=ENHANCING)
            status = row["followup_status"] or row.get("followup_status_suggested") or ""
            axes.text(0.75 + 2.6 * k, (low + high) / 2, f"{row['lesion_id']} {status}", va="center")
        gone = session.patient["followup_gone_ids"]
        if gone:
            axes.text(0.75 + 2.6 * k, 10.6, f"gone: {gone}", va="center", color=FAINT)
    axes.set_xlim(-1.6, 6)
    return made


def _session(k: int, shapes: tuple[Shape, ...]):  # type: ignore[no-untyped-def]
    one = case([drawn(Region.ENHANCING, SAG_GD, *shapes)])
    named = replace(one, study=StudyId(participant="made", session=f"0{k}"), mri_date=date(2020, k, 1))
    return measure_case(named, QUICK)

"""How the pictures of the documentation are drawn: plain axes, and colours that every eye can tell apart."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib import rc_context
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection
from matplotlib.figure import Figure
from numpy.typing import NDArray

from mri.geometry import FloatArray
from segmentation.regions import Region

CORD, ENHANCING, T2 = Region.CORD.colour, Region.ENHANCING.colour, Region.T2HYPER.colour
INK, FAINT, RULER = "#1b1f24", "#9aa5b1", "#D55E00"
_STYLE: dict[Any, Any] = {"svg.fonttype": "none", "svg.hashsalt": "iscm", "font.size": 8, "font.family": "sans-serif"}
DOTS = 150
"""Per inch, of what is drawn as pixels: many small edges are larger as lines."""
_NO_DATE: dict[str, Any] = {"Date": None, "Creator": None}


def figure(columns: int = 1, width: float = 2.6, height: float = 2.6) -> tuple[Figure, list[Axes]]:
    """Return a figure with a row of axes; sizes in inches of one."""
    made = Figure(figsize=(columns * width, height), layout="constrained")
    return made, [made.add_subplot(1, columns, k + 1) for k in range(columns)]


def save(made: Figure, path: Path) -> None:
    """Write a figure as SVG, the same bytes each time."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with rc_context(_STYLE):
        made.savefig(path, format="svg", metadata=_NO_DATE, dpi=DOTS)


def plain(axes: Axes, title: str, x: str = "", y: str = "") -> Axes:
    """Write the title and the names of the axes, and leave the frame out."""
    axes.set_title(title, fontsize=8)
    axes.set_xlabel(x)
    axes.set_ylabel(y)
    axes.spines[["top", "right"]].set_visible(False)
    return axes


def bare(axes: Axes, title: str) -> Axes:
    """Write the title; equal scales and nothing else: a picture in mm."""
    axes.set_title(title, fontsize=8)
    axes.set_aspect("equal")
    axes.set_axis_off()
    return axes


def pixels(
    axes: Axes, shape: NDArray[np.bool_], extent: tuple[float, float, float, float], colour: str, fill: float = 0.35
) -> None:
    """Draw a mask (rows down, columns right) as its pixels, with its edge; extent is left, right, bottom, top."""
    from matplotlib.colors import to_rgb

    layer = np.zeros((*shape.shape, 4))
    layer[..., :3], layer[..., 3] = to_rgb(colour), np.where(shape, fill, 0.0)
    axes.imshow(layer, extent=extent, interpolation="nearest", origin="upper", zorder=2)
    axes.add_collection(_edges(shape, extent, colour))


def _edges(shape: NDArray[np.bool_], extent: tuple[float, float, float, float], colour: str) -> LineCollection:
    """Return the sides of pixels between a mask and what lies around it."""
    left, right, bottom, top = extent
    x = np.linspace(left, right, shape.shape[1] + 1)
    y = np.linspace(top, bottom, shape.shape[0] + 1)
    padded = np.pad(shape, 1)
    level = np.argwhere(padded[1:, 1:-1] != padded[:-1, 1:-1])
    upright = np.argwhere(padded[1:-1, 1:] != padded[1:-1, :-1])
    lines = [[(x[c], y[r]), (x[c + 1], y[r])] for r, c in level]
    lines += [[(x[c], y[r]), (x[c], y[r + 1])] for r, c in upright]
    return LineCollection(lines, colors=[colour], linewidths=0.8, zorder=3, rasterized=True)


def ruler(
    axes: Axes, ends: FloatArray, text: str, *, colour: str = RULER, tick: float = 0.8, above: bool = False
) -> None:
    """Draw a distance with end marks and its number, beside it or above it; ends (2, 2) in the units of the axes."""
    along = (ends[1] - ends[0]) / np.linalg.norm(ends[1] - ends[0])
    across = np.array([-along[1], along[0]]) * tick
    axes.plot(*ends.T, color=colour, linewidth=1.4, zorder=5)
    for end in ends:
        axes.plot(*np.array([end - across, end + across]).T, color=colour, linewidth=1.4, zorder=5)
    if above:
        end = ends[np.argmin(ends[:, 1])]
        axes.annotate(text, end, (0, 6), textcoords="offset points", ha="center", color=colour, zorder=6)
        return
    is_upright = abs(along[0]) < abs(along[1]) / 10
    place = ends.mean(axis=0) if is_upright else max(ends, key=lambda end: float(end[0]))
    axes.annotate(text, place, (5, 0), textcoords="offset points", va="center", color=colour, zorder=6)


def strip(axes: Axes, names: Sequence[str], first: float) -> None:
    """Draw the vertebral levels as rows from above downwards; y is the vertebral coordinate."""
    for k, name in enumerate(names):
        axes.axhspan(first + k, first + k + 1, color="#eef2f5" if k % 2 else "#ffffff", zorder=0)
        axes.axhline(first + k, color=FAINT, linewidth=0.5, zorder=1)
        axes.text(-0.6, first + k + 0.5, name, va="center", ha="right")
    axes.set_ylim(first + len(names), first)
    axes.set_axis_off()

"""What one author has drawn and found in one session."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from mri.problems import Problem, RefusedError, error
from mri.study import Series, StudyId
from mri.volume import LabelMap
from segmentation.findings import Findings
from segmentation.levels import DiscPoints
from segmentation.regions import Region

AUTO = "auto"
"""Author of what the program proposes."""
CONSENSUS = "consensus"
"""Author of what two readers agreed on."""
RESERVED = frozenset({AUTO, CONSENSUS})


def is_reserved(name: str) -> bool:
    """Return whether a name stands for no person or program of its own, however it is written.

    File systems that do not tell capitals apart would mix ``AUTO`` with ``auto``.
    """
    return name.casefold() in RESERVED


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Mask:
    """One structure drawn on one series.

    Attributes
    ----------
    region : Region
    series : Series
        The series it was drawn on; the mask has its grid.
    labels : LabelMap
        Integer k is lesion k in every mask of a session; a cord mask is 0 and 1.
    author : str
    provenance : mapping
        How it was made: method, parameters, scores, flags (JSON values).
    """

    region: Region
    series: Series
    labels: LabelMap
    author: str
    provenance: Mapping[str, object] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if not self.labels.geometry.same_grid(self.series.geometry):
            raise RefusedError(
                error(
                    "mask_other_grid",
                    f"{self.series.name}, {self.region.value} by {self.author}",
                    "the mask is not on the grid of its series; resample it to that series (nearest neighbour)",
                )
            )


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Annotation:
    """Everything one author has said of one session.

    Attributes
    ----------
    study : StudyId
    author : str
    masks : tuple of Mask
    discs : DiscPoints or None
    findings : Findings or None
    problems : tuple of Problem
        What could not be read; the rest is usable.
    """

    study: StudyId
    author: str
    masks: tuple[Mask, ...] = ()
    discs: DiscPoints | None = None
    findings: Findings | None = None
    problems: tuple[Problem, ...] = ()

    def of_region(self, region: Region) -> tuple[Mask, ...]:
        """Return the masks of one structure."""
        return tuple(mask for mask in self.masks if mask.region is region)

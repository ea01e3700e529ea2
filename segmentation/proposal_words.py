"""What each flag of a proposal says to a person, as warnings."""

from collections.abc import Iterable, Iterator

from mri.problems import Problem, warning
from segmentation.cord import AREA_JUMP, FAR_CLICK, LOW_SCORE, THICK_SLICES
from segmentation.disc_borders import CUT_BY_BORDER
from segmentation.disc_variants import LEVEL_VARIANT
from segmentation.discs import NARROW_MARGIN, NO_DISCS, UNCONFIRMED, UPPER_PROPOSED
from segmentation.lesions import CUT, LOW_CONTRAST, TOUCHES_EDGE

WORDS = {
    LOW_SCORE: "a part of the cord looks little like one; look at it, or click in its middle",
    AREA_JUMP: "the cord's area jumps; look at its outline there",
    THICK_SLICES: "thick slices: the volume of the cord may be off by a tenth",
    FAR_CLICK: "a click lies far from the path that was found, and drew the outline there; is it in the cord?",
    UNCONFIRMED: "nobody named a disc: the levels are a suggestion; name one with --disc",
    NARROW_MARGIN: "another naming of the levels fits nearly as well; name a disc with --disc",
    LEVEL_VARIANT: "signs of a missing, additional or fused vertebra; count the levels",
    CUT_BY_BORDER: "the border of an image cuts a disc beside a gap: it is placed between its neighbours; look at it",
    UPPER_PROPOSED: "the discs above C2-C3 are never certain; look at them",
    NO_DISCS: "no spine is in view, so there are no levels",
    LOW_CONTRAST: "its contrast is below three standard deviations of normal cord",
    TOUCHES_EDGE: "it lies along the cord's edge and may be CSF, a vessel or the dura",
    CUT: "the image cuts it: its sizes are lower bounds",
}


def flag_warnings(flags: Iterable[str], where: str) -> Iterator[Problem]:
    """Yield a warning for each flag of a cord, of levels or of a lesion."""
    for flag in flags:
        yield warning(flag, where, WORDS.get(flag, "flagged; see docs/reference/proposals"))

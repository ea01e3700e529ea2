"""Another segmenter, run as a command on series of a study; declared in the configuration."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from segmentation.annotation import RESERVED, is_reserved
from segmentation.levels import STANDARD

LEVELS = "levels"
INPUTS, OUTPUTS = ("{input}", "{input_dir}"), ("{output}", "{output_dir}")
_NAME = re.compile(r"[A-Za-z0-9]{1,32}")
_FILE = re.compile(r"[A-Za-z0-9_-][A-Za-z0-9_.-]*(/[A-Za-z0-9_-][A-Za-z0-9_.-]*)*")


@dataclass(frozen=True, slots=True, kw_only=True)
class PluginParameters:
    """One external segmenter: ``[[segmentation.plugin]]``.

    Attributes
    ----------
    name : str
        Author of its output: letters and digits.
    region : str
        What it gives: cord, canal, enhancing, t2hyper, cyst, hemorrhage, or levels.
    command : tuple of str
        Program and arguments, run without a shell. Replaced in them: ``{input}`` and ``{output}`` (files),
        ``{input_dir}`` and ``{output_dir}`` (their folders), ``{contrast}`` (t1, t2 or t2s), ``{cord}`` (cord mask).
    version_command : tuple of str
        Prints the program's version; its first line is recorded.
    input_name, output_name : str
        Names of the files, relative to their folders, where the program wants or makes other ones.
    weightings : tuple of str
        Series it is run on: T1, T2, STIR, GRE.
    planes : tuple of str
        The same: sag, ax, cor, iso.
    after_contrast : bool or None
        Only series after contrast, only others, or either.
    cord_author : str
        Whose cord mask ``{cord}`` is.
    labels : tuple of int
        Integers of its output that are the structure; all where empty.
    level_map : mapping of str to int
        For levels: disc names and the integers that it gives them; empty where it uses the field's disc values, or
        one integer per vertebra (C1 is 1, T1 is 8, L1 is 20).
    timeout_s : float
        It is ended after this long.
    largest_share : float
        A structure that fills more of the image is implausible.
    """

    name: str
    region: Literal["cord", "canal", "enhancing", "t2hyper", "cyst", "hemorrhage", "levels"]
    command: tuple[str, ...]
    version_command: tuple[str, ...] = ()
    input_name: str = "input.nii.gz"
    output_name: str = "output.nii.gz"
    weightings: tuple[Literal["T1", "T2", "STIR", "GRE"], ...] = ("T2",)
    planes: tuple[Literal["sag", "ax", "cor", "iso"], ...] = ("sag", "iso")
    after_contrast: bool | None = None
    cord_author: str = "auto"
    labels: tuple[int, ...] = ()
    level_map: Mapping[str, int] = field(default_factory=dict)
    timeout_s: float = 900.0
    largest_share: float = 0.2

    def __post_init__(self) -> None:
        if not _NAME.fullmatch(self.name) or is_reserved(self.name):
            raise ValueError(
                f"Name '{self.name}' must be 1 to 32 letters and digits, and none of {', '.join(sorted(RESERVED))}"
            )
        if not self.command:
            raise ValueError("Command is empty; give the program and its arguments as a list")
        for wanted in (INPUTS, OUTPUTS):
            if not any(mark in argument for argument in self.command for mark in wanted):
                raise ValueError(f"Command must hold {' or '.join(wanted)}")
        for name in (self.input_name, self.output_name):
            if not _FILE.fullmatch(name):
                raise ValueError(f"'{name}' must be a plain file name, with folders below at most")
        unknown = [disc for disc in self.level_map if disc not in STANDARD.discs]
        if unknown:
            raise ValueError(f"{', '.join(unknown)} in level_map are no discs; write e.g. C2-C3")
        if not self.timeout_s > 0:
            raise ValueError("Timeout must be positive, in seconds")

"""The configuration of a study: every layer's parameters, from ``STUDY/iscm.toml``."""

import tomllib
from dataclasses import replace
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from features.parameters import FeatureParameters
from mri.parameters import MriParameters
from mri.problems import RefusedError, error
from pipeline.parameters import PacsParameters
from reader.parameters import ReadingParameters
from segmentation.parameters import SegmentationParameters
from survival.parameters import SurvivalParameters

_OWN_WORDS = "Value error, "
"""What pydantic sets before a message of ours."""


class Config(BaseModel):
    """What may be set; a name that is not here is refused.

    Attributes
    ----------
    mri, segmentation, features, survival, reading, pacs
        The parameters of each layer, see its ``parameters.py`` for units and reasons.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    mri: MriParameters = Field(default_factory=MriParameters)
    segmentation: SegmentationParameters = Field(default_factory=SegmentationParameters)
    features: FeatureParameters = Field(default_factory=FeatureParameters)
    survival: SurvivalParameters = Field(default_factory=SurvivalParameters)
    reading: ReadingParameters = Field(default_factory=ReadingParameters)
    pacs: PacsParameters = Field(default_factory=PacsParameters)

    def as_json(self) -> dict[str, Any]:
        """Return the configuration as JSON values, for provenance."""
        return self.model_dump(mode="json")

    def with_intervals(self, intervals: bool | None) -> "Config":
        """Return the same with perturbation ranges measured or left out; None leaves it as it is configured."""
        if intervals is None:
            return self
        return self.model_copy(update={"features": replace(self.features, intervals=intervals)})


def load_config(path: Path | None) -> Config:
    """Read a configuration file; the defaults where there is none.

    Raises
    ------
    RefusedError
        If the file is named but missing, no TOML, or sets what is not known; every fault at once.
    """
    if path is None:
        return Config()
    if not path.is_file():
        raise RefusedError(error("config_missing", path.name, "no such file; check --config"))
    try:
        return Config.model_validate(tomllib.loads(path.read_text(encoding="utf-8")))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as failure:
        raise RefusedError(error("config_not_toml", path.name, f"not valid TOML: {failure}")) from failure
    except ValidationError as failure:
        raise RefusedError(
            error(
                "config_invalid",
                f"{path.name}, {_place(fault['loc'])}",
                _mend(fault["type"], fault["msg"]),
            )
            for fault in failure.errors()
        ) from failure


def _place(parts: tuple[int | str, ...]) -> str:
    """Return where a value stands, with entries of a list counted as people do."""
    place = ""
    for part in parts:
        place += f" (entry {part + 1})" if isinstance(part, int) else f".{part}"
    return place.removeprefix(".")


def _mend(kind: str, message: str) -> str:
    if kind in ("extra_forbidden", "unexpected_keyword_argument"):
        return "is not known; mend the name, or remove it (each layer's parameters.py says what may be set)"
    message = message.removeprefix(_OWN_WORDS)
    return f"{message[:1].lower()}{message[1:]}; mend the value"

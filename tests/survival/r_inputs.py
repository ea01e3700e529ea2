"""The data sets behind R's reference values, with time, event and the columns that a model's name ends in."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

FILES = {
    "lung": ("time", "status"),
    "veteran": ("time", "status"),
    "ovarian": ("futime", "fustat"),
    "aml": ("time", "status"),
    "rossi": ("week", "arrest"),
}
COLUMNS = {"lung_ecog": "ph.ecog", "lung_wtloss": "wt.loss", "ovarian_resid": "resid.ds"}
SEVERAL: Mapping[str, list[str]] = {
    "lung_age_sex": ["age", "sex"],
    "rossi_all": ["fin", "age", "race", "wexp", "mar", "paro", "prio"],
    "veteran_celltype": ["large", "smallcell", "squamous"],
}
MODELS = (
    "lung_age", "lung_sex", "lung_age_sex", "lung_wtloss", "veteran_karno", "veteran_age", "veteran_celltype",
    "veteran_trt", "ovarian_age", "ovarian_rx", "rossi_all", "rossi_fin", "aml_x", "ties_x", "ties_group",
)  # fmt: skip


def frame_of(folder: Path, name: str) -> pd.DataFrame:
    """Return a data set with its time and event, and dummy columns where a model needs them."""
    stem = name.partition("_")[0]
    if stem not in FILES:
        edge = pd.read_csv(folder / "data" / "edge_cases.csv")
        chosen = "ties_two_groups" if stem == "ties" else name
        return edge[edge["set"] == chosen]
    frame = pd.read_csv(folder / "data" / f"{stem}.csv")
    time, event = (frame[column] for column in FILES[stem])
    frame = frame.assign(time=time, event=(event == event.max()).astype(int))
    if stem == "veteran":
        frame = frame.assign(
            **{kind: (frame["celltype"] == kind).astype(float) for kind in SEVERAL["veteran_celltype"]}
        )
    if stem == "aml":
        frame["x"] = frame["x"].map({"Maintained": 0.0, "Nonmaintained": 1.0}) if name == "aml_x" else frame["x"]
    return frame


def model_of(folder: Path, name: str) -> tuple[Any, Any, np.ndarray[Any, np.dtype[np.float64]]]:
    """Return time, event and covariates (n, k) of a model."""
    frame = frame_of(folder, name)
    columns = SEVERAL.get(name) or [COLUMNS.get(name, name.partition("_")[2])]
    frame = frame.dropna(subset=columns)
    return frame["time"].to_numpy(), frame["event"].to_numpy(), frame[columns].to_numpy(dtype=np.float64)


def groups_of(folder: Path, name: str) -> pd.DataFrame:
    """Return a data set with the column ``label``, the group as R names it."""
    column = COLUMNS.get(name, name.partition("_")[2]) if name.partition("_")[0] in FILES else "group"
    frame = frame_of(folder, name if name != "aml_x" else "aml").dropna(subset=[column])
    return frame.assign(label=frame[column].map(lambda value: str(value).removesuffix(".0")))

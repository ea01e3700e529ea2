"""Every path of the study folder, its file names, and the tables that describe its series.

No other module makes a path inside a study.
"""

import csv
import io
import json
import os
import re
import tempfile
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mri.nifti import read_geometry
from mri.problems import Problem, RefusedError, error
from mri.study import Contrast, Plane, Series, Study, StudyId, Weighting
from mri.version import software_version

BIDS_VERSION = "1.10.0"
MISSING = "n/a"
"""How BIDS tables write an empty cell."""

SCANS_COLUMNS = (
    "filename",
    "acq_time",
    "weighting",
    "weighting_evidence",
    "plane",
    "stations",
    "stations_evidence",
    "contrast",
    "contrast_evidence",
    "fat_suppression",
    "field_strength_t",
    "slice_spacing_mm",
    "frame_of_reference",
    "series_number",
    "flags",
    "flags_evidence",
)
_SESSION_FOLDER = re.compile(r"sub-(?P<participant>[A-Za-z0-9]+)[/\\]ses-(?P<session>[A-Za-z0-9]+)$")
_NAME = re.compile(
    r"sub-[A-Za-z0-9]+_ses-[A-Za-z0-9]+_acq-(?P<acq>[A-Za-z0-9]+)(_ce-gadolinium)?(_run-(?P<run>\d+))?_(?P<suffix>[A-Za-z0-9]+)$"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class StudyFolder:
    """The paths of one study folder (a BIDS dataset with its derivatives).

    Attributes
    ----------
    root : Path
    """

    root: Path

    # -- raw dataset

    @property
    def config(self) -> Path:
        """The user's configuration, ``iscm.toml``."""
        return self.root / "iscm.toml"

    @property
    def participants(self) -> Path:
        """``participants.tsv``."""
        return self.root / "participants.tsv"

    @property
    def private(self) -> Path:
        """Folder beside the study, never inside it, for the key and the list of ids (mode 0700)."""
        return self.root.with_name(self.root.name + ".private")

    @property
    def key(self) -> Path:
        """The secret that makes ids, UIDs and date shifts."""
        return self.private / "key"

    @property
    def made_ids(self) -> Path:
        """The table of source ids to participant ids that ingest made."""
        return self.private / "ids.csv"

    @property
    def lock(self) -> Path:
        """The file that one command holds while it writes."""
        return self.root / ".iscm.lock"

    def session(self, study: StudyId) -> Path:
        """Folder of one session."""
        return self.root / f"sub-{study.participant}" / f"ses-{study.session}"

    def sessions_table(self, participant: str) -> Path:
        """``sessions.tsv`` of one participant."""
        return self.root / f"sub-{participant}" / f"sub-{participant}_sessions.tsv"

    def scans_table(self, study: StudyId) -> Path:
        """``scans.tsv`` of one session."""
        return self.session(study) / f"{study}_scans.tsv"

    def image(self, series: Series) -> Path:
        """Return the image of a series."""
        return self.session(series.study) / "anat" / f"{series.name}.nii.gz"

    def sidecar(self, series: Series) -> Path:
        """Return the sidecar of a series."""
        return self.session(series.study) / "anat" / f"{series.name}.json"

    # -- derivatives

    def derivative(self, name: str) -> Path:
        """Return a dataset under ``derivatives``."""
        return self.root / "derivatives" / name

    @property
    def received_table(self) -> Path:
        """Account of every received file and series; the user overrides the classification here."""
        return self.derivative("ingest") / "series.csv"

    def readings(self, study: StudyId) -> Path:
        """Folder of the annotations of one session."""
        return self.derivative("readings") / f"sub-{study.participant}" / f"ses-{study.session}" / "anat"

    @property
    def readings_log(self) -> Path:
        """Folder of what the reading page keeps beside the annotations; BIDS lets a dataset have a ``log``."""
        return self.derivative("readings") / "log"

    def mask(self, series: Series, label: str, author: str) -> Path:
        """Return the mask of one structure by one author, on the grid of its series."""
        return self.readings(series.study) / f"{series.entities}_label-{label}_desc-{author}_mask.nii.gz"

    def discs(self, study: StudyId, author: str) -> Path:
        """Return the disc points of one author."""
        return self.readings(study) / f"{study}_desc-{author}_discs.json"

    def findings(self, study: StudyId, author: str) -> Path:
        """Return the findings of one author."""
        return self.readings(study) / f"{study}_desc-{author}_findings.json"

    def proposal_record(self, study: StudyId) -> Path:
        """Return what the proposals of a session were made from, so that a re-run knows whether to redo them."""
        return self.readings(study) / f"{study}_desc-auto_proposal.json"

    def transform(self, study: StudyId, source: str, target: str) -> Path:
        """Return a rigid transform from one series (or frame) to another."""
        return self.readings(study) / f"{study}_from-{source}_to-{target}_mode-image_xfm.json"

    def features(self, author: str | None = None) -> Path:
        """Folder of the feature tables; one author's own tables are kept apart."""
        base = self.derivative("features")
        return base if author is None else base / f"author-{author}"

    @property
    def analysis(self) -> Path:
        """Folder of the joined cohort and the analyses."""
        return self.derivative("analysis")

    @property
    def cohort(self) -> Path:
        """Features joined with the clinical table."""
        return self.analysis / "cohort.csv"

    # -- what is there

    def exists(self) -> bool:
        """Return whether this is a study folder."""
        return (self.root / "dataset_description.json").is_file()

    def studies(self) -> tuple[StudyId, ...]:
        """Return the sessions that have series, in order."""
        found = []
        for folder in sorted(self.root.glob("sub-*/ses-*")):
            match = _SESSION_FOLDER.search(str(folder))
            if match and (folder / "anat").is_dir():
                found.append(StudyId(participant=match["participant"], session=match["session"]))
        return tuple(found)

    def load(self, study: StudyId) -> Study:
        """Return one session and its series, from scans.tsv and the image headers.

        Raises
        ------
        RefusedError
            If scans.tsv is missing or names a file that is not there.
        """
        loaded, problems = self.load_usable(study)
        if problems:
            raise RefusedError(problems)
        return loaded

    def load_usable(self, study: StudyId) -> tuple[Study, tuple[Problem, ...]]:
        """Return one session with the series that can be used, and what is wrong with the others.

        Raises
        ------
        RefusedError
            If scans.tsv is missing.
        """
        table = self.scans_table(study)
        if not table.is_file():
            raise RefusedError(
                error("scans_missing", table.name, "the session has no scans.tsv; run iscm ingest again")
            )
        series: list[Series] = []
        problems: list[Problem] = []
        for row in read_table(table):
            try:
                series.append(self._series(study, row, table))
            except RefusedError as refused:
                problems += refused.problems
            except (KeyError, ValueError) as failure:
                message = f"{row.get('filename', 'a row')} cannot be understood ({failure}); run iscm ingest again"
                problems.append(error("scan_row_wrong", table.name, message))
        return Study(id=study, series=tuple(series)), tuple(problems)

    def _series(self, study: StudyId, row: Mapping[str, str], table: Path) -> Series:
        path = self.session(study) / row["filename"]
        match = _NAME.match(path.name.removesuffix(".nii.gz"))
        if match is None or not path.is_file():
            raise RefusedError(
                error("scan_missing", table.name, f"{row['filename']} is listed but not there; run iscm ingest again")
            )
        fat = row.get("fat_suppression", "")
        number = row.get("series_number", "")
        strength = row.get("field_strength_t", "")
        return Series(
            study=study,
            acquisition=match["acq"],
            suffix=match["suffix"],
            run=int(match["run"]) if match["run"] else None,
            weighting=Weighting(row["weighting"]),
            plane=Plane(row["plane"]),
            contrast=Contrast(row["contrast"]),
            geometry=read_geometry(path),
            stations=row.get("stations", ""),
            frame_of_reference=row.get("frame_of_reference", ""),
            fat_suppressed={"yes": True, "no": False}.get(fat),
            field_strength_t=float(strength) if strength else None,
            series_number=int(number) if number else None,
            flags=tuple(flag for flag in row.get("flags", "").split(";") if flag),
        )


def read_table(path: Path) -> list[dict[str, str]]:
    """Read a CSV or TSV as rows of text; the BIDS empty cell becomes the empty string.

    A spreadsheet may have saved a CSV with semicolons: that is read too.

    Raises
    ------
    RefusedError
        If the file is not UTF-8 text.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as failure:
        raise RefusedError(error("table_not_utf8", path.name, "is not UTF-8 text; save it as CSV UTF-8")) from failure
    header = text.partition("\n")[0]
    delimiter = "\t" if path.suffix == ".tsv" else ";" if ";" in header and "," not in header else ","
    rows = list(csv.DictReader(io.StringIO(text, newline=""), delimiter=delimiter))
    return [{key: "" if value in (MISSING, None) else value for key, value in row.items() if key} for row in rows]


def write_table(path: Path, columns: Sequence[str], rows: Iterable[Mapping[str, object]]) -> None:
    """Write rows as CSV (empty = missing) or TSV (``n/a`` = missing), whole or not at all."""
    is_tsv = path.suffix == ".tsv"
    buffer = io.StringIO()
    writer = csv.writer(buffer, delimiter="\t" if is_tsv else ",", lineterminator="\n")
    writer.writerow(columns)
    empty = MISSING if is_tsv else ""
    for row in rows:
        values = (row.get(column) for column in columns)
        writer.writerow([empty if value is None or value == "" else value for value in values])
    write_text(path, buffer.getvalue())


def write_json(path: Path, content: Mapping[str, Any]) -> None:
    """Write a JSON file, whole or not at all."""
    write_text(path, json.dumps(content, indent=2, ensure_ascii=False, allow_nan=False) + "\n")


def write_text(path: Path, text: str) -> None:
    """Write a text file by a temporary file and a rename, so that a reader never sees half of it."""
    write_bytes(path, text.encode("utf-8"))


def write_bytes(path: Path, content: bytes) -> None:
    """Write a file by a temporary file, fsync and a rename."""
    try:
        _replace(path, content)
    except OSError as failure:
        # the system names the temporary file, or none at all
        if failure.errno is not None:
            failure.filename, failure.filename2 = str(path), None
        raise


def _replace(path: Path, content: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=".part-")
    try:
        with os.fdopen(handle, "wb") as stream:
            stream.write(content)
            stream.flush()
            os.fsync(stream.fileno())
        Path(temporary).chmod(0o644)
        Path(temporary).replace(path)
    finally:
        Path(temporary).unlink(missing_ok=True)


def describe_dataset(
    root: Path, name: str, *, derivative: bool, ignored: str, links: Mapping[str, str] | None = None
) -> None:
    """Say what a BIDS dataset is, and which files the validator need not know; what exists is a user's and stays.

    Parameters
    ----------
    root : Path
    name : str
    derivative : bool
    ignored : str
        Patterns of ``.bidsignore``, one per line.
    links : mapping, optional
        ``DatasetLinks``: names of other datasets to their relative places.
    """
    content: dict[str, object] = {
        "Name": name,
        "BIDSVersion": BIDS_VERSION,
        "DatasetType": "derivative" if derivative else "raw",
        "GeneratedBy": [{"Name": "iscm", "Version": software_version()}],
    }
    if links:
        content["DatasetLinks"] = dict(links)
    if not (root / "dataset_description.json").is_file():
        write_json(root / "dataset_description.json", content)
    if not (root / ".bidsignore").is_file():
        write_text(root / ".bidsignore", ignored)

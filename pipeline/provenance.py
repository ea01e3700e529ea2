"""What a result rests on: versions, configuration and inputs, as hashes beside it."""

import hashlib
import json
import platform
from collections.abc import Iterable, Mapping
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from mri.version import software_version

LIBRARIES = (
    "numpy",
    "scipy",
    "pandas",
    "nibabel",
    "pydicom",
    "SimpleITK",
    "scikit-image",
    "lifelines",
    "statsmodels",
    "dcm2niix",
)
_CHUNK_BYTES = 1 << 20


def versions() -> dict[str, str]:
    """Return the versions of this program, of Python and of the libraries that numbers rest on."""
    found = {"iscm": software_version(), "python": platform.python_version()}
    for library in LIBRARIES:
        try:
            found[library] = version(library)
        except PackageNotFoundError:
            found[library] = "not installed"
    return found


def file_hash(path: Path) -> str:
    """Return the SHA-256 of a file as hex."""
    digest = hashlib.sha256()
    with path.open("rb") as stream:
        while chunk := stream.read(_CHUNK_BYTES):
            digest.update(chunk)
    return digest.hexdigest()


def content_hash(content: Mapping[str, Any]) -> str:
    """Return the SHA-256 of a JSON value, independent of the order of its keys."""
    return hashlib.sha256(json.dumps(content, sort_keys=True, default=str).encode()).hexdigest()


def input_hashes(paths: Iterable[Path], root: Path) -> dict[str, str]:
    """Return path relative to a folder → SHA-256, in order of the path."""
    return {path.relative_to(root).as_posix(): file_hash(path) for path in sorted(paths)}


def provenance(config: Mapping[str, Any], inputs: Mapping[str, str]) -> dict[str, Any]:
    """Return the record that is written beside each result.

    Parameters
    ----------
    config : mapping
        The whole configuration as JSON values.
    inputs : mapping
        Input name to SHA-256.
    """
    return {
        "format": 1,
        "versions": versions(),
        "config": dict(config),
        "config_sha256": content_hash(config),
        "inputs": dict(inputs),
        "inputs_sha256": content_hash(inputs),
    }

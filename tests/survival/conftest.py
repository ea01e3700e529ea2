"""What the tests against R share: its results, and the folder of their inputs."""

import json
from pathlib import Path
from typing import Any

import pytest


@pytest.fixture(scope="session")
def r_folder(shared_data: Path) -> Path:
    """Folder of R's results and their inputs."""
    return shared_data / "survival" / "r_reference"


@pytest.fixture(scope="session")
def r_reference(r_folder: Path) -> dict[str, Any]:
    """Everything that R computed."""
    content: dict[str, Any] = json.loads((r_folder / "r_reference.json").read_text(encoding="utf-8"))
    return content

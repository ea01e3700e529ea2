"""Run in a network namespace of its own, as Orthanc listens on every interface: send to it, and fetch both ways.

Usage: python -m tests.pipeline.orthanc_trip FOLDER ORTHANC PLUGIN, the folder holding ``source``; makes the studies
``dimse/study`` and ``web/study`` with keys that are there already.
"""

import json
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

from mri.bids import StudyFolder
from pipeline.archive import parse_source
from pipeline.commands import ingest_source
from pipeline.config import Config
from pipeline.dimse import send_files
from pipeline.parameters import DEFAULTS

USER, PASSWORD = "anna", "geheimes-wort"
_START_S = 20.0
_PACS, _WEB = "dimse://ORTHANC@127.0.0.1:4242", "http://127.0.0.1:8042/dicom-web"


def settings(folder: Path, plugin: Path) -> dict[str, object]:
    """Return Orthanc's configuration: it knows our title, lets us get, and asks the web for a password."""
    return {
        "Name": "test",
        "StorageDirectory": str(folder / "store"),
        "IndexDirectory": str(folder / "store"),
        "Plugins": [str(plugin)],
        "DicomAet": "ORTHANC",
        "DicomCheckCalledAet": True,
        "DicomPort": 4242,
        "HttpPort": 8042,
        "RemoteAccessAllowed": True,
        "AuthenticationEnabled": True,
        "RegisteredUsers": {USER: PASSWORD},
        "DicomModalities": {"iscm": {"AET": "ISCM", "Host": "127.0.0.1", "Port": 1, "AllowGet": True}},
        "DicomWeb": {"Enable": True, "Root": "/dicom-web/"},
    }


def wait_until_up() -> None:
    """Wait until the web server answers, if only that it does not know us."""
    ends = time.monotonic() + _START_S
    while time.monotonic() < ends:
        try:
            urlopen("http://127.0.0.1:8042/system", timeout=1)
        except URLError as failure:
            if getattr(failure, "code", None) == 401:
                return
            time.sleep(0.1)
    raise TimeoutError("Orthanc does not start")


def main(folder: Path, orthanc: str, plugin: Path) -> None:
    """Make the round trip."""
    subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
    (folder / "orthanc.json").write_text(json.dumps(settings(folder, plugin)))
    with (folder / "orthanc.log").open("w") as log:
        server = subprocess.Popen([orthanc, str(folder / "orthanc.json")], stdout=log, stderr=log)
    try:
        wait_until_up()
        problems = send_files(sorted((folder / "source").iterdir()), parse_source(_PACS), DEFAULTS)
        assert problems == [], problems
        config = Config(pacs=replace(DEFAULTS, answer_timeout_s=20.0))
        for address, name in ((_PACS, "dimse"), (_WEB, "web")):
            ingest_source(address, StudyFolder(root=folder / name / "study"), config)
    finally:
        server.terminate()
        server.wait(timeout=_START_S)


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2], Path(sys.argv[3]))

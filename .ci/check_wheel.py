"""Install the built wheel in an environment of its own and run the main job from it."""

import argparse
import subprocess
import sys
import tempfile
import urllib.request
import venv
import zipfile
from pathlib import Path

PACKAGES = ("mri", "segmentation", "features", "survival", "reader", "pipeline", "sample_scans")
TOO_BIG_KB = 3072
"""0.9 MB of it is the reading page's renderer."""


def main() -> None:
    """Check what the wheel holds, then install it and run `iscm sample` and `iscm run`."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path, help="folder that holds the built wheel")
    wheel = newest_wheel(parser.parse_args().folder)
    check_contents(wheel)
    with tempfile.TemporaryDirectory() as temporary:
        work = Path(temporary)
        python = install(wheel, work / "venv")
        run_from(python, work)
    sys.stdout.write(f"{wheel.name}: holds every package, installs and runs\n")


def newest_wheel(folder: Path) -> Path:
    """Return the wheel that was built last."""
    wheels = sorted(folder.glob("iscm-*.whl"), key=lambda path: path.stat().st_mtime)
    if not wheels:
        sys.exit(f"no wheel in {folder}; run make wheel")
    return wheels[-1]


def check_contents(wheel: Path) -> None:
    """Stop if a module, a plan or a file of the reading page is missing, or sample DICOM got in."""
    names = set(zipfile.ZipFile(wheel).namelist())
    expected = {
        path.as_posix()
        for package in PACKAGES
        for path in Path(package).rglob("*")
        if path.suffix in {".py", ".toml", ".html", ".css", ".js", ".txt"} and "__pycache__" not in path.parts
    }
    missing = sorted(expected - names)
    foreign = sorted(name for name in names if name.endswith(".dcm"))
    if missing or foreign:
        sys.exit(f"{wheel.name}: missing {missing}, must not hold {foreign[:3]}")
    if wheel.stat().st_size > TOO_BIG_KB * 1024:
        sys.exit(f"{wheel.name} is larger than {TOO_BIG_KB} kB")


def install(wheel: Path, folder: Path) -> Path:
    """Install the wheel as a user would, with the locked versions of what it declares and nothing else."""
    venv.create(folder, with_pip=True)
    python = folder / "bin" / "python"
    constraints = folder / "constraints.txt"
    pinned = [line.rstrip(" \\") for line in Path("requirements.lock").read_text().splitlines() if line[:1].isalpha()]
    constraints.write_text("\n".join(pinned) + "\n")
    subprocess.run([python, "-m", "pip", "install", "--quiet", "--constraint", constraints, wheel], check=True)
    return python


def run_from(python: Path, work: Path) -> None:
    """Import every package from the wheel and run the main job, outside the checkout."""
    found = subprocess.run(
        [python, "-c", f"import {', '.join(PACKAGES)}; print(pipeline.__file__)"],
        check=True,
        cwd=work,
        capture_output=True,
        text=True,
    ).stdout
    if str(work) not in found:
        sys.exit(f"the packages were imported from {found.strip()}, not from the wheel")
    iscm = python.with_name("iscm")
    subprocess.run([iscm, "sample", "scans", "--patients", "1"], check=True, cwd=work)
    run = [iscm, "run", "scans/dicom", "study", "--clinical", "scans/clinical.csv", "--ids", "scans/ids.csv"]
    subprocess.run(run, check=True, cwd=work)
    reports = list(work.glob("study/derivatives/analysis/*/report.html"))
    if not reports:
        sys.exit("iscm run wrote no report")
    read_from(iscm, work)


def read_from(iscm: Path, work: Path) -> None:
    """Open the reading page of the study that was made, and fetch its files as a browser would."""
    command = [iscm, "read", "study", "--reader", "AB", "--no-browser"]
    with subprocess.Popen(command, cwd=work, stdout=subprocess.PIPE, text=True) as server:
        try:
            address = server.stdout.readline().partition("#")[0] if server.stdout else ""
            for name in ("", "static/main.js"):
                with urllib.request.urlopen(address + name, timeout=30) as answer:
                    if answer.status != 200:
                        sys.exit(f"iscm read answers {answer.status} to /{name}")
        finally:
            server.kill()


if __name__ == "__main__":
    main()

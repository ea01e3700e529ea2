"""What the documentation says can be done: examples run, commands parse, links lead somewhere."""

import doctest
from pathlib import Path
from typing import Any

import pytest
import typer

from pipeline.cli import app
from pipeline.commands import analyse_path
from pipeline.config import Config, load_config
from survival.clinical import check_clinical
from tests.docs.pages import ROOT, block, blocks, inline_commands, links, name_of, pages, shell_commands

CLICK_APP: Any = typer.main.get_command(app)
STANDS_FOR_A_COMMAND = "COMMAND"


def parsed(words: list[str]) -> str:
    """Parse a command line as the program does, without running it; return the name of the command."""
    context = CLICK_APP.make_context("iscm", list(words))
    name, command, rest = CLICK_APP.resolve_command(context, [*context._protected_args, *context.args])
    command.make_context(name, rest, parent=context)
    return str(name)


def unknown_words(words: list[str]) -> list[str]:
    """Return the command, if there is none of that name, and the options it does not have."""
    plain = [word for word in words if not word.startswith("-")]
    if not plain or plain[0] == STANDS_FOR_A_COMMAND:
        return []
    command = CLICK_APP.commands.get(plain[0])
    if command is None:
        return [plain[0]]
    own = {name for parameter in command.params for name in (*parameter.opts, *parameter.secondary_opts)}
    return [
        word for word in words if word.startswith("-") and word.rstrip(".") not in own | {"--help", "-v", "--version"}
    ]


@pytest.mark.parametrize("page", pages(), ids=name_of)
def test_examples_of_a_page_run(page: Path) -> None:
    """Every Python example of a page gives what stands below it."""
    runner = doctest.DocTestRunner()
    names: dict[str, Any] = {}
    for number, (language, body) in enumerate(blocks(page), start=1):
        if language == "python":
            where = f"{page.name}, block {number}"
            test = doctest.DocTestParser().get_doctest(body, names, where, str(page), 0)
            # one block goes on where the one before it ended
            test.globs = names
            runner.run(test, clear_globs=False)
    assert runner.failures == 0


def test_concepts_have_examples_that_are_run() -> None:
    """The pages on coordinates and levels hold examples: the test above has something to run."""
    for name in ("coordinates", "levels"):
        assert block(f"docs/concepts/{name}.md", "python", ">>> "), name


@pytest.mark.parametrize("page", pages(), ids=name_of)
def test_commands_of_a_page_parse(page: Path) -> None:
    """Every command in a block has the arguments and options that the program knows."""
    for words in shell_commands(page):
        assert parsed(words), words


@pytest.mark.parametrize("page", pages(), ids=name_of)
def test_commands_in_running_text_exist(page: Path) -> None:
    """Every command that a sentence names exists, and so do its options."""
    for words in inline_commands(page):
        assert unknown_words(words) == [], words


def test_commands_are_found_and_wrong_ones_are_noticed() -> None:
    """The README shows most commands, and a misspelt command or option would not pass."""
    shown = {words[0] for page in pages() for words in (*shell_commands(page), *inline_commands(page))}
    assert shown >= {"ingest", "propose", "measure", "join", "analyse", "run", "check", "measure-case", "propose-case"}
    assert unknown_words(["appraise", "STUDY"]) == ["appraise"]
    assert unknown_words(["measure", "STUDY", "--writer", "AB"]) == ["--writer"]
    with pytest.raises(Exception, match="writer"):
        parsed(["measure", "STUDY", "--writer", "AB"])
    with pytest.raises(Exception, match=r"[Mm]issing"):
        parsed(["ingest", "SOURCE"])


@pytest.mark.parametrize("page", pages(), ids=name_of)
def test_relative_links_of_a_page_exist(page: Path) -> None:
    """Every relative link leads to a file; the dictionary's content is made at build time, its page is there."""
    missing = [target for target in links(page) if not (page.parent / target).exists()]
    assert missing == []


def test_every_page_is_in_a_table_of_contents() -> None:
    """A page of docs/ is named by the index, or by the index of its folder."""
    for page in pages():
        if page.is_relative_to(ROOT / "docs") and page.name != "index.md":
            index = page.parent / "index.md" if (page.parent / "index.md").is_file() else ROOT / "docs" / "index.md"
            assert (
                page.relative_to(index.parent).with_suffix("").as_posix() in index.read_text(encoding="utf-8").split()
            )


def test_the_plan_of_the_how_to_runs(tmp_path: Path) -> None:
    """The plan to copy, run on the synthetic cohort, gives the table and the figure it declares."""
    plan = tmp_path / "plan.toml"
    plan.write_text(block("docs/how-to/write-a-plan.md", "toml", "format = 1"), encoding="utf-8")
    result = analyse_path(ROOT / "sample_scans/cohort/cohort.csv", str(plan), tmp_path / "analysis", Config())
    assert {row.row_id for row in result.rows} == {"multiple", "t2_length", "age"}
    assert {"imaging.csv", "km_t2_length.svg", "report.html"} <= {path.name for path in result.files}


def test_the_clinical_table_of_the_how_to_is_right(tmp_path: Path) -> None:
    """The table to copy has nothing to mend."""
    table = tmp_path / "clinical.csv"
    table.write_text(block("docs/how-to/clinical-table.md", "text", "participant_id,"), encoding="utf-8")
    assert check_clinical(table) == ()


def test_the_settings_of_the_how_to_are_known(tmp_path: Path) -> None:
    """The settings to copy are accepted and reach the layers."""
    settings = tmp_path / "iscm.toml"
    settings.write_text(block("docs/how-to/run-a-study.md", "toml", "[features]"), encoding="utf-8")
    assert load_config(settings).features.t2_reach_mm == 5.0

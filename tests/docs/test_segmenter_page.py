"""The plug-ins to copy from the how-to are declared as the program wants them."""

from pathlib import Path

from pipeline.config import load_config
from tests.docs.pages import ROOT, blocks

PAGE = ROOT / "docs" / "how-to" / "other-segmenters.md"


def test_the_declarations_of_the_how_to_are_accepted(tmp_path: Path) -> None:
    """Every block of the page loads, alone and all together, and gives authors, regions and places of output."""
    declared = [body for language, body in blocks(PAGE) if language == "toml"]
    settings = tmp_path / "iscm.toml"
    for body in (*declared, "\n".join(declared)):
        settings.write_text(body, encoding="utf-8")
        found = load_config(settings).segmentation.plugin
        assert len(found) == body.count("[[segmentation.plugin]]") > 0
    assert {(one.name, one.region) for one in found} >= {
        ("sct", "cord"),
        ("sct", "levels"),
        ("totalspineseg", "canal"),
        ("nnunet", "enhancing"),
        ("onnxcord", "cord"),
    }
    assert found[1].cord_author == "sct"

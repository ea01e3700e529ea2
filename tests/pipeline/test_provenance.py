"""What a result rests on."""

import hashlib
from pathlib import Path

from pipeline.provenance import content_hash, file_hash, input_hashes, provenance


def test_file_hash_is_sha256_of_the_bytes(tmp_path: Path) -> None:
    """The hash equals hashlib's over the whole file, also beyond one chunk."""
    content = b"spine" * 500_000
    path = tmp_path / "a.nii.gz"
    path.write_bytes(content)
    assert file_hash(path) == hashlib.sha256(content).hexdigest()


def test_content_hash_ignores_the_order_of_keys() -> None:
    """Two configurations that differ only in order are the same; a changed value is another."""
    assert content_hash({"a": 1, "b": {"c": 2, "d": 3}}) == content_hash({"b": {"d": 3, "c": 2}, "a": 1})
    assert content_hash({"a": 1}) != content_hash({"a": 2})


def test_inputs_are_named_relative_to_their_folder(tmp_path: Path) -> None:
    """No path of a machine gets into a record."""
    (tmp_path / "sub").mkdir()
    (tmp_path / "sub" / "b").write_text("x")
    (tmp_path / "a").write_text("x")
    hashes = input_hashes([tmp_path / "sub" / "b", tmp_path / "a"], tmp_path)
    assert list(hashes) == ["a", "sub/b"]


def test_provenance_changes_with_its_inputs() -> None:
    """The record holds versions, the whole configuration, and hashes that follow the inputs."""
    one = provenance({"step_mm": 0.25}, {"a": "1"})
    two = provenance({"step_mm": 0.25}, {"a": "2"})
    assert one["config_sha256"] == two["config_sha256"]
    assert one["inputs_sha256"] != two["inputs_sha256"]
    assert one["config"] == {"step_mm": 0.25}
    assert {"iscm", "numpy", "lifelines"} <= set(one["versions"])

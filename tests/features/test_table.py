"""Rows survive CSV and Parquet."""

import json
from datetime import date
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pyarrow import parquet

from features.dictionary import Column, ColumnType, column_names, columns
from features.measure import CaseFeatures, failed_case
from features.rows import Row, empty_row
from features.table import cell_text, json_row, read_rows, write_features, write_rows
from mri.problems import RefusedError
from mri.study import StudyId


def lesion(participant: str = "P01", **values: object) -> Row:
    """Return a row of lesions with some values."""
    return empty_row("lesions") | {"participant_id": participant, "session_id": "01", "lesion_id": 1} | values


def _values(column: Column) -> st.SearchStrategy[object]:
    """Return values that a column may hold."""
    lowest = 0 if column.minimum is None else column.minimum
    highest = lowest + 50 if column.maximum is None else column.maximum
    made: dict[ColumnType, st.SearchStrategy[object]] = {
        ColumnType.ID: st.from_regex(r"\A[A-Z0-9]{1,6}\Z"),
        ColumnType.TEXT: st.text("abcÄ;,\" -'", min_size=1).filter(lambda text: text.strip() == text),
        ColumnType.DATE: st.dates(),
        ColumnType.INT: st.integers(int(lowest), int(highest)),
        ColumnType.NUM: st.floats(lowest, highest),
        ColumnType.BOOL: st.booleans(),
        ColumnType.CODE: st.sampled_from(column.codes or ("x",)),
        ColumnType.CODES: st.lists(st.sampled_from(column.codes or ("x",)), min_size=1, unique=True).map(";".join),
    }
    return made[column.type]


@given(data=st.data())
@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.large_base_example])
@pytest.mark.parametrize("table", ["lesions", "patients"])
def test_any_row_comes_back_equal(table: str, data: st.DataObject, tmp_path_factory: pytest.TempPathFactory) -> None:
    """Whatever the dictionary allows is read back from CSV and from Parquet as it was, missing values too."""
    folder = tmp_path_factory.mktemp("table")
    chosen = data.draw(st.lists(st.sampled_from(columns(table)), max_size=12, unique_by=lambda c: c.name))
    row = empty_row(table) | {"participant_id": "P01", "session_id": "01"}
    row |= {column.name: data.draw(_values(column)) for column in chosen}
    write_rows(folder, table, [row])
    assert read_rows(folder / f"{table}.csv", table) == [row]
    assert read_rows(folder / f"{table}.parquet", table) == [row]


def test_cells_follow_the_rules(tmp_path: Path) -> None:
    """Booleans are 0 and 1, missing is empty, a whole length keeps its decimal point."""
    write_rows(tmp_path, "lesions", [lesion(measurable=False, enh_truncated=True, enh_length_mm=10.0)])
    header, line = (text.split(",") for text in (tmp_path / "lesions.csv").read_text().splitlines())
    cells = dict(zip(header, line, strict=True))
    assert (cells["measurable"], cells["enh_truncated"]) == ("0", "1")
    assert (cells["enh_length_mm"], cells["enh_si_mm"]) == ("10.0", "")


def test_parquet_holds_real_types(tmp_path: Path) -> None:
    """Parquet keeps dates, booleans, integers and floats as such even where every value is missing."""
    write_rows(tmp_path, "patients", [empty_row("patients") | {"participant_id": "P01", "session_id": "01"}])
    schema = parquet.read_schema(tmp_path / "patients.parquet")
    found = [str(schema.field(n).type) for n in ("mri_date", "multiple", "n_lesions", "t2_seg_frac_max", "flags")]
    assert found == ["date32[day]", "bool", "int64", "double", "string"]


def test_rows_are_ordered_whatever_order_they_came_in(tmp_path: Path) -> None:
    """Sessions are written by participant and lesion, and a failed one is among them."""
    failed = failed_case(StudyId(participant="P00", session="01"), author="", status="failed", error="no cord")
    measured = CaseFeatures(lesions=(lesion("P02", lesion_id=2), lesion("P02")), patient=failed.patient)
    write_features(tmp_path, [measured, failed])
    rows = read_rows(tmp_path / "lesions.csv", "lesions")
    assert [(row["participant_id"], row["lesion_id"]) for row in rows] == [("P00", None), ("P02", 1), ("P02", 2)]
    assert (rows[0]["status"], rows[0]["error"]) == ("failed", "no cord")
    assert json.loads((tmp_path / "dictionary.json").read_text())


def test_a_number_that_is_not_finite_is_never_written(tmp_path: Path) -> None:
    """A NaN is a bug of the caller: it raises and leaves no file behind."""
    with pytest.raises(ValueError, match="enh_length_mm is not finite"):
        write_rows(tmp_path, "lesions", [lesion(enh_length_mm=float("nan"))])
    assert list(tmp_path.iterdir()) == []


def test_a_row_without_a_column_is_never_written(tmp_path: Path) -> None:
    """A row that differs from the dictionary raises and names the column."""
    row = lesion()
    del row["enh_length_mm"]
    with pytest.raises(ValueError, match="enh_length_mm"):
        write_rows(tmp_path, "lesions", [row])


def test_a_wrong_cell_is_refused_by_name(tmp_path: Path) -> None:
    """Reading a table that somebody edited names the line and the column."""
    (tmp_path / "lesions.csv").write_text(",".join(column_names("lesions")[:3]) + "\nP01,01,one\n")
    with pytest.raises(RefusedError, match=r"lesions.csv:2: lesion_id"):
        read_rows(tmp_path / "lesions.csv", "lesions")


@pytest.mark.parametrize("table", ["lesions", "patients"])
def test_a_table_of_an_earlier_version_is_read(table: str, tmp_path: Path) -> None:
    """Columns are only added: those that it lacks are empty, those that are no more are left out."""
    row = empty_row(table) | {"participant_id": "P01", "session_id": "01", "flags": "no_cord"}
    write_rows(tmp_path, table, [row])
    path = tmp_path / f"{table}.parquet"
    now = parquet.read_table(path)
    parquet.write_table(now.drop_columns(["synthetic"]).append_column("gone", [["x"]]), path)
    assert read_rows(path, table) == [row]


@pytest.mark.parametrize("kept", [0, 300, -1])
def test_a_cut_table_is_refused_by_name(kept: int, tmp_path: Path) -> None:
    """A Parquet file that a full disk or a copy cut off: named, with what to do."""
    write_rows(tmp_path, "lesions", [lesion()])
    path = tmp_path / "lesions.parquet"
    path.write_bytes(path.read_bytes()[:kept])
    with pytest.raises(RefusedError, match=r"lesions\.parquet: .*measure the whole study again"):
        read_rows(path, "lesions")


def test_numpy_numbers_are_written_as_digits() -> None:
    """A numpy float or a date is written as plain text."""
    numpy = pytest.importorskip("numpy")
    by_name = {column.name: column for column in (*columns("lesions"), *columns("patients"))}
    assert cell_text(by_name["enh_length_mm"], numpy.float64(1.5)) == "1.5"
    assert cell_text(by_name["mri_date"], date(2020, 1, 2)) == "2020-01-02"


def test_json_rows_hold_iso_dates() -> None:
    """A row for JSON has text for its dates and None where a value is missing."""
    assert json_row({"mri_date": date(2020, 1, 2), "n_lesions": None}) == {"mri_date": "2020-01-02", "n_lesions": None}

"""Import of ``cohort.csv`` into SAS and Stata: every column by its place, with type, label and a name of 32 letters.

Both packages cut longer names in silence, which may make two of one; here a longer name keeps its beginning and
gets a short hash of the whole, the same in every table.
"""

import hashlib
import re
import textwrap
from collections.abc import Mapping, Sequence

from features.column import Column
from features.dictionary import all_columns
from survival.clinical_schema import dictionary_columns
from survival.report import RESEARCH_ONLY

FILES = ("import.sas", "import.do")
LONGEST_NAME = 32
"""Letters of a name in SAS (VALIDVARNAME=V7) and in Stata."""
HASH_LETTERS = 6
LONGEST_LABEL = 80
"""Letters of a label in Stata; SAS takes 256."""
TOO_SHORT = 35
"""A beginning with fewer letters, as in "Derived: yes if ...", says nothing alone."""
NUMERIC = ("int", "num", "bool")
LINE = 100
STATA_OPTIONS = 'varnames(nonames) rowrange(2) stringcols(_all) encoding("utf-8") clear'
TABLES = ("cohort", "clinical", "patients", "lesions")
"""Where a column of cohort.csv is defined, the nearest first."""


def short_names(columns: Sequence[str]) -> dict[str, str]:
    """Return column → a name that SAS and Stata take: letters, digits and _, at most 32, unlike in any spelling."""
    out: dict[str, str] = {}
    taken: set[str] = set()
    for column in columns:
        plain = re.sub(r"\W", "_", column, flags=re.ASCII)
        plain = plain if re.match(r"[A-Za-z_]", plain) else f"_{plain}"
        is_kept = plain == column and len(plain) <= LONGEST_NAME and plain.casefold() not in taken
        out[column] = plain if is_kept else _hashed(column, plain)
        taken.add(out[column].casefold())
    return out


def _hashed(column: str, plain: str) -> str:
    mark = hashlib.sha256(column.encode()).hexdigest()[:HASH_LETTERS]
    return f"{plain[: LONGEST_NAME - HASH_LETTERS - 1]}_{mark}"


def import_scripts(columns: Sequence[str], rows: Sequence[Mapping[str, str]]) -> dict[str, str]:
    """Return file name → text of the import for each package, for this cohort table.

    Parameters
    ----------
    columns : sequence of str
        In the order of the file.
    rows : sequence of mapping
        Its cells, for the width of the text columns.
    """
    return {"import.sas": sas(columns, rows), "import.do": stata(columns, rows)}


def sas(columns: Sequence[str], rows: Sequence[Mapping[str, str]]) -> str:
    """Return a data step that reads cohort.csv."""
    names, known = short_names(columns), _definitions()
    is_text = {column: not _is_number(known.get(column)) for column in columns}
    widths = {c: max([1, *(len(row.get(c, "").encode()) for row in rows)]) for c in columns}
    lengths = [f"{names[c]} ${widths[c]}" for c in columns if is_text[c]]
    inputs = [f"{names[c]}{' $' if is_text[c] else ''}" for c in columns]
    labels = [f"{names[c]} = '{_label(c, known).replace(chr(39), chr(39) * 2)}'" for c in columns]
    return "\n".join(
        [
            f"/* cohort.csv into SAS. {RESEARCH_ONLY} */",
            *(f"/* {names[c]} is {c} */" for c in columns if names[c] != c),
            "options validvarname=v7;",
            "data cohort;",
            "  infile 'cohort.csv' dsd dlm=',' firstobs=2 lrecl=1048576 truncover encoding='utf-8' termstr=lf;",
            *_statement("length", lengths),
            *_statement("input", inputs),
            "  label",
            *(f"    {label}" for label in labels),
            "  ;",
            "run;",
            "",
        ]
    )


def stata(columns: Sequence[str], rows: Sequence[Mapping[str, str]]) -> str:
    """Return commands that read cohort.csv: everything as text under v1, v2 …, then named, turned into numbers."""
    names, known = short_names(columns), _definitions()
    numbers = [names[c] for c in columns if _is_number(known.get(c)) and any(row.get(c) for row in rows)]
    return "\n".join(
        [
            f"* cohort.csv into Stata. {RESEARCH_ONLY}",
            *(f"* {names[c]} is {c}" for c in columns if names[c] != c),
            f'import delimited using "cohort.csv", {STATA_OPTIONS}',
            *(f"rename v{place} {names[c]}" for place, c in enumerate(columns, start=1)),
            *(f"destring {number}, replace" for number in numbers),
            *(f'label variable {names[c]} `"{_label(c, known)}"\'' for c in columns),
            "",
        ]
    )


def _statement(word: str, parts: Sequence[str]) -> list[str]:
    """Return a statement of SAS over several lines; none without parts."""
    if not parts:
        return []
    indent = "    "
    lines = textwrap.wrap(" ".join(part.replace(" ", "\0") for part in parts), LINE)
    return [f"  {word}", *(indent + line.replace("\0", " ") for line in lines), "  ;"]


def _definitions() -> dict[str, Column]:
    columns = (*dictionary_columns(), *all_columns())
    order = {table: place for place, table in enumerate(TABLES)}
    nearest = sorted((c for c in columns if c.table in order), key=lambda c: -order[c.table])
    return {column.name: column for column in nearest}


def _is_number(column: Column | None) -> bool:
    return column is not None and column.type.value in NUMERIC


def _label(name: str, known: Mapping[str, Column]) -> str:
    """Return the beginning of a column's definition, without signs that a package would take as its own."""
    column = known.get(name)
    text = (name if column is None else _beginning(column.definition)) or name
    plain = re.sub(r"[^\w ,.:()/<>=+*-]", " ", text.replace("≥", ">=").replace(";", ","), flags=re.ASCII)
    return textwrap.shorten(plain, LONGEST_LABEL, placeholder=" ...")


def _beginning(definition: str) -> str:
    """Return the first clause of a definition, and further ones while it is too short to say anything."""
    ends = [found.start() for found in re.finditer(r"(?<=[a-z)])[.;:] ", definition)]
    return definition[: next((end for end in ends if end >= TOO_SHORT), None)].rstrip(".")

"""The committed synthetic table of 61 patients, made from the published counts of Lv 2019.

Survival times and the groups of Table 7 are those of ``source/lv_like.csv``, 58 patients found by search so that the
published medians, tests and hazard ratios come out. Everything else is dealt out at random so that the published counts
of Tables 2–6 hold. It proves rules and code; it is no evidence about patients.
"""

import random
from collections.abc import Iterable, Mapping
from pathlib import Path

from sample_scans import lv_counts as lv
from sample_scans.cohort_tables import read_rows, write_rows

FOLDER = Path(__file__).parent / "cohort_lv"
SEED = 2019

Row = dict[str, str]


def build(source: Path = FOLDER / "source") -> list[Row]:
    """Return the rows of cohort.csv; the last three patients are lost to follow-up."""
    rng = random.Random(SEED)
    given = [*read_rows(source / "lv_like.csv"), *_lost()]
    rows = [_base(number, row) for number, row in enumerate(given, start=1)]
    _deal(rows, "ecog_ps", lv.ECOG_LOW, rng, [i for i, row in enumerate(given) if row["ps_0_2"] == "1"])
    _deal(rows, "ecog_ps", lv.ECOG_HIGH, rng, [i for i, row in enumerate(given) if row["ps_0_2"] == "0"])
    _deal(rows, "paraplegia", lv.PARAPLEGIA, rng)
    _deal(rows, "primary_control", lv.PRIMARY_CONTROL, rng)
    _deal(rows, "diagnosis_basis", {"cord_biopsy_or_resection": lv.CORD_PATHOLOGY}, rng, other="mri_clinical")
    _ages(rows, given, rng)
    _primaries(rows, rng)
    _intervals(rows, rng)
    _regions(rows, given, rng)
    _sites(rows, given, rng)
    _treatments(rows, given, rng)
    return rows


def write(folder: Path = FOLDER) -> Path:
    """Write cohort.csv into `folder`, whole or not at all."""
    return write_rows(folder / "cohort.csv", build())


def _lost() -> list[Row]:
    """Return the three patients whom the published counts have and the survival analysis has not."""
    common = {"event": "lost", "male": "0", "age_le55": "0", "ps_0_2": "0", "one_site": "0", "one_level": "1"}
    return [
        common | {"os_months": str(months), "treated": treated}
        for months, treated in zip(lv.LOST_MONTHS, ("1", "0", "0"), strict=True)
    ]


def _base(number: int, row: Mapping[str, str]) -> Row:
    return {
        "participant_id": f"LV{number:03d}",
        "synthetic": "1",
        "author": "synthetic",
        "sex": "male" if row["male"] == "1" else "female",
        "age_at_diagnosis_years": "",
        "vital_status": {"1": "dead", "0": "alive"}.get(row["event"], "lost"),
        "os_months": row["os_months"],
    }


def _deal(
    rows: list[Row],
    column: str,
    counts: Mapping[int, int] | Mapping[str, int],
    rng: random.Random,
    among: Iterable[int] | None = None,
    other: str = "",
) -> None:
    """Give each value to as many patients as it has, at random; `other` to the rest."""
    places = list(range(len(rows)) if among is None else among)
    values = [str(value) for value, count in counts.items() for _ in range(count)]
    values += [other] * (len(places) - len(values))
    rng.shuffle(values)
    for place, value in zip(places, values, strict=True):
        rows[place][column] = value


def _ages(rows: list[Row], given: list[Row], rng: random.Random) -> None:
    limits = [
        (lv.AGE_LOW, lv.AGE_CUTOFF) if row["age_le55"] == "1" else (lv.AGE_CUTOFF + 1, lv.AGE_HIGH) for row in given
    ]
    ages = [rng.randint(*limit) for limit in limits]
    young = next(i for i, limit in enumerate(limits) if limit[0] == lv.AGE_LOW)
    old = next(i for i, limit in enumerate(limits) if limit[1] == lv.AGE_HIGH)
    ages[young], ages[old] = lv.AGE_LOW, lv.AGE_HIGH
    _to_sum(ages, limits, lv.AGE_SUM_YEARS, fixed={young, old})
    for row, age in zip(rows, ages, strict=True):
        row["age_at_diagnosis_years"] = str(age)


def _to_sum(values: list[int], limits: list[tuple[int, int]], total: int, fixed: set[int]) -> None:
    """Move values by one, in turn and within their limits, until their sum is `total`."""
    while (missing := total - sum(values)) != 0:
        step = 1 if missing > 0 else -1
        before = list(values)
        for i, (low, high) in enumerate(limits):
            if i not in fixed and low <= values[i] + step <= high and sum(values) != total:
                values[i] += step
        if values == before:
            raise ValueError("the sum cannot be reached within the limits")


def _primaries(rows: list[Row], rng: random.Random) -> None:
    kinds = [(primary, subtype) for primary, subtype, count in lv.PRIMARIES for _ in range(count)]
    rng.shuffle(kinds)
    kinds.sort(key=lambda kind: kind[0] not in lv.SEX_OF_PRIMARY)
    free = list(range(len(rows)))
    rng.shuffle(free)
    for primary, subtype in kinds:
        sexes = lv.SEX_OF_PRIMARY.get(primary, ("male", "female"))
        place = next(i for i in free if rows[i]["sex"] in sexes)
        free.remove(place)
        rows[place] |= {"primary_malignancy": primary, "primary_subtype": subtype}


def _intervals(rows: list[Row], rng: random.Random) -> None:
    """Days from the primary to the ISCM, and from paraplegia, whose sums give the published means."""
    later = len(rows) - lv.AT_PRIMARY_DIAGNOSIS
    days = [*_split(lv.INTERVAL_SUM_DAYS, later, lv.LONGEST_INTERVAL_DAYS, rng), *[0] * lv.AT_PRIMARY_DIAGNOSIS]
    rng.shuffle(days)
    for row, day in zip(rows, days, strict=True):
        row["primary_diagnosis_days"] = str(-day)
    paralysed = [row for row in rows if row["paraplegia"] == "1"]
    spans = _split(lv.PARAPLEGIA_SUM_DAYS, len(paralysed), lv.PARAPLEGIA_SUM_DAYS // 6, rng)
    for row in rows:
        row["paraplegia_interval_days"] = ""
    for row, span in zip(paralysed, spans, strict=True):
        row["paraplegia_interval_days"] = str(span)


def _split(total: int, parts: int, longest: int, rng: random.Random) -> list[int]:
    """Return so many whole numbers of at least 1 with that sum, the largest of them `longest`."""
    share = (total - longest) // (parts - 1)
    values = [longest, *(rng.randint(max(share // 3, 1), share) for _ in range(parts - 1))]
    limits = [(1, longest)] * parts
    _to_sum(values, limits, total, fixed={0})
    return values


def _spread(degrees: list[int], counts: Mapping[str, int]) -> list[list[str]]:
    """Return for each patient as many of the things as wanted, so that each thing is given out as often as counted."""
    left = dict(counts)
    out: list[list[str]] = [[] for _ in degrees]
    for i in sorted(range(len(degrees)), key=lambda k: -degrees[k]):
        chosen = sorted(left, key=lambda name: -left[name])[: degrees[i]]
        for name in chosen:
            left[name] -= 1
        out[i] = [name for name in counts if name in chosen]
    if any(left.values()):
        raise ValueError("the counts cannot be given out")
    return out


def _regions(rows: list[Row], given: list[Row], rng: random.Random) -> None:
    several = [number for number, count in lv.REGIONS_EACH.items() if number > 1 for _ in range(count)]
    rng.shuffle(several)
    left = iter(several)
    degrees = [1 if row["one_level"] == "1" else next(left) for row in given]
    for row, found in zip(rows, _spread(degrees, lv.REGIONS), strict=True):
        row |= {"regions": ";".join(found), "n_regions": str(len(found))}


def _sites(rows: list[Row], given: list[Row], rng: random.Random) -> None:
    """Deal the organs out to the published numbers of sites.

    The groups of Table 7 have two patients more with one site than Figure 3 has: they have two organs by staging and
    ``n_other_metastatic_sites`` = 1, and ``met_other``, not known of anybody, keeps the two columns apart.
    """
    several = [number for number, count in lv.SITES_EACH.items() if number > 1 for _ in range(count)]
    singles = [i for i, row in enumerate(given) if row["one_site"] == "1"]
    apart = set(singles[lv.SITES_EACH[1] :])
    rng.shuffle(several)
    left = iter(several)
    fixed = {"": 0, "1": 1}
    degrees = [
        next(left) if i in apart or row["one_site"] == "0" else fixed[row["one_site"]] for i, row in enumerate(given)
    ]
    for i, (row, found) in enumerate(zip(rows, _spread(degrees, lv.SITES), strict=True)):
        row |= {name: str(int(name in found)) for name in lv.SITES} | {"met_other": ""}
        row["n_other_metastatic_sites"] = "1" if i in apart else str(len(found))


def _treatments(rows: list[Row], given: list[Row], rng: random.Random) -> None:
    courses = [(name, given, response) for name, given, response, count in lv.TREATMENTS for _ in range(count)]
    rng.shuffle(courses)
    left = iter(courses)
    answered = 0
    for row, source in zip(rows, given, strict=True):
        name, chosen, response = next(left) if source["treated"] == "1" else ("", (), "")
        known = source["treated"] != ""
        row["treatment_status"] = {"1": "treated", "0": "refused"}.get(source["treated"], "")
        row |= {f"treatment_{t}": str(int(t in chosen)) if known else "" for t in lv.TREATMENT_NAMES}
        irradiated = "radiotherapy" in chosen and response != ""
        dose = lv.SINGLE_DOSE_GY if irradiated and not answered else lv.DOSES_GY[answered % len(lv.DOSES_GY)]
        row |= {
            "treatment_combination": name,
            "response_symptoms": response,
            "rt_technique": "" if not irradiated else "conventional" if answered else "other",
            "rt_dose_per_fraction_gy": str(dose) if irradiated else "",
        }
        answered += irradiated


if __name__ == "__main__":
    write()

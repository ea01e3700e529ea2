"""The methods paragraphs of a report, put together from the plan and from what was really computed.

Every sentence rests on a setting of the plan or on a number that exists; what was not done is not mentioned.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from survival.beyond import BOOTSTRAPS, FEW_EVENTS, SMALL_FOR_CHI_SQUARE
from survival.numbers import Numbers
from survival.plan import Group, Plan, Row
from survival.uncertainty import MOST_ASSIGNMENTS

ORIGINS = {"iscm_diagnosis": "the diagnosis of the ISCM", "iscm_presentation": "the clinical presentation of the ISCM"}
LOST = {
    "censored": "patients alive or lost to follow-up were censored on the day last known alive",
    "excluded": "patients alive were censored on the day last known alive, and those lost to follow-up were left out",
}
ZERO = {
    "keep": "A survival of 0 days was kept.",
    "half_day": "A survival of 0 days was set to half a day.",
    "refuse": "A survival of 0 days would have been refused.",
}
TESTS = {
    "logrank": "the log-rank (Mantel–Cox) test",
    "gehan": "the Gehan–Breslow–Wilcoxon test",
    "tarone": "the Tarone–Ware test",
    "peto": "the Peto–Peto test",
}
RATIOS = {
    "cox": "a Cox model",
    "mantel_haenszel": "the method of Mantel and Haenszel, exp((O − E)/V)",
}
AUTO, SEVERAL = "auto", ";"
"""Author of proposals, and what joins the authors of a row."""
CUTS = {
    "t2_ge2": "2 or more vertebral segments of t2_seg_count_max",
    "t2_ge3": "3 or more vertebral segments of t2_seg_count_max",
    "age_gt55": "age above 55 years",
    "ps_3_4": "ECOG performance status 3 to 4 against 0 to 2",
    "sites_2_4": "2 to 4 other metastatic sites against 1",
    "regions_2_4": "2 to 4 regions of the cord against 1",
}
"""Columns of the dictionary that are cut-offs already."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Done:
    """The plan, its numbers, and those of its rows that had patients."""

    plan: Plan
    numbers: Numbers
    rows: tuple[Row, ...]


def methods_of(plan: Plan, numbers: Numbers, versions: Mapping[str, str | None]) -> tuple[str, ...]:
    """Return the methods as paragraphs.

    Parameters
    ----------
    plan : Plan
    numbers : Numbers
        A row whose variable nobody has is not mentioned, nor an addition that no row got.
    versions : mapping of software to its version
    """
    with_patients = {row.row_id for row in numbers.rows if row.n}
    done = _Done(plan=plan, numbers=numbers, rows=tuple(row for row in plan.rows if row.id in with_patients))
    paragraphs = (" ".join(dict.fromkeys(part(done))) for part in PARTS)
    return (*(text for text in paragraphs if text), _software(versions))


def _survival(done: _Done) -> Iterator[str]:
    plan = done.plan
    yield f"Survival was counted from {ORIGINS[plan.origin]} (day 0) to death from any cause; {LOST[plan.lost]}."
    others = sorted({row.origin for row in done.rows if row.origin and row.origin != plan.origin})
    for origin in others:
        labels = _listed([row.label for row in done.rows if row.origin == origin])
        yield f"A second origin was {ORIGINS[origin]} (rows: {labels})."
    if plan.zero_duration is not None:
        yield ZERO[plan.zero_duration]
    if plan.filters:
        yield f"Only these patients were analysed: {_listed([condition.label for condition in plan.filters])}."
    used = {row.subset for row in done.rows}
    for subset in (one for one in plan.subsets if one.name in used):
        yield f"Rows of the subset “{subset.label}” were limited to it ({_rule(subset.variable, subset.group())})."
    if plan.accept_suggested:
        yield "Imaging findings that were suggested automatically and confirmed by nobody were accepted."
    else:
        yield "Only imaging findings confirmed by a reader were used; suggested ones count as missing."
    if any(AUTO in (row.author or "").split(SEVERAL) for row in done.numbers.rows):
        yield "Masks and measures of some or all patients are automatic proposals that no reader signed."


def _estimates(done: _Done) -> Iterator[str]:
    level = f"{100 * done.plan.confidence:g}%"
    yield (
        "Medians are product-limit (Kaplan–Meier) estimates; where the curve rests at exactly 0.5 the median is the "
        f"midpoint of that step. Their {level} confidence intervals are those of Brookmeyer and Crowley on the log-log "
        "scale; the upper limit may be the last event time."
    )
    month = f"{done.plan.days_per_month:g} days"
    yield f"Times are printed in {done.plan.print.time_unit}; a month is {month}."
    yield "The median follow-up is that of the reverse Kaplan–Meier estimate."


def _comparisons(done: _Done) -> Iterator[str]:
    for test, words in TESTS.items():
        rows = [row for row in done.rows if row.test == test]
        second = [row for row in done.rows if row.second_test == test]
        if rows:
            yield f"Groups were compared by {words} in {_number(rows, 'row')}."
        if second:
            yield f"{words[:1].upper()}{words[1:]} stands beside it in {_number(second, 'row')}."
    continuous = [row for row in done.rows if row.test == "cox_wald"]
    ties = done.plan.ties.capitalize()
    if continuous:
        yield (
            f"Continuous variables ({_listed([row.label for row in continuous])}) were entered into a univariable Cox "
            f"model each, with {ties} ties; the hazard ratio is per unit, P that of Wald."
        )
    for ratio, words in RATIOS.items():
        rows = [row for row in done.rows if row.hazard_ratio == ratio]
        if rows:
            with_ties = f" with {ties} ties" if ratio == "cox" else ""
            yield f"The hazard ratio of two groups is that of {words}{with_ties} ({_number(rows, 'row')})."
    if any(row.test != "none" for row in done.rows):
        but = " but the models of several covariates" if done.plan.models else ""
        yield f"All comparisons{but} are univariable; all P values are two-sided."


def _models(done: _Done) -> Iterator[str]:
    fitted = {row.row_id for row in done.numbers.rows if row.hr is not None}
    for model in (one for one in done.plan.models if one.id in fitted):
        labels = _listed([done.plan.row(name).label for name in model.covariates])
        entry = f"; at risk from {model.entry}" if model.entry else ""
        yield f"Model “{model.label}” ({model.kind}{entry}) has the covariates {labels}."


def _cut_points(done: _Done) -> Iterator[str]:
    cuts = [f"{row.label}: {_groups(row)}" for row in done.rows if any(_is_cut(group) for group in row.groups)]
    known = [f"{row.label}: {CUTS[row.variable]}" for row in done.rows if row.variable in CUTS]
    found = list(dict.fromkeys([*cuts, *known]))
    if found:
        yield f"Cut points, as declared in the plan: {'; '.join(found)}."


def _missing(done: _Done) -> Iterator[str]:
    if any(row.variable for row in done.rows):
        yield "Each row uses the patients whose variable and survival time are known; nothing was imputed."
    recoded = {result.row_id for result in done.numbers.rows if result.n_na_recoded}
    for row in (one for one in done.rows if one.id in recoded):
        yield f"In “{row.label}” a finding that could not be assessed counts as {row.na_counts_as}."
    for row in (one for one in done.rows if one.missing_if):
        limit = row.missing_if
        words = "" if limit is None else _rule(limit.variable, limit.group())
        yield f"In “{row.label}” a value counts as missing where {words}."


def _later(done: _Done) -> Iterator[str]:
    rows = [row for row in done.rows if row.post_baseline]
    if rows:
        yield (
            f"Known only after day 0, and so biased by immortal time: {_listed([row.label for row in rows])}; "
            "the naive comparison is printed with that warning."
        )
    exposed = {row.row_id for row in done.numbers.additions if row.exposed is not None}
    for day in dict.fromkeys(row.exposed_from for row in rows if row.id in exposed):
        labels = _listed([f"“{row.label}”" for row in rows if row.exposed_from == day])
        yield f"As a covariate that changes on the day of {day} was also entered: {labels}."


def _multiplicity(done: _Done) -> Iterator[str]:
    family = done.plan.multiplicity
    adjusted = {row.row_id for row in done.numbers.rows if row.p_holm is not None}
    beside = "; those of the models are not among them" if done.plan.models else ""
    if family is not None and adjusted:
        yield (
            f"P values were adjusted by the methods of Holm and of Benjamini and Hochberg over {family.family} "
            f"({len(adjusted)} P values{beside}); the unadjusted ones stand beside them."
        )
    elif any(row.test != "none" for row in done.rows):
        yield "P values were not adjusted for multiplicity."


def _additions(done: _Done) -> Iterator[str]:
    rows = done.numbers.additions
    made: list[tuple[str, Sequence[object]]] = [
        (
            "hazard ratios per unit, or of one of two groups, were estimated by univariable Cox models",
            [row.cox for row in rows],
        ),
        ("proportional hazards were tested by the score test along 1 − S(t)", [row.ph_p for row in rows]),
        (
            "a permutation P of the log-rank statistic was computed where a group has fewer than "
            f"{SMALL_FOR_CHI_SQUARE} patients or {FEW_EVENTS} deaths",
            [row.permutation_p for row in rows],
        ),
        (
            f"a hazard ratio penalised after Firth was estimated where a group has fewer than {FEW_EVENTS} deaths or "
            "the Cox model has no estimate",
            [row.firth for row in rows],
        ),
        (
            f"Harrell's C of continuous variables was corrected by its optimism in {BOOTSTRAPS} bootstrap samples",
            [row.concordance for row in rows],
        ),
    ]
    said = [words for words, values in made if any(value is not None for value in values)]
    if said:
        yield f"Beyond the source of the method: {'; '.join(said)}."


def _doubts(done: _Done) -> Iterator[str]:
    sources = {row.source for row in done.numbers.uncertain}
    drawn = any(row.method == "monte_carlo" for row in done.numbers.uncertain)
    how = f"every assignment, or {MOST_ASSIGNMENTS} drawn ones with a fixed seed," if drawn else "every assignment"
    if "measurement" in sources:
        yield f"Rows of extents were computed again for {how} of the patients whose perturbation range allows another."
    if "reader" in sources:
        yield f"Rows on which a second reader differs were computed again for {how} of the patients in question."


def _software(versions: Mapping[str, str | None]) -> str:
    known = [f"{name} {version}" for name, version in versions.items() if version]
    return f"Software: {', '.join(known)}."


def _groups(row: Row) -> str:
    return " | ".join(f"{group.label} ({_rule(row.variable, group)})" for group in row.groups)


def _rule(variable: str, group: Group) -> str:
    if group.codes:
        return f"{variable} is {' or '.join(group.codes)}"
    ends = (("≥", group.at_least), ("<", group.below))
    return f"{variable} {' and '.join(f'{sign} {end:g}' for sign, end in ends if end is not None)}"


def _is_cut(group: Group) -> bool:
    return group.at_least is not None or group.below is not None


def _number(rows: Sequence[Row], word: str) -> str:
    return f"{len(rows)} {word}{'' if len(rows) == 1 else 's'}"


def _listed(names: Sequence[str]) -> str:
    return "; ".join(dict.fromkeys(names))


PARTS = (
    _survival,
    _estimates,
    _comparisons,
    _models,
    _cut_points,
    _missing,
    _later,
    _multiplicity,
    _additions,
    _doubts,
)
"""A paragraph each, in this order; one without a sentence is left out."""

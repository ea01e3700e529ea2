"""Every number that R gave, by its place in R's files, beside the number that this package gives for it.

A place is ``grouped/lung_sex/groups/1/km/log-log/median``: keys, names or labels of entries, positions in lists.
"""

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from survival.estimate import (
    Curve,
    Scale,
    Ties,
    TimeScale,
    Weighting,
    adjusted_p,
    concordance,
    cox_model,
    exact_cox_regression,
    kaplan_meier,
    log_rank,
    log_rank_hazard_ratio,
    mantel_haenszel_hazard_ratio,
    proportional_hazards,
    quantile_survival,
    restricted_mean,
)
from survival.estimate.checked import normal_quantile
from survival.estimate.cox import CoxFit
from survival.estimate.groups import covariance_of, death_table, excess_deaths
from tests.survival.r_inputs import MODELS, SEVERAL, frame_of, groups_of, model_of

Values = dict[str, float | None]
SCALES: Mapping[str, Scale] = {"log-log": "log-log", "log": "log", "plain": "linear"}
OTHER_SCALES = ("logit", "arcsin")
TESTS: Mapping[str, Weighting] = {
    "hand_logrank": "logrank",
    "gehan": "gehan",
    "tarone": "tarone",
    "peto_modified_S": "peto",
}
CSV_TESTS = {
    "logrank_chisq": "tests/survdiff_rho0/chisq",
    "logrank_p": "tests/survdiff_rho0/p",
    "gehan_chisq": "tests/gehan/chisq",
    "gehan_p": "tests/gehan/p",
    "tarone_p": "tests/tarone/p",
    "peto_rho1_chisq": "tests/survdiff_rho1/chisq",
    "peto_rho1_p": "tests/survdiff_rho1/p",
    "peto_modS_p": "tests/peto_modified_S/p",
} | {f"HR_{name}{end}": f"graphpad_hr/HR_{name}{end}" for name in ("MH", "logrank") for end in ("", "_lo", "_hi")}
TIES: tuple[Ties, ...] = ("breslow", "efron")
TIME_SCALES: tuple[TimeScale, ...] = ("km", "rank", "identity", "log")


def leaves(value: object, place: str = "") -> Iterator[tuple[str, object]]:
    """Yield every number, word and null of a JSON value with its place."""
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from leaves(inner, f"{place}/{key}" if place else key)
    elif isinstance(value, list):
        for position, inner in enumerate(value):
            called = inner.get("name", inner.get("label")) if isinstance(inner, dict) else position
            yield from leaves(inner, f"{place}/{called}")
    else:
        yield place, value


def places_in_csv(row: Mapping[str, str], terms: Mapping[str, Sequence[str]]) -> Iterator[tuple[str, str]]:
    """Yield for each number of a row of R's three CSV files its place in ``r_reference.json``, and the number's text.

    Parameters
    ----------
    terms : names of the coefficients of each model, in their order
    """
    if "conf_type" in row:
        inner = row["group"] if row["set"] == "edge" else f"{row['set']}/groups/{row['group']}"
        base = f"{'edge_km' if row['set'] == 'edge' else 'grouped'}/{inner}"
        names = {name: f"{base}/{name}" for name in ("n", "events", "rmean_to_last_obs")}
        names |= {n: f"{base}/km/{row['conf_type']}/{n}" for n in ("median", "lower", "upper", "q25", "q75")}
    elif "logrank_chisq" in row:
        names = {name: f"grouped/{row['set']}/{place}" for name, place in CSV_TESTS.items()}
    else:
        base, position = f"cox/{row['model']}/fits/{row['ties']}", terms[row["model"]].index(row["term"])
        own = "" if len(terms[row["model"]]) == 1 else f"/{position}"
        names = {"n": f"{base}/n", "events": f"{base}/nevent", "cindex": f"{base}/concordance/0"}
        names |= {name: f"{base}/{name}{own}" for name in ("coef", "se", "HR", "lo", "hi")}
        names["wald_p"] = f"{base}/p{own}"
        names |= {f"zph_{scale}_p": f"{base}/zph_{scale}/p/{position}" for scale in ("km", "rank")}
    assert {*row} == {*names} | ({*row} & {"set", "group", "conf_type", "k", "model", "ties", "term"})
    yield from ((place, row[name]) for name, place in names.items())


def computed(folder: Path, reference: Mapping[str, Any]) -> Values:
    """Return what this package gives for every place of ``r_reference.json`` that it has a number for."""
    out: Values = {}
    for grouped in reference["grouped"]:
        out |= _grouped(folder, grouped)
    for case in reference["edge_km"]:
        frame = frame_of(folder, case["label"])
        out |= _sample(f"edge_km/{case['label']}", frame["time"].to_numpy(), frame["event"].to_numpy())
    for part in ("overall_km", "reverse_km"):
        for case in reference[part]:
            frame = frame_of(folder, case["label"])
            time, event = frame["time"].to_numpy(), frame["event"].to_numpy()
            out |= _sample(f"{part}/{case['label']}", time, 1 - event if part == "reverse_km" else event)
    for name in MODELS:
        out |= _cox(folder, name)
    return out | _time_varying(folder) | _adjusted(reference["p_adjust"]["p"])


def _listed(place: str, values: Iterable[object], *, is_single: bool) -> Values:
    """Return one value per entry; R's writer has a bare number where there is one entry only."""
    numbers = [None if value is None else float(str(value)) for value in values]
    return {place if is_single else f"{place}/{i}": value for i, value in enumerate(numbers)}


def _sample(place: str, time: Any, event: Any) -> Values:
    out: Values = {f"{place}/n": len(time), f"{place}/events": int(event.sum())}
    curves = {name: kaplan_meier(time, event, scale=scale) for name, scale in SCALES.items()}
    for name in (*SCALES, *OTHER_SCALES):
        out |= _curve(f"{place}/km/{name}", curves.get(name, curves["log-log"]), name)
    mean = restricted_mean(curves["log"], float(time.max()))
    return out if mean is None else out | {f"{place}/rmean_to_last_obs": mean}


def _curve(place: str, curve: Curve, scale: str) -> Values:
    is_single = len(curve.time_days) == 1
    median = quantile_survival(curve, 0.5, rule="r")
    out: Values = {f"{place}/median": median.estimate}
    out |= {f"{place}/q{share}": quantile_survival(curve, share / 100, rule="r").estimate for share in (25, 75)}
    columns: dict[str, Sequence[object]] = {
        "time": curve.time_days,
        "n_risk": curve.at_risk,
        "n_event": curve.events,
        "surv": curve.survival,
    }
    for name, values in columns.items():
        out |= _listed(f"{place}/{name}", values, is_single=is_single)
    if scale in SCALES:
        out |= {f"{place}/lower": median.low, f"{place}/upper": median.high}
        # R has an interval at S = 1 on the scales where its width is 0, and none at S = 0
        certain = (0.0,) if scale in ("plain", "log") else (0.0, 1.0)
        open_places = [i for i, s in enumerate(curve.survival) if s in certain]
        for name, values in (("cl", curve.low), ("cu", curve.high)):
            out |= _without(_listed(f"{place}/{name}", values, is_single=is_single), open_places)
    if scale == "log":
        out |= _errors(place, curve, is_single=is_single)
    return out


def _without(values: Values, positions: Sequence[int]) -> Values:
    return {name: value for i, (name, value) in enumerate(values.items()) if i not in positions}


def _errors(place: str, curve: Curve, *, is_single: bool) -> Values:
    """Return the standard error of S from its limit on the log scale, for all scales; none where S is 0."""
    z, root = normal_quantile(0.95), place.rsplit("/", 1)[0]
    errors = [-math.log(low / s) * s / z if s else None for s, low in zip(curve.survival, curve.low, strict=True)]
    return {
        name: value
        for scale in (*SCALES, *OTHER_SCALES)
        for name, value in _listed(f"{root}/{scale}/std_err_S", errors, is_single=is_single).items()
        if value is not None
    }


def _grouped(folder: Path, grouped: Mapping[str, Any]) -> Values:
    frame, place = groups_of(folder, grouped["name"]), f"grouped/{grouped['name']}"
    out: Values = {}
    for group in grouped["groups"]:
        inside = frame[frame["label"] == group["label"]]
        out |= _sample(f"{place}/groups/{group['label']}", inside["time"].to_numpy(), inside["event"].to_numpy())
    time, event = frame["time"].to_numpy(), frame["event"].to_numpy()
    labels = frame["label"].tolist()
    for name, weighting in TESTS.items():
        out |= _test(f"{place}/tests/{name}", time, event, labels, weighting)
    plain = f"{place}/tests/hand_logrank"
    renamed = {"obs": "O", "exp": "E", "chisq": "chisq", "p": "p"}
    for theirs, mine in renamed.items():
        taken = {k: v for k, v in out.items() if k == f"{plain}/{mine}" or k.startswith(f"{plain}/{mine}/")}
        out |= {k.replace(f"{plain}/{mine}", f"{place}/tests/survdiff_rho0/{theirs}"): v for k, v in taken.items()}
    out[f"{place}/tests/survdiff_rho0/var11"] = out[f"{plain}/V"]
    # R's FH(1, 0) shares with the others what does not depend on the weight
    out |= {k.replace("hand_logrank", "fh10"): v for k, v in out.items() if _is_unweighted(k, plain)}
    return out | _ratios(place, grouped, time, event, labels)


def _is_unweighted(place: str, plain: str) -> bool:
    return place.startswith((f"{plain}/O/", f"{plain}/E/", f"{plain}/df"))


def _test(place: str, time: Any, event: Any, labels: list[str], weighting: Weighting) -> Values:
    test = log_rank(time, event, labels, weighting=weighting)
    assert test is not None, place
    out: Values = {f"{place}/chisq": test.statistic, f"{place}/p": test.p, f"{place}/df": test.degrees_of_freedom}
    table = death_table(time, event, np.asarray(labels), weighting)
    plain = death_table(time, event, np.asarray(labels))
    observed = plain.group_deaths.sum(axis=0)
    out |= _listed(f"{place}/O", observed, is_single=False)
    out |= _listed(f"{place}/E", observed - excess_deaths(plain), is_single=False)
    out |= _listed(f"{place}/U", excess_deaths(table), is_single=False)
    return out | {f"{place}/V": float(covariance_of(table)[0, 0])}


def _ratios(place: str, grouped: Mapping[str, Any], time: Any, event: Any, labels: list[str]) -> Values:
    if not grouped["graphpad_hr"]:
        return {}
    member = [label == str(grouped["graphpad_hr"]["group_first"]) for label in labels]
    out: Values = {}
    for name, ratio in (
        ("MH", mantel_haenszel_hazard_ratio(time, event, member)),
        ("logrank", log_rank_hazard_ratio(time, event, member)),
    ):
        for end, value in (("", ratio.estimate), ("_lo", ratio.low), ("_hi", ratio.high)):
            out[f"{place}/graphpad_hr/HR_{name}{end}"] = value
    return out


def _coefficients(place: str, fits: Sequence[CoxFit]) -> Values:
    is_single = len(fits) == 1
    columns = {
        "coef": [fit.coefficient for fit in fits],
        "se": [fit.standard_error for fit in fits],
        "HR": [fit.hazard_ratio for fit in fits],
        "lo": [fit.low for fit in fits],
        "hi": [fit.high for fit in fits],
        "z": [fit.coefficient / fit.standard_error for fit in fits],
        "p": [fit.p for fit in fits],
    }
    out: Values = {}
    for name, values in columns.items():
        out |= _listed(f"{place}/{name}", values, is_single=is_single)
    return out


def _cox(folder: Path, name: str) -> Values:
    time, event, x = model_of(folder, name)
    out: Values = {}
    for ties in TIES:
        place = f"cox/{name}/fits/{ties}"
        model = cox_model(time, event, x, ties=ties)
        assert model is not None, place
        out |= _coefficients(place, model.coefficients)
        out |= _listed(f"{place}/loglik", model.log_likelihood, is_single=False)
        for test, key in ((model.likelihood_ratio, "lr"), (model.score, "score"), (model.wald, "wald")):
            statistic = round(test.statistic, 2) if key == "wald" else test.statistic
            out |= _listed(f"{place}/{key}", (statistic, test.degrees_of_freedom, test.p), is_single=False)
        score = np.round(x @ np.array([fit.coefficient for fit in model.coefficients]), 12)
        out |= {f"{place}/concordance/0": concordance(time, event, score)}
        out |= _proportional(place, time, event, x, ties)
        out |= {f"{place}/n": len(time), f"{place}/nevent": int(event.sum())}
    exact = f"cox/{name}/fits/exact"
    out |= {f"{exact}/n": len(time), f"{exact}/nevent": int(event.sum())}
    if name in SEVERAL:
        return out
    out[f"{exact}/concordance/0"] = out[f"cox/{name}/fits/breslow/concordance/0"]
    fit = exact_cox_regression(time, event, x[:, 0])
    assert fit is not None, exact
    return out | _coefficients(exact, [fit])


def _proportional(place: str, time: Any, event: Any, x: Any, ties: Ties) -> Values:
    out: Values = {}
    for scale in TIME_SCALES:
        tests = proportional_hazards(time, event, x, ties=ties, time_scale=scale)
        assert tests is not None, place
        out |= _listed(f"{place}/zph_{scale}/chisq", [test.statistic for test in tests], is_single=False)
        out |= _listed(f"{place}/zph_{scale}/p", [test.p for test in tests], is_single=False)
    return out


def _time_varying(folder: Path) -> Values:
    import pandas as pd

    heart = pd.read_csv(folder / "data" / "heart.csv")
    start, stop, event = (heart[name].to_numpy(dtype=np.float64) for name in ("start", "stop", "event"))
    x = heart[["transplant", "age", "surgery"]].to_numpy(dtype=np.float64)
    out: Values = {}
    for ties in TIES:
        model = cox_model(stop, event, x, ties=ties, entry_days=start)
        assert model is not None
        out |= _coefficients(f"tvcox_heart/{ties}", model.coefficients)
    return {place: value for place, value in out.items() if "/HR/" not in place and "/z/" not in place}


def _adjusted(given: Sequence[float]) -> Values:
    return {
        **_listed("p_adjust/holm", adjusted_p(given, "holm"), is_single=False),
        **_listed("p_adjust/BH", adjusted_p(given, "bh"), is_single=False),
    }

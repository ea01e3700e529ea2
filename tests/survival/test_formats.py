"""Numbers as a journal prints them."""

import pytest

from survival.formats import estimate, interval, p_value, rounded, share, significant


@pytest.mark.parametrize(
    ("value", "decimals", "text"),
    [
        (307.5, 0, "308"),
        (10.25, 1, "10.3"),
        (306.49999999999994, 0, "307"),
        (306.4999, 0, "306"),
        (0.285, 2, "0.29"),
        (-0.5, 0, "-1"),
    ],
)
def test_halves_go_away_from_zero(value: float, decimals: int, text: str) -> None:
    """As the papers print 307.5 days and 10.25 months."""
    assert rounded(value, decimals) == text


@pytest.mark.parametrize(
    ("p", "text"),
    [(0.00043, "<.001"), (0.001, ".001"), (0.0182, ".018"), (0.99951, ">.999"), (0.9994, ".999"), (None, "—")],
)
def test_p(p: float | None, text: str) -> None:
    """Three decimals without a leading zero, and never .000 or 1.000."""
    assert p_value(p) == text


def test_estimates_say_what_is_not_estimable() -> None:
    """NE stands for a limit, for both, or for the estimate."""
    assert estimate(104, 48, 156) == "104 (48–156)"
    assert estimate(40, 21, None) == "40 (21–NE)"
    assert estimate(38, None, None) == "38 (NE)"
    assert estimate(None, None, None) == "NE"
    assert estimate(None, 5, None) == "NE (5–NE)"
    assert interval(0.957, 1.085, 2) == "0.96–1.09"


def test_share_of_nothing() -> None:
    """No percentage of nobody."""
    assert share(39, 49) == "39 (80%)"
    assert share(0, 0) == "0"


def test_four_decimals_of_p_and_four_significant_digits() -> None:
    """The manner of the second paper."""
    assert [p_value(p, 4) for p in (0.43247, 0.00006, 0.99999, None)] == [".4325", "<.0001", ">.9999", "—"]
    assert [significant(v) for v in (1.25938, 0.0691472, 2.2399, 12.345, 0.0)] == [
        "1.259",
        "0.06915",
        "2.240",
        "12.35",
        "0.0000",
    ]

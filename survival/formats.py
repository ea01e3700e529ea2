"""Numbers as a journal prints them: halves away from zero, P with three decimals, dashes for what is not there."""

from decimal import ROUND_HALF_UP, Decimal

NOT_ESTIMABLE = "NE"
EMPTY = "—"


def rounded(value: float, decimals: int = 0) -> str:
    """Return the number with that many decimals, halves away from zero (307.5 → 308, 10.25 → 10.3).

    The value is first cut to ten decimals, so that a half that arithmetic left at 0.49999999999 still counts as one.
    """
    exact = Decimal(f"{value:.10f}")
    return str(exact.quantize(Decimal(1).scaleb(-decimals), rounding=ROUND_HALF_UP))


def p_value(p: float | None, decimals: int = 3) -> str:
    """Return ``.018``, ``<.001``, ``>.999`` or a dash."""
    if p is None:
        return EMPTY
    smallest = 10.0**-decimals
    if p < smallest:
        return f"<{rounded(smallest, decimals).removeprefix('0')}"
    text = rounded(p, decimals)
    return f">.{'9' * decimals}" if text.startswith("1") else text.removeprefix("0")


def significant(value: float, digits: int = 4) -> str:
    """Return the number with that many significant digits (1.2594 → 1.259, 0.06915 → 0.06915)."""
    from math import floor, log10

    decimals = digits - 1 - floor(log10(abs(value))) if value else digits
    return rounded(value, max(decimals, 0))


def interval(low: float | None, high: float | None, decimals: int = 0) -> str:
    """Return ``48–156``, with NE for a limit that is not estimable; NE alone if neither is."""
    if low is None and high is None:
        return NOT_ESTIMABLE
    ends = [NOT_ESTIMABLE if end is None else rounded(end, decimals) for end in (low, high)]
    return "–".join(ends)


def estimate(value: float | None, low: float | None, high: float | None, decimals: int = 0) -> str:
    """Return ``104 (48–156)``, NE where the estimate itself is not estimable."""
    if value is None:
        limits = interval(low, high, decimals)
        return NOT_ESTIMABLE if limits == NOT_ESTIMABLE else f"{NOT_ESTIMABLE} ({limits})"
    return f"{rounded(value, decimals)} ({interval(low, high, decimals)})"


def share(part: int, whole: int) -> str:
    """Return ``39 (80%)``, the count alone if there is no whole."""
    return f"{part} ({rounded(100 * part / whole)}%)" if whole else str(part)

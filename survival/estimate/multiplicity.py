"""P values adjusted over a family that was named beforehand."""

from collections.abc import Sequence
from typing import Literal


def adjusted_p(p_values: Sequence[float | None], method: Literal["holm", "bh"]) -> tuple[float | None, ...]:
    """Return P values adjusted over those that exist: Holm (family-wise) or Benjamini–Hochberg (false discovery)."""
    known = [p for p in p_values if p is not None]
    if not known:
        return tuple(None for _ in p_values)
    from statsmodels.stats.multitest import multipletests

    adjusted = iter(multipletests(known, method="holm" if method == "holm" else "fdr_bh")[1])
    return tuple(None if p is None else float(next(adjusted)) for p in p_values)

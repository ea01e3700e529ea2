"""Outcomes: the clinical table, its join with the features, and the prognostic analyses."""

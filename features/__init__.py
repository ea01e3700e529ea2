"""Numbers measured from annotations: pure functions; only ``table.py`` reads and writes files."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from features.case import Case
    from features.measure import CaseFeatures
    from features.parameters import FeatureParameters


def measure_case(case: "Case", parameters: "FeatureParameters | None" = None) -> "CaseFeatures":
    """Measure one session: every lesion, and the patient.

    Parameters
    ----------
    case : features.case.Case
        The masks, discs and findings of one author, and the series of the session.
    parameters : features.parameters.FeatureParameters, optional
        Thresholds; recorded with the result by whoever writes it.

    Returns
    -------
    features.measure.CaseFeatures
        Rows in the dictionary's columns with real types and None for missing, and the problems that were met.
        What lacks its input is empty, with a reason and a flag; no input is an exception.

    Notes
    -----
    Definitions: docs, "What each number means". For research use only.

    Examples
    --------
    >>> from features.case import Case
    >>> from mri.study import StudyId
    >>> nobody = Case(study=StudyId(participant="P01", session="01"), author="auto")
    >>> measure_case(nobody).patient["status"]
    'not_annotated'
    """
    # imported here so that `import features` stays quick for the command line
    from features.measure import measure_case as measure

    return measure(case, parameters)

"""The published counts of Lv 2019 that the synthetic cohort of 61 patients is made to have."""

PATIENTS = 61
LOST_MONTHS = (2, 5, 9)
"""Invented follow-up of the three patients lost: the survival analysis leaves them out."""

AGE_SUM_YEARS = 3532
"""61 × 57.90, the published mean, to the nearest year."""
AGE_LOW, AGE_CUTOFF, AGE_HIGH = 35, 55, 78

PRIMARIES = (
    ("lung", "sclc", 24),
    ("lung", "lung_adenocarcinoma", 8),
    ("lung", "lung_squamous", 1),
    ("lung", "lung_large_cell", 1),
    ("lung", "lung_adenocarcinoma_neuroendocrine", 1),
    ("lung", "nsclc_nos", 1),
    ("lung", "lung_nos", 5),
    ("breast", "", 9),
    ("prostate", "", 3),
    ("liver", "", 2),
    ("lymphoma", "dlbcl", 2),
    ("colon", "", 1),
    ("rectum", "", 1),
    ("ovary", "", 1),
    ("endometrium", "", 1),
)
SEX_OF_PRIMARY = {"prostate": ("male",), "ovary": ("female",), "endometrium": ("female",)}
CORD_PATHOLOGY = 4
AT_PRIMARY_DIAGNOSIS = 6
INTERVAL_SUM_DAYS = 34850
"""61 × 18.77 months of 30.4375 days, to the nearest ten days."""
LONGEST_INTERVAL_DAYS = 3652
"""Ten years."""
ECOG_LOW = {0: 1, 1: 13, 2: 13}
ECOG_HIGH = {3: 21, 4: 13}
PARAPLEGIA = {"1": 26, "0": 34, "": 1}
PARAPLEGIA_SUM_DAYS = 594
"""26 × 22.85 days, to the nearest day."""
PRIMARY_CONTROL = {"pd": 20, "sd": 28, "pr": 1, "cr": 1, "cr_resection": 8, "": 3}

REGIONS = {"C": 24, "T": 47, "L": 21, "conus": 4}
REGIONS_EACH = {1: 34, 2: 20, 3: 6, 4: 1}
SITES = {
    "met_bone": 44,
    "met_brain": 36,
    "met_leptomeninges": 14,
    "met_liver": 10,
    "met_adrenal": 7,
    "met_lung": 3,
    "met_kidney": 2,
    "met_bone_marrow": 2,
    "met_muscle": 2,
    "met_lymph_node_nonregional": 2,
    "met_spleen": 1,
}
SITES_EACH = {0: 3, 1: 16, 2: 24, 3: 13, 4: 5}

REFUSED = 13
TREATMENTS = (
    ("RT alone", ("radiotherapy",), "complete", 2),
    ("RT alone", ("radiotherapy",), "improved", 11),
    ("RT alone", ("radiotherapy",), "unchanged", 6),
    ("RT alone", ("radiotherapy",), "deteriorated", 2),
    ("RT alone", ("radiotherapy",), "", 2),
    ("RT + CT", ("radiotherapy", "chemotherapy"), "improved", 6),
    ("RT + CT", ("radiotherapy", "chemotherapy"), "unchanged", 2),
    ("RT + CT + nerve block", ("radiotherapy", "chemotherapy", "nerve_block"), "improved", 1),
    ("RT + intrathecal", ("radiotherapy", "intrathecal"), "improved", 2),
    ("RT + intrathecal", ("radiotherapy", "intrathecal"), "unchanged", 1),
    ("RT + intrathecal", ("radiotherapy", "intrathecal"), "deteriorated", 1),
    ("RT + crizotinib", ("radiotherapy", "targeted"), "unchanged", 1),
    ("RT + surgery + CT", ("radiotherapy", "surgery", "chemotherapy"), "improved", 1),
    ("RT + surgery + CT", ("radiotherapy", "surgery", "chemotherapy"), "deteriorated", 1),
    ("Surgery", ("surgery",), "", 2),
    ("CT", ("chemotherapy",), "", 6),
)
"""Combination, treatments, response of the symptoms, patients. Two of 39 irradiated patients have no response: 37."""
TREATMENT_NAMES = ("surgery", "radiotherapy", "chemotherapy", "targeted", "intrathecal", "nerve_block")
DOSES_GY = (1.8, 2.0, 2.5, 3.0)
SINGLE_DOSE_GY = 5.0

"""Sizes of the spine by vertebral level, as data.

Our own table of round numbers for an average adult; a single person differs by ten percent and more.

Vertebral body heights, to 0.5 mm, lie between the posterior and anterior heights that Panjabi et al. published (Spine
1991, cervical and thoracic; 1992, lumbar). Disc heights, to 0.5 mm, are typical of MRI (thoracic: Kunkel et al.,
J Anat 2011). Cord diameters, to 0.1 mm, are means of 58 whole-spine subjects (Valošek et al., Imaging Neuroscience
2024, doi:10.1162/imag_a_00075); the cone of the conus below T12 is ours, and ends where the mean conus does (lower
third of L1: Saifuddin et al., Spine 1998). Every other width is ours, typical of MRI of a slim adult.
"""

from collections.abc import Mapping

C2_LENGTH_MM = 22.0
"""From the C1-C2 point (v = 2, at the dens) to the C2-C3 disc: body of C2 and the lower dens."""

C1_LENGTH_MM = 17.0
"""From the foramen magnum (v = 1) to the C1-C2 point."""

BODY_HEIGHT_MM: Mapping[str, float] = {
    "C3": 13.5, "C4": 13.0, "C5": 13.0, "C6": 13.0, "C7": 14.5,
    "T1": 16.0, "T2": 17.0, "T3": 17.5, "T4": 18.0, "T5": 18.5, "T6": 19.0,
    "T7": 19.5, "T8": 20.0, "T9": 20.5, "T10": 21.5, "T11": 22.5, "T12": 24.0,
    "L1": 25.5, "L2": 26.5, "L3": 27.0, "L4": 27.0, "L5": 26.5, "S1": 28.0,
}  # fmt: skip

DISC_HEIGHT_MM: Mapping[str, float] = {
    "C2-C3": 5.0, "C3-C4": 5.0, "C4-C5": 5.0, "C5-C6": 5.5, "C6-C7": 5.5, "C7-T1": 5.0,
    "T1-T2": 4.0, "T2-T3": 3.5, "T3-T4": 3.5, "T4-T5": 3.5, "T5-T6": 4.0, "T6-T7": 4.5,
    "T7-T8": 4.5, "T8-T9": 5.0, "T9-T10": 5.5, "T10-T11": 6.0, "T11-T12": 6.5, "T12-L1": 7.5,
    "L1-L2": 8.5, "L2-L3": 9.5, "L3-L4": 10.5, "L4-L5": 11.0, "L5-S1": 10.0,
}  # fmt: skip

CORD_AP_TR_MM: Mapping[str, tuple[float, float]] = {
    "C1": (8.7, 11.4), "C2": (7.8, 11.6), "C3": (7.4, 12.0), "C4": (7.4, 12.7), "C5": (7.3, 12.6),
    "C6": (6.9, 12.0), "C7": (6.4, 10.6), "T1": (6.3, 9.2), "T2": (6.1, 8.7), "T3": (5.9, 8.3),
    "T4": (5.7, 8.0), "T5": (5.6, 7.8), "T6": (5.7, 7.7), "T7": (5.8, 7.7), "T8": (6.1, 7.8),
    "T9": (6.3, 7.9), "T10": (6.5, 8.2), "T11": (7.0, 8.7), "T12": (6.7, 8.2),
}  # fmt: skip
"""Anteroposterior and transverse diameter at the middle of each vertebral level."""

CONUS_TIP_V = 20.9
"""Vertebral coordinate of the cord's tip: lower third of L1."""

Knots = tuple[tuple[float, float], ...]
"""(vertebral coordinate, value) pairs, ascending, between which a monotone cubic runs."""

TILT_DEG: Knots = (
    (-6.0, 6.0), (1.0, 0.0), (2.0, -5.0), (4.0, -5.0), (6.0, 5.0), (8.0, 18.0), (9.0, 19.0), (11.0, 13.0),
    (14.5, 0.0), (18.0, -13.0), (20.0, -15.0), (21.5, -11.0), (23.0, 2.0), (25.0, 24.0), (27.0, 42.0),
)  # fmt: skip
"""Lean of the canal in the sagittal plane of a supine person, positive where it runs backwards going down."""

SAC_AP_MM: Knots = (
    (1.0, 16.0), (2.0, 14.5), (3.0, 12.5), (5.0, 12.0), (8.0, 12.5), (10.0, 11.8), (14.0, 11.8),
    (18.0, 13.0), (20.0, 14.5), (22.0, 14.5), (25.0, 13.0), (27.0, 9.0),
)  # fmt: skip
"""Anteroposterior diameter of the dural sac; typical MRI values, ours."""

SAC_TR_MM: Knots = (
    (1.0, 22.0), (2.0, 20.0), (3.0, 18.5), (6.0, 18.5), (8.0, 16.0), (10.0, 13.8), (14.0, 13.5),
    (18.0, 15.0), (20.0, 17.0), (23.0, 17.5), (27.0, 11.0),
)  # fmt: skip

SAC_BEHIND_CORD_MM: Knots = (
    (1.0, 0.0), (3.0, 0.2), (8.0, 0.6), (10.0, 1.4), (15.0, 1.6), (18.0, 0.3), (20.0, -1.2), (22.0, -1.0), (27.0, 0.0),
)  # fmt: skip
"""How far the sac's centre lies behind the cord's: the cord hugs the front in the kyphosis, the back at the conus."""

BODY_DEPTH_MM: Knots = (
    (2.0, 14.0), (4.0, 16.0), (7.0, 17.0), (9.0, 18.0), (13.0, 24.0),
    (18.0, 29.0), (21.0, 33.0), (27.0, 35.0),
)  # fmt: skip
BODY_WIDTH_MM: Knots = (
    (2.0, 20.0), (4.0, 22.0), (7.0, 26.0), (9.0, 28.0), (13.0, 28.0),
    (18.0, 38.0), (21.0, 44.0), (27.0, 52.0),
)  # fmt: skip
SPINOUS_LENGTH_MM: Knots = (
    (2.0, 10.0), (2.5, 22.0), (3.5, 17.0), (5.5, 20.0), (7.5, 32.0),
    (9.0, 33.0), (14.0, 34.0), (19.0, 30.0), (23.0, 34.0), (25.5, 20.0),
)  # fmt: skip
SPINOUS_SLOPE: Knots = (
    (2.0, 0.15), (6.0, 0.35), (8.0, 0.5), (11.0, 0.9), (15.0, 1.0),
    (18.0, 0.5), (20.0, 0.15), (27.0, 0.1),
)  # fmt: skip
"""Millimetres that a spinous process drops per millimetre backwards."""

SKIN_BEHIND_MM: Knots = (
    (-6.0, 82.0), (0.0, 70.0), (2.0, 60.0), (4.0, 54.0), (7.0, 60.0),
    (9.0, 66.0), (13.0, 64.0), (19.0, 66.0), (27.0, 78.0),
)  # fmt: skip
SKIN_BEFORE_MM: Knots = (
    (-6.0, 112.0), (2.0, 105.0), (4.0, 88.0), (5.5, 62.0), (7.5, 64.0),
    (9.0, 90.0), (12.0, 140.0), (19.0, 165.0), (27.0, 160.0),
)  # fmt: skip
SKIN_ASIDE_MM: Knots = (
    (-6.0, 78.0), (2.0, 72.0), (5.0, 60.0), (7.0, 72.0), (8.5, 150.0),
    (12.0, 170.0), (27.0, 170.0),
)  # fmt: skip
SUBCUTANEOUS_MM: Knots = ((-6.0, 5.0), (3.0, 7.0), (7.0, 14.0), (9.0, 13.0), (14.0, 11.0), (19.0, 14.0), (27.0, 22.0))
"""Skin and fat of a slim adult, ours."""

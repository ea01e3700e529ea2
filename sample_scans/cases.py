"""The four named patients, as data. All invented: names, numbers, places, dates."""

from datetime import date

from sample_scans.lesion import Pattern, PlantedLesion, Position
from sample_scans.patient import Identity, Patient, Session
from sample_scans.phantom import Phantom
from sample_scans.protocol import Station
from sample_scans.spine import Spine
from sample_scans.vendors import GE_15T, PHILIPS_3T, SIEMENS_15T

DATA_CUTOFF = date(2019, 6, 30)

CERVICOTHORACIC = Station(name="CT", centre_v=6.7)
CERVICAL = Station(name="C", centre_v=5.4)
THORACOLUMBAR = Station(name="TL", centre_v=17.7)
"""Two stations of 290 mm, from the foramen magnum, overlap by two levels, so discs can be counted through."""

SOLITARY_T4 = Patient(
    participant="sample01",
    identity=Identity(
        name="QUENNELL^ISOLDE^MARGARET",
        patient_id="HX-4481027",
        birth_date=date(1951, 3, 17),
        sex="F",
        referring_physician="OKONJO-BRANDT^AURELIA",
        institution="St Aldhelm Infirmary",
    ),
    first_visit=date(2012, 10, 23),
    sessions=(
        Session(
            days=0,
            scanner=SIEMENS_15T,
            stations=(Station(name="CT", centre_v=7.6),),
            turn_deg=2.0,
            phantom=Phantom(
                spine=Spine(sideways_mm=1.0, foramen_magnum_mm=(1.8, 6.0, 140.0)),
                lesions=(
                    PlantedLesion(
                        enh_v=(11.1, 12.0),
                        t2_v=(9.0, 14.0),
                        ap_mm=5.0,
                        tr_mm=5.8,
                        pattern=Pattern.HOMOGENEOUS,
                        rim=True,
                        expansion=1.12,
                    ),
                ),
            ),
        ),
    ),
    clinical={
        "diagnosis_basis": "mri_clinical",
        "primary_malignancy": "lung",
        "primary_subtype": "lung_adenocarcinoma",
        "primary_diagnosis_date": date(2011, 8, 4),
        "iscm_presentation_date": date(2012, 10, 2),
        "iscm_diagnosis_date": date(2012, 10, 24),
        "vital_status": "dead",
        "death_date": date(2013, 1, 15),
        "last_known_alive_date": date(2013, 1, 8),
        "symptomatic_at_diagnosis": 1,
        "ecog_ps": 2,
        "primary_control": "pd",
        "met_brain": 1,
        "met_bone": 0,
        "treatment_status": "treated",
        "treatment_radiotherapy": 1,
        "treatment_radiotherapy_date": date(2012, 11, 6),
        "response_symptoms": "unchanged",
        "followup_mri_n": 0,
    },
)

TWO_LESIONS_C2_L1 = Patient(
    participant="sample02",
    identity=Identity(
        name="VANTERPOOL^CASPIAN^ODILON",
        patient_id="77-310-5526",
        birth_date=date(1947, 11, 29),
        sex="M",
        referring_physician="HOLLINGWORTH-DIAZ^PETRA",
        institution="Merrowdale General",
    ),
    first_visit=date(2014, 5, 12),
    sessions=(
        Session(
            days=0,
            scanner=GE_15T,
            stations=(CERVICOTHORACIC, THORACOLUMBAR),
            turn_deg=-1.5,
            phantom=Phantom(
                spine=Spine(scale=1.02, sideways_mm=-1.5, foramen_magnum_mm=(-2.5, 3.0, 150.0)),
                bone_metastases=(14,),
                lesions=(
                    PlantedLesion(
                        enh_v=(2.1, 2.85),
                        t2_v=(1.7, 4.2),
                        ap_mm=6.4,
                        tr_mm=7.2,
                        pattern=Pattern.HETEROGENEOUS,
                        flame="inferior",
                        expansion=1.14,
                    ),
                    PlantedLesion(
                        enh_v=(19.85, 20.35),
                        t2_v=(18.6, 20.5),
                        ap_mm=5.0,
                        tr_mm=5.6,
                        pattern=Pattern.HOMOGENEOUS,
                        expansion=1.1,
                    ),
                ),
            ),
        ),
    ),
    clinical={
        "diagnosis_basis": "systemic_pathology",
        "primary_malignancy": "renal",
        "primary_diagnosis_date": date(2010, 2, 19),
        "iscm_presentation_date": date(2014, 4, 1),
        "iscm_diagnosis_date": date(2014, 5, 13),
        "vital_status": "dead",
        "death_date": date(2014, 10, 30),
        "last_known_alive_date": date(2014, 10, 28),
        "symptomatic_at_diagnosis": 1,
        "ecog_ps": 3,
        "primary_control": "pd",
        "met_lung": 1,
        "met_bone": 1,
        "treatment_status": "treated",
        "treatment_radiotherapy": 1,
        "treatment_radiotherapy_date": date(2014, 5, 21),
        "treatment_targeted": 1,
        "treatment_targeted_date": date(2014, 6, 16),
        "response_symptoms": "improved",
        "followup_mri_n": 0,
    },
)

ECCENTRIC_C3 = Patient(
    participant="sample03",
    identity=Identity(
        name="ABERNATHY-KLOSS^WILHELMINA",
        patient_id="PZ00918263",
        birth_date=date(1963, 7, 8),
        sex="F",
        referring_physician="TREVELYAN^JOOST",
        institution="Clinique Sainte-Ondine",
    ),
    first_visit=date(2016, 2, 2),
    sessions=(
        Session(
            days=0,
            scanner=PHILIPS_3T,
            stations=(CERVICAL,),
            turn_deg=1.0,
            phantom=Phantom(
                spine=Spine(scale=0.97, curve_scale=0.8, foramen_magnum_mm=(0.7, -2.0, 92.0)),
                lesions=(
                    PlantedLesion(
                        enh_v=(3.1, 4.0),
                        t2_v=(2.9, 4.8),
                        ap_mm=4.4,
                        tr_mm=4.4,
                        left_mm=2.6,
                        position=Position.ECCENTRIC,
                        side="left",
                        pattern=Pattern.HOMOGENEOUS,
                        flame="superior",
                    ),
                ),
            ),
        ),
    ),
    clinical={
        "diagnosis_basis": "cord_biopsy_or_resection",
        "primary_malignancy": "breast",
        "primary_diagnosis_date": date(2009, 9, 14),
        "iscm_presentation_date": date(2016, 1, 11),
        "iscm_diagnosis_date": date(2016, 2, 3),
        "vital_status": "dead",
        "death_date": date(2016, 12, 19),
        "last_known_alive_date": date(2016, 12, 1),
        "symptomatic_at_diagnosis": 1,
        "ecog_ps": 1,
        "primary_control": "sd",
        "met_bone": 0,
        "treatment_status": "treated",
        "treatment_surgery": 1,
        "treatment_surgery_date": date(2016, 2, 15),
        "response_symptoms": "improved",
        "followup_mri_n": 0,
    },
)

_FOLLOWED_SPINE = Spine(scale=0.99, sideways_mm=0.8, foramen_magnum_mm=(0.0, 4.0, 128.0))
_C5_AT_FIRST = PlantedLesion(
    enh_v=(5.25, 6.0),
    t2_v=(4.5, 7.2),
    ap_mm=5.2,
    tr_mm=6.4,
    pattern=Pattern.RING,
    expansion=1.1,
)
_C5_LATER = PlantedLesion(
    enh_v=(5.1, 6.15),
    t2_v=(4.25, 7.5),
    ap_mm=5.6,
    tr_mm=6.8,
    pattern=Pattern.RING,
    expansion=1.15,
)
_NEW_T3 = PlantedLesion(enh_v=(10.25, 10.8), t2_v=(9.7, 11.3), ap_mm=4.6, tr_mm=5.2, pattern=Pattern.HOMOGENEOUS)

FOLLOWED_UP = Patient(
    participant="sample04",
    identity=Identity(
        name="OYELARAN-FINCH^THADDEUS^E",
        patient_id="0042-GB-9937",
        birth_date=date(1957, 1, 30),
        sex="M",
        referring_physician="SZYMBORSKI^ELOWEN",
        institution="St Aldhelm Infirmary",
    ),
    first_visit=date(2015, 9, 7),
    sessions=(
        Session(
            days=0,
            scanner=SIEMENS_15T,
            stations=(CERVICOTHORACIC,),
            turn_deg=-1.0,
            phantom=Phantom(spine=_FOLLOWED_SPINE, lesions=(_C5_AT_FIRST,)),
        ),
        Session(
            days=106,
            scanner=SIEMENS_15T,
            stations=(CERVICOTHORACIC,),
            turn_deg=1.8,
            new_lesions=(2,),
            phantom=Phantom(
                spine=Spine(scale=0.99, sideways_mm=0.8, curve_scale=1.05, foramen_magnum_mm=(-3.1, -1.5, 133.0)),
                lesions=(_C5_LATER, _NEW_T3),
            ),
        ),
    ),
    clinical={
        "diagnosis_basis": "mri_clinical",
        "primary_malignancy": "melanoma",
        "primary_diagnosis_date": date(2013, 4, 25),
        "iscm_presentation_date": date(2015, 8, 20),
        "iscm_diagnosis_date": date(2015, 9, 8),
        "vital_status": "alive",
        "last_known_alive_date": date(2016, 6, 3),
        "symptomatic_at_diagnosis": 0,
        "ecog_ps": 1,
        "primary_control": "pr",
        "met_lymph_node_nonregional": 1,
        "met_bone": 0,
        "treatment_status": "treated",
        "treatment_immunotherapy": 1,
        "treatment_immunotherapy_date": date(2015, 9, 28),
        "response_symptoms": "unchanged",
        "followup_mri_n": 1,
        "last_followup_mri_date": date(2015, 12, 22),
        "new_iscm_date": date(2015, 12, 22),
    },
)

NAMED_PATIENTS = (SOLITARY_T4, TWO_LESIONS_C2_L1, ECCENTRIC_C3, FOLLOWED_UP)

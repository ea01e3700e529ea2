"""Limits of what is taken from an archive, each with its unit and its reason."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class PacsParameters:
    """What retrieving from a PACS or a DICOMweb server may be told.

    Attributes
    ----------
    ae_title : str
        Our own application entity title, as the archive's administrator entered it.
    max_pdu_bytes : int
        Largest protocol unit we take; larger ones gain nothing over 128 KiB on a local network.
    connect_timeout_s, answer_timeout_s : float
        A host that is there answers within seconds; an archive that fetches from tape may take a minute.
    max_studies : int
        More examinations than this in one query is a query that forgot its patient.
    max_images : int
        A whole-spine examination has up to 2,000 images; this is fifty of them.
    max_total_bytes, max_image_bytes : int
        100,000 images of 512 × 512 are 50 GB; the largest multi-frame images are well below 2 GB.
    attempts : int
        Connections that are tried as long as each brings something, before a transfer counts as broken.
    images_per_request : int
        Names of single images in one request: 64 of 64 characters fit into 4 KiB.
    answers_per_page : int
        Answers that a DICOMweb server is asked for at once.
    plain_http : bool
        Whether a server may be asked without TLS; on this machine itself it always may.
    ca_file : str
        Certificates of a hospital's own authority (PEM); empty: those that are generally trusted.
    """

    ae_title: str = "ISCM"
    max_pdu_bytes: int = 131_072
    connect_timeout_s: float = 15.0
    answer_timeout_s: float = 120.0
    max_studies: int = 500
    max_images: int = 100_000
    max_total_bytes: int = 50_000_000_000
    max_image_bytes: int = 2_000_000_000
    attempts: int = 3
    images_per_request: int = 64
    answers_per_page: int = 1000
    plain_http: bool = False
    ca_file: str = ""


DEFAULTS = PacsParameters()
"""Everything as it is without a configuration file."""

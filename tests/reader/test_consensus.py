"""The read that two readers make together: only of what both have signed, and it is what is measured."""

import numpy as np
import pytest

from mri.bids import StudyFolder, read_table
from mri.problems import RefusedError
from pipeline.cli import status_of
from reader.parameters import ReadingParameters
from reader.room import Settings
from reader.serve import check_reader, serve
from tests.reader.client import client_of, opened, put_mask, read_and_sign, with_role
from tests.reader.small_study import FIRST, OBLIQUE, inside

CASE = "/api/cases/c1"
FRESH = ReadingParameters(blinded=False)


def sign(folder: StudyFolder, reader: str) -> None:
    """Mark the lesion and sign as one reader."""
    with client_of(folder, reader, FRESH) as client:
        series = with_role(opened(client), "t2_sag")
        put_mask(client, series, inside(OBLIQUE, "lesion").astype(np.uint8))
        assert read_and_sign(client).status_code == 200


def test_no_consensus_before_two_have_signed(folder: StudyFolder) -> None:
    """The command is refused with its mend, and a session that one reader signed is hidden."""
    sign(folder, "AB")
    with pytest.raises(RefusedError, match="two readers"):
        serve(folder, "consensus", Settings(reading=FRESH), port=0, browser=False, say=print, warn=print)
    with client_of(folder, "consensus") as client:
        assert client.get("/api/cases").json()["cases"] == []
        assert (client.get(CASE).status_code, client.get(CASE).json()["code"]) == (403, "session_hidden")
        assert client.get(f"{CASE}/others").status_code == 403


def test_a_consensus_sees_both_readers_from_the_start(folder: StudyFolder) -> None:
    """Only the sessions that both signed are listed; their marks, levels and answers are there, no third one's."""
    for reader in ("AB", "CD"):
        sign(folder, reader)
    with client_of(folder, "EF", FRESH) as third:
        opened(third)
    with client_of(folder, "consensus") as client:
        cases = client.get("/api/cases").json()["cases"]
        assert [(case["participant"], case["session"]) for case in cases] == [(FIRST.participant, FIRST.session)]
        series = with_role(opened(client), "t2_sag")
        told = client.get(f"{CASE}/others").json()["others"]
        assert [other["reader"] for other in told] == ["AB", "CD"]
        assert all(other["findings"]["state"] == "signed" for other in told)
        assert client.get(f"{CASE}/masks/t2hyper/{series['series']}.nii.gz?author=CD").status_code == 200
        assert client.get(f"{CASE}/masks/t2hyper/{series['series']}.nii.gz?author=EF").status_code == 404


def test_a_signed_consensus_is_what_is_measured(folder: StudyFolder) -> None:
    """Two signed readers alone give no numbers; with their consensus the session is measured as its author."""

    def measured() -> dict[str, str]:
        assert status_of(["measure", str(folder.root), "--participant-label", FIRST.participant]) in (0, 1)
        rows = read_table(folder.features() / "patients.csv")
        return next(row for row in rows if row["session_id"] == FIRST.session)

    for reader in ("AB", "CD"):
        sign(folder, reader)
    assert measured()["status"] == "needs_consensus"
    sign(folder, "consensus")
    row = measured()
    assert (row["status"], row["author"]) == ("ok", "consensus")
    assert row["n_lesions_source"] == "consensus"


@pytest.mark.parametrize("name", ["Consensus", "CONSENSUS", "auto"])
def test_the_name_is_written_in_one_way(name: str) -> None:
    """A name that a file system may take for the consensus is nobody's."""
    with pytest.raises(RefusedError, match="stands for no person"):
        check_reader(name)

"""A synthetic scanner: spine patients with planted findings, as DICOM with a known truth."""

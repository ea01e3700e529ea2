"""Numbers measured from annotations."""

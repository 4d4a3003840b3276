"""Check by check, whether what a host says speaks against its coming back. Pure: facts in, findings out."""

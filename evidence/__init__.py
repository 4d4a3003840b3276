"""What proves a change to somebody who has no Regroup: one signed archive, and a script in it that verifies it."""

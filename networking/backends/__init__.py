"""The files of five network managers, rendered from `bonding.model` and read back. Pure."""

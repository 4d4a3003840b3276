"""What a host says that tells whether it would boot, and the parsers of it. Pure."""

"""What a bond is: as wanted (`model`), as the kernel tells it (`status`), and how well it is (`health`). Pure."""

"""Pages of the inventory, one module per thing."""

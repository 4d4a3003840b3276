"""What networking asks hosts. `nics` everything in one round trip · the parsers of each part stand beside it."""

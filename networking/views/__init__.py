"""The fleet's pages: the list and one bond, the grid, the topology, the ports that idle; the form of a bond."""

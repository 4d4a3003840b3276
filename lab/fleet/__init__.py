"""A fleet that does not exist: SSH servers on loopback that answer as hosts with bonds in all states would.

For looking at, for screenshots and for figures. `world` makes the hosts out of a seed, `telling` gives their answers,
`server` speaks SSH for them. Nothing here is a host's truth, and whatever shows such a host says so.
"""

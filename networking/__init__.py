"""Asymmetric bonds: planned, applied without sawing off the branch, proved by drill, and watched over the fleet.

`bonding` what a bond is, says and how well it is · `facts` what hosts are asked · `backends` the files of five network
managers · the rest are the kinds of change, the sweep over the fleet, and their pages.
"""

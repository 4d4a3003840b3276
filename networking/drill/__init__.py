"""A drill: the primary's link is taken down for real, under an armed revert, and what the bond does is measured.

A change of its own, approved like any. `wish` what is asked for · `planner` yes or no · `steps` what is done · `judges`
whether it is so · `facts` what was measured · `asking` the numbers for pages (the one that knows Django).
"""

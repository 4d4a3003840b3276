"""Handing a recovered disk back: its volumes are closed, its group gets its old name, and the host lets go of it.

A change of its own, asked for when nobody needs the files any more, however long the recovery is over. It is
planned from what the host says now. `wish` what is asked for · `facts` what the host says · `planner` yes or no ·
`steps` what is done · `judges` whether it is so · `asking` which recoveries there are (the one that knows Django).
"""

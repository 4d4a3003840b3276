"""A precautionary reboot: while somebody watches and the host is well, it is seen that it comes back.

A change of its own, approved like any. `wish` what is asked for · `facts` what the host says · `planner` yes or no ·
`steps` what is done · `judges` whether it is so. These are pure; `panels`, `views` and `after` are not.
"""

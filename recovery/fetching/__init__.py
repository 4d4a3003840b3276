"""A lost VM's disks, fetched at its hypervisor: given to a VM that runs, or to a clone of a template.

`wish` what is asked for · `facts` what the hypervisor says · `planner` the plan, or why not · `steps` as values ·
`judges` what the hypervisor says of an effect · `kind` all of it together · `after` what Regroup knows then.
"""

"""The proof: a clone of a VM is booted on its hypervisor without network, watched for a sign of life, thrown away.

A change on the hypervisor, approved like any. `wish` what is asked for · `facts` what the hypervisor says · `planner`
yes or no · `steps` what is done · `judges` whether it is so · `outcome` what a boot came to. These are pure; `after`,
`forms`, `panels` and `views` are not.
"""

"""libvirt by `virsh` on the hypervisor: nothing is compiled, and only virsh and qemu-img are wanted there.

`words` the commands · `xml` a domain's XML, read and written · `cloning` a clone's · `facts` what is asked ·
`looking` all of it at one moment · `agent` what the agent in a guest says · `scripts` what changes something, run by
the steps of a plan.
"""

"""libvirt by `virsh`, over our sessions: nothing is compiled, and only virsh and qemu-img are wanted there.

`words` the commands · `xml` a domain's XML, read and written · `cloning` a clone's · `facts` what is asked ·
`driver` what is done.
"""

from hypervisors.libvirt.driver import Libvirt

__all__ = ["Libvirt"]

"""The platforms that VMs run on: list them, clone one, attach a disk, power. No Django.

One protocol, and one folder per driver.

`protocol` what every driver offers, and its values · `safety` what may not be attached or started, from values ·
`libvirt` the driver that speaks `virsh` over our sessions.
"""

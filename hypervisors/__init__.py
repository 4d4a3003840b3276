"""The platforms that VMs run on: their VMs, disks and images; a clone, an attach, power. No Django.

`values` what a VM and a disk are on any platform · `safety` what may not be attached or started, from values ·
`libvirt` what libvirt is asked, and what is sent to it.
"""

"""The XML of the lab's domains. Values only.

User networking, so that a clone (`hypervisors/libvirt/cloning.py`), whose name and MAC address come later, has it
too: a port to it is opened once it runs (`Guests.open_door`), and all else is shut by `hypervisor_host/qemu`.
"""

from __future__ import annotations

from lab.recipe import MEMORY_MIB, SLOW_TO_EMULATE

IMAGES = "/var/lib/libvirt/images"
"""Where disks and consoles are, as the hypervisor sees it."""

DOMAIN = """<domain type='{type}'>
  <name>{name}</name>
  <memory unit='MiB'>{memory}</memory>
  <vcpu>1</vcpu>
  <os><type arch='x86_64' machine='pc'>hvm</type><boot dev='hd'/><bios useserial='yes'/></os>
  <features><acpi/><apic/></features>
  {cpu}
  <clock offset='utc'/>
  <on_poweroff>destroy</on_poweroff><on_reboot>restart</on_reboot><on_crash>destroy</on_crash>
  <devices>
    <disk type='file' device='disk'>
      <driver name='qemu' type='qcow2' cache='unsafe'/><source file='{disk}'/>
      <target dev='sda' bus='scsi'/><serial>{name}-root</serial>
    </disk>
    <controller type='scsi' model='virtio-scsi'/>
    <controller type='usb' model='none'/>
    <interface type='user'><model type='virtio'/></interface>
    <serial type='file'><source path='{images}/{name}.console'/><target type='isa-serial' port='0'/></serial>
    <channel type='unix'><target type='virtio' name='org.qemu.guest_agent.0'/></channel>
    <video><model type='vga'/></video>
    <rng model='virtio'><backend model='random'>/dev/urandom</backend></rng>
    <memballoon model='none'/>
  </devices>
</domain>
"""


def cpu(accelerator: str) -> str:
    """The processor for "kvm" or "tcg", as `recipe.cpu_model` has it for the hosts."""
    if accelerator == "kvm":
        return "<cpu mode='host-passthrough'/>"
    without = "".join(f"<feature policy='disable' name='{name}'/>" for name in SLOW_TO_EMULATE)
    return f"<cpu mode='maximum'>{without}</cpu>"


def domain_xml(name: str, accelerator: str, memory_mib: int = MEMORY_MIB) -> str:
    """A domain that boots from IMAGES/<name>.qcow2 and writes its serial console to IMAGES/<name>.console."""
    return DOMAIN.format(
        name=name,
        type="kvm" if accelerator == "kvm" else "qemu",
        memory=memory_mib,
        cpu=cpu(accelerator),
        disk=f"{IMAGES}/{name}.qcow2",
        images=IMAGES,
    )

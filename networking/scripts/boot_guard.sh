# boot_guard GUARD: from now on a boot goes back by itself, before any network manager starts, until it is decided.
file=/etc/systemd/system/$unit-boot.service
wants=/etc/systemd/system/sysinit.target.wants
[ -d /run/systemd/system ] || {
  echo "This host has no systemd, so a boot cannot go back by itself." >&2
  exit 1
}
[ ! -e "$guard/decided" ] || {
  echo "It was decided already: $(decided_by)." >&2
  exit 1
}
# A file system that waits for the network cannot be wanted before it: systemd breaks such a circle where it likes.
mount=$(findmnt -n -o TARGET -T "$guard") && mount=$(systemd-escape -p --suffix=mount -- "$mount")
case " $(systemctl show -p After --value -- "$mount" | tr '\n' ' ') " in
  *" remote-fs-pre.target "* | *" network.target "* | *" network-online.target "*)
    echo "$guard is on a file system that waits for the network ($mount), so a boot cannot go back by itself." >&2
    exit 1
    ;;
esac
mkdir -p -- "$wants"
chmod 0755 "$wants"
cat >"$guard/boot.part" <<UNIT
[Unit]
Description=Regroup: back to the network as it was, unless the change was confirmed
DefaultDependencies=no
RequiresMountsFor=$guard /etc
After=local-fs.target
Before=network-pre.target ifupdown-pre.service networking.service network.service NetworkManager.service
Before=systemd-networkd.service wicked.service cloud-init-local.service
Wants=network-pre.target
ConditionPathExists=$guard/revert.sh
ConditionPathExists=!$guard/decided/confirm
ConditionPathExists=!$guard/reverted

[Service]
Type=oneshot
ExecStart=/bin/sh $guard/revert.sh $guard boot
TimeoutStartSec=180
TimeoutStopSec=10

[Install]
WantedBy=sysinit.target
UNIT
chmod 0644 "$guard/boot.part"
ln -sf -- "$file" "$wants/$unit-boot.service"
# The link first: the fsync of the file commits both. Until then the link leads nowhere and does no harm.
cat "$guard/boot.part" >"$file.part"
chmod 0644 "$file.part"
into_place "$file.part" "$file"
rm -f -- "$guard/boot.part"
sync -f "$file" 2>/dev/null || :
echo "$file stands before network-pre.target and every network manager."

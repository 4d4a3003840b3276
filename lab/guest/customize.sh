# Run by mmdebstrap with the new root file system as $1, once the packages are in.
set -eu
root=$1

chroot "$root" useradd --create-home --shell /bin/bash --uid 1000 regroup
echo 'regroup ALL=(ALL:ALL) NOPASSWD: ALL' > "$root/etc/sudoers.d/regroup"
chmod 0440 "$root/etc/sudoers.d/regroup"

# Each host gets its own key before it is frozen; a key shared by all would be none.
rm -f "$root"/etc/ssh/ssh_host_*
cat > "$root/etc/ssh/sshd_config.d/lab.conf" <<'CONF'
HostKey /etc/ssh/ssh_host_ed25519_key
PermitRootLogin no
PasswordAuthentication no
KbdInteractiveAuthentication no
UseDNS no
MaxStartups 100
MaxSessions 100
CONF

# A thawed host's clock jumps by months: every timer that is due would fire at once.
for unit in apt-daily.timer apt-daily-upgrade.timer e2scrub_all.timer fstrim.timer \
            dpkg-db-backup.timer systemd-tmpfiles-clean.timer e2scrub_reap.service \
            systemd-networkd-wait-online.service serial-getty@ttyS0.service getty@tty1.service; do
    ln -sf /dev/null "$root/etc/systemd/system/$unit"
done
chroot "$root" systemctl --quiet disable NetworkManager.service NetworkManager-dispatcher.service \
    NetworkManager-wait-online.service networking.service lldpd.service atd.service
chroot "$root" systemctl enable systemd-networkd.service ssh.service
# NetworkManager brings pam_systemd, which starts a service manager for every login: seconds without KVM.
chroot "$root" pam-auth-update --package --remove systemd
chmod u+s "$root/bin/ping"      # file capabilities do not get through the tar
rm -rf "$root"/var/cache/apt/* "$root"/var/lib/apt/lists/* "$root"/var/log/*.log

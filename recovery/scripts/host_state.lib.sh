# host_state: what a recovery asks a host again and again, in one go. It only reads.
# Each part stands between "@@begin name" and "@@end name status", so that nothing is taken
# for something else. Needs mounts.lib, lvm2 (JSON from 2.02.158 on, else its text), util-linux, dmsetup.
# Ends with 1 where a part failed.

part() {
    part_name=$1
    shift
    printf '@@begin %s\n' "$part_name"
    part_status=0
    "$@" </dev/null || part_status=$? failed=$part_name
    printf '\n@@end %s %d\n' "$part_name" "$part_status"
}

part_host() {
    read -r machine </etc/machine-id || :
    read -r boot </proc/sys/kernel/random/boot_id || :
    read -r name </proc/sys/kernel/hostname || :
    read -r kernel </proc/sys/kernel/osrelease || :
    printf 'machine_id=%s\nboot_id=%s\nhostname=%s\nkernel=%s\n' "$machine" "$boot" "$name" "$kernel"
}

# One process, one scan of all disks, for groups, physical and logical volumes and segments.
# backup=0 matters: by default even a report rewrites /etc/lvm/backup/<name> when it looks out
# of date, and while two groups share a name that would be the other group's text.
part_lvm() {
    lvm fullreport --reportformat json --units b --nosuffix \
        --config 'backup/backup=0 backup/archive=0' \
        --configreport vg -o vg_name,vg_uuid,vg_seqno,vg_exported,vg_clustered,vg_shared,vg_systemid,vg_missing_pv_count,vg_size,vg_free \
        --configreport pv -o pv_name,pv_uuid,pv_duplicate,pv_in_use,pe_start,pv_mda_count,pv_size,pv_major,pv_minor \
        --configreport lv -o lv_name,lv_uuid,lv_attr,lv_active,lv_size \
        --configreport pvseg -o pvseg_start \
        --configreport seg -o lv_uuid,segtype,devices
}

# LVM before 2.02.158 has no such command. Three scans, and one line a row: LVM2_VG_NAME=RootVG|LVM2_VG_UUID=…
# In braces, since 2.02.88 takes a slash in a setting's name for a letter of it.
text_report() {
    report=$1 fields=$2
    shift 2
    "$report" "$@" --noheadings --separator '|' --units b --nosuffix --nameprefixes --unquoted \
        --config 'backup{backup=0 archive=0}' -o "$fields"
}

part_vgs() { text_report vgs vg_name,vg_uuid,vg_seqno,vg_attr,vg_size,vg_free; }
# What LVM says to people belongs to it: only there stands which device it passes over for its double.
part_pvs() { text_report pvs pv_name,pv_uuid,vg_uuid,pe_start,pv_mda_count,pv_size 2>&1; }
part_lvs() { text_report lvs vg_uuid,lv_name,lv_uuid,lv_attr,lv_size,segtype,devices -a; }

part_disks() {
    lsblk -b -P -o NAME,KNAME,MAJ:MIN,TYPE,SIZE,RO,SERIAL,WWN,HCTL,MODEL,PKNAME,FSTYPE,MOUNTPOINT
}

# Per disk: a number that the kernel gives every appearance of a disk once (5.15 and newer), and
# the sectors written to it since it appeared (field 7 of its statistics).
part_counters() {
    for block in /sys/block/*; do
        seq=0
        [ ! -r "$block/diskseq" ] || read -r seq <"$block/diskseq"
        read -r _ _ _ _ _ _ written _ <"$block/stat"
        printf '%s %s %s\n' "${block##*/}" "$seq" "$written"
    done
}

# Which group each file in /etc/lvm/backup speaks of.
part_backups() {
    for file in /etc/lvm/backup/*; do
        [ -f "$file" ] || continue
        id=
        while read -r word sign value; do
            [ "$word $sign" != 'id =' ] || { id=${value#\"} && id=${id%%\"*} && break; }
        done <"$file"
        printf '%s %s\n' "${id:--}" "${file##*/}"
    done
}

part_swaps() {
    while read -r line; do printf '%s\n' "$line"; done </proc/swaps
}

part_dev() {
    for node in /dev/*; do printf '%s\n' "${node##*/}"; done
}

host_state() {
    LC_ALL=C LVM_SUPPRESS_FD_WARNINGS=1
    export LC_ALL LVM_SUPPRESS_FD_WARNINGS
    failed=
    part host part_host
    part lvm part_lvm
    case $part_status in
    2 | 3)
        failed=
        part vgs part_vgs
        part pvs part_pvs
        part lvs part_lvs
        ;;
    esac
    part disks part_disks
    part mapping dmsetup info -c --noheadings --separator '|' -o name,uuid,major,minor,open,attr
    part tables dmsetup table
    part counters part_counters
    part mounts mounts
    part swaps part_swaps
    part backups part_backups
    part dev part_dev
    [ -z "$failed" ]
}

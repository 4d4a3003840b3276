# What every step of a proof knows.
# $1 libvirt's URI  $2 the clone's UUID  $3 the VM's UUID  $4 the folder of the clone's files
set -eu
uri=$1 clone=$2 vm=$3 folder=$4
shift 4
mark=$folder/made-by-regroup

v() { virsh -q -c "$uri" "$@" </dev/null; }

# A domain with the clone's UUID that Regroup did not define is left alone.
there() {
    xml=$(v dumpxml "$clone" --inactive 2>/dev/null) || return 1
    case $xml in
    *urn:regroup:hypervisors*) ;;
    *) echo "A VM has the clone's UUID $clone, and Regroup did not make it. It is left as it is." >&2; exit 1 ;;
    esac
}

is_off() {
    case $(v domstate "$clone") in
    "shut off") return 0 ;;
    *) return 1 ;;
    esac
}

switch_off() {
    if there && ! is_off; then
        echo "Switching the clone off."
        v destroy "$clone" || is_off
    fi
}

undefine() {
    switch_off
    if there; then
        echo "Removing the clone's definition."
        v undefine "$clone" --keep-nvram
    fi
}

# Whether a backup of ours is still being written; someone else's goes on undisturbed.
copying() { v backup-dumpxml "$vm" 2>/dev/null | grep -q -F -e "$folder/"; }

stop_copying() {
    if copying; then
        echo "Ending the copy."
        v domjobabort "$vm" || :
        while copying; do sleep 1; done
    fi
}

# The files that a proof makes, by their names; the folder goes only if nothing else is in it.
remove_files() {
    [ -d "$folder" ] || return 0
    if ! rmdir -- "$folder" 2>/dev/null; then
        if [ ! -f "$mark" ]; then
            echo "$folder is there, and Regroup did not make it. It is left as it is." >&2
            exit 1
        fi
        echo "Removing the clone's files."
        rm -f -- "$folder"/disk-*.qcow2 "$folder"/disk-*.qcow2.part "$folder"/nvram.fd "$folder"/backup.xml \
            "$folder"/console.log "$folder"/console.log.[0-9]* "$folder"/started
        left=$(find "$folder" -mindepth 1 -maxdepth 1 ! -name made-by-regroup)
        if [ -n "$left" ]; then
            echo "These are not Regroup's, and are left: $left" >&2
            exit 1
        fi
        rm -f -- "$mark"
        rmdir -- "$folder"
    fi
}

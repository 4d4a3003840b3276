# Shows what is mounted where, how big it is and how full. $@  mount points. Only reads.
set -eu
for point in "$@"; do
    if findmnt --mountpoint "$point" -o TARGET,SOURCE,FSTYPE,OPTIONS; then
        df -h -- "$point"
    else
        echo "Nothing is mounted on $point."
    fi
done

# Shows what is mounted where, how big it is and how full. $@  mount points. Only reads.
set -eu
for point in "$@"; do
    findmnt --mountpoint "$point" -o TARGET,SOURCE,FSTYPE,OPTIONS || echo "Nothing is mounted on $point."
done
df -h -- "$@"

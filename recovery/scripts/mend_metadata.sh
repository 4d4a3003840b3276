# Writes a group's metadata text into the damaged metadata area of one physical volume, and nowhere else.
# $1 group UUID  $2 file with the text, under the group's old name  $3 device
# What follows puts the group to sleep again: the device's change is an event that may wake it.
set -eu
pvck --repairtype metadata -y -f "$2" "$3"

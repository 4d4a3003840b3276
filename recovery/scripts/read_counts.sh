# What was counted, so far; nothing where nothing was. $1 the file of counts. Only reads.
[ -e "$1" ] || exit 0
head -c 1000000 -- "$1"

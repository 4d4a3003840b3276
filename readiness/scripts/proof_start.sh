# Starts the clone, and keeps when that was.
there || { echo "The clone is not defined." >&2; exit 1; }
rm -f -- "$folder/started"
date +%s >"$folder/started.part"
v start "$clone"
mv -T -- "$folder/started.part" "$folder/started"

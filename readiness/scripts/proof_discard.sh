# Throws the clone away: its definition, and the files made for it.
stop_copying
undefine
remove_files

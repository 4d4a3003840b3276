# What the sweep compares running bonds with, as root. Needs network.lib and files.lib.
part managers part_managers
part tools part_tools
part files part_files

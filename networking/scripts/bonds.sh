# What the fleet's pages show of a host's bonds, for any user. Needs network.lib.
# $1 lean: only what changes by itself, without neighbours, addresses and supported modes
part host part_host
part values part_values
part links part_links
[ "$1" = lean ] || part addresses part_addresses
[ "$1" = lean ] || part ethtool part_ethtool
[ "$1" = lean ] || part lldp part_lldp

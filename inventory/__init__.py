"""What we own: owners, VMs, hosts, their keys, our credentials, and what hosts last said."""

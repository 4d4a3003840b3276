"""Will a host come back from a reboot? Facts over SSH, judged check by check; nothing here reboots anything."""

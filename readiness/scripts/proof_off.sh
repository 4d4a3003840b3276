# Switches the clone off.
switch_off

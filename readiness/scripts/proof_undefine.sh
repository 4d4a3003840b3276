# Switches the clone off and removes its definition.
undefine

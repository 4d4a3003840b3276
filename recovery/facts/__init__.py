"""What a recovery asks hosts. Each fact is a small frozen class: a command, and the parser of its answer.

`host` the whole state in one round trip · `planning` what only the plan needs · `labels` what disks say
of themselves · `areas` hashes of metadata areas · `files` · `mounts` · `counts` of files.
"""

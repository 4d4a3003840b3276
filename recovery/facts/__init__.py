"""What a recovery asks hosts. Each fact is a small frozen class: a command, and the parser of its answer.

`host` the whole state in one round trip (`lvm_report`: what LVM says of it) · `planning` what only the plan needs ·
`labels` what disks say of themselves · `bare` what stands on one without a label ·
`areas` hashes of metadata areas · `files` · `mounts` · `counts` of files.
"""

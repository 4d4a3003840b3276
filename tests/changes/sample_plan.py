"""A small plan that has one of everything."""

from changes.plan import HIGH, Call, Check, FileChange, Plan, Step, Undo, Wait

YES = Check("always", "it is so", {"value": 1})


def plan(**changes: object) -> Plan:
    steps = (
        Step("copy", "Copy the file", "It is needed.", "app02", Call(("cp", "a", "{run_dir}/a")), verify=(YES,)),
        Step(
            "attach", "Attach the disk", "It holds the data.", "app02", wait=Wait("Attach it now.", 60), verify=(YES,)
        ),
        Step(
            "restore",
            "Restore",
            "It renames the group.",
            "app02",
            Call(("{pv:y7Xc-1}",), script='dd of="$1"', stdin="x", timeout=5),
            precheck=(YES,),
            verify=(YES,),
            undo=Undo("Put it back", Call(("true",)), (YES,), (YES,)),
            writes=("the metadata areas",),
            danger=HIGH,
            cancel="never",
            files=(FileChange("/etc/x", None, "new", "note"),),
            article=6,
        ),
    )
    fields = {"kind": "k", "version": 1, "title": "t", "target": {"machine_id": "m"}, "steps": steps}
    return Plan(**{**fields, **changes})

"""Machines from lists that are kept elsewhere: readers give rows, `planning` says what each would do. All pure."""

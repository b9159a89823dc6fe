"""What `sysconfig` wants to know of the build; nothing of it is of use here."""

build_time_vars = {
    "TZPATH": "",
    "Py_DEBUG": 0,
    "Py_GIL_DISABLED": 0,
    "prefix": "/",
    "exec_prefix": "/",
}

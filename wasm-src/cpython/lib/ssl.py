"""Not there: what can do without it catches this."""

raise ImportError("the sandbox has no ssl: connections are made by the host")

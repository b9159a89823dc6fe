# Runs in the guest: turns sources into what import reads instead of them.
def _sandbox_bytecode(sources):
    from importlib._bootstrap_external import _code_to_hash_pyc

    made = {}
    for path, source in sources.items():
        try:
            code = compile(source, path, "exec", dont_inherit=True)
        except Exception:
            continue  # whoever imports it is told
        # Unchecked: the folder of packages never changes.
        made[path] = bytes(_code_to_hash_pyc(code, b"\0" * 8, False))
    return made

# The steps of .ci/run, one by one, in an environment where `pip install -e '.[dev]'` was run.

python := env("PYTHON", "python3")

# Lint, types, tests
default: lint types test

# Mend what ruff can mend, and write anew what is made of the documentation
fix:
    ruff check --fix .
    ruff format .
    {{ python }} scripts/write_agent_docs.py

lint:
    ruff check .
    ruff format --check .

types:
    mypy --strict
    mypy --strict tests/typed_program.py

# The tests, on all processors: just test -k name runs some, by one process
test *args="-n auto":
    {{ python }} -m pytest {{ args }}

# Bytes that the host does not stand, searched for by coverage: just fuzz values --seconds 600
fuzz *args:
    PYTHONPATH=. {{ python }} tests/fuzz.py {{ args }}

# Thousands of mixed sessions, and whether memory, threads or descriptors grow
soak *args:
    PYTHONPATH=. {{ python }} tests/soak.py {{ args }}

# Generated programs, stored and left at every step: just programs 500
programs examples="300":
    SANDBOX_WASM_EXAMPLES={{ examples }} {{ python }} -m pytest -o timeout=0 tests/test_generated_programs.py

# Published packages at real tasks; needs a package index
packages:
    {{ python }} -m pytest tests/real_packages.py

# CPython's own tests inside the sandbox; needs the Debian mirror that apt uses
lib-tests *args:
    PYTHONPATH=. {{ python }} scripts/run_lib_tests.py "$(scripts/fetch_cpython_source.sh)" {{ args }}

# The documentation site, into build/docs: needs the extra 'docs'
docs *args:
    {{ python }} -m sphinx --builder html --fail-on-warning --keep-going --nitpicky {{ args }} docs build/docs

# Whether what the documentation links to on other sites is there; needs a network
docs-links *args:
    {{ python }} -m sphinx --builder linkcheck {{ args }} docs build/docs-links

# What CI runs: the wheel in a clean environment, away from the source
ci *args:
    .ci/run {{ args }}

# artifacts/micropython.wasm from pinned sources and tools
build-micropython *args:
    scripts/build_micropython.sh {{ args }}

# artifacts/cpython.wasm, likewise
build-cpython *args:
    scripts/build_cpython.sh {{ args }}

# What each protection costs, with it and without
protections *args:
    {{ python }} -m benchmarks.protections {{ args }}

# The figures of benchmarks/README.md
bench *args:
    {{ python }} -m benchmarks {{ args }}

# This library beside its peers: makes an environment for each under build/peers
peers *args:
    {{ python }} -m benchmarks.peers {{ args }}

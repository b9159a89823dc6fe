"""The only package that imports wasmtime: engine, cache, store, memory, traps."""

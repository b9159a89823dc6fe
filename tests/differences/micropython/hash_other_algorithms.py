"""
Difference: `hashlib` has MD5, SHA-1 and SHA-2; SHA-3, SHAKE, BLAKE2 and scrypt are missing.
Cause: each would add code that few programs use.
Workaround: use sha256 or sha512; `pbkdf2_hmac` is there.
"""
import hashlib

print(hasattr(hashlib, "sha3_256"), hasattr(hashlib, "blake2b"))

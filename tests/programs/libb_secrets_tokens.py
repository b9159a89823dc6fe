"""secrets."""

import secrets

print(len(secrets.token_bytes(10)), len(secrets.token_hex(10)), len(secrets.token_urlsafe(9)), len(secrets.token_hex()))
print(secrets.token_hex(8) != secrets.token_hex(8), secrets.choice([5]), 0 <= secrets.randbelow(10) < 10, secrets.randbits(8) < 256)
print(secrets.compare_digest("abc", "abc"), secrets.compare_digest(b"abc", b"abd"), secrets.compare_digest("a", "ab"))
print(type(secrets.token_bytes()).__name__, type(secrets.token_urlsafe()).__name__, secrets.SystemRandom().random() < 1)
print(len({secrets.randbelow(10**30) for _ in range(20)}))
for f in [lambda: secrets.randbelow(0), lambda: secrets.choice([]), lambda: secrets.compare_digest("a", b"a")]:
    try:
        print(f())
    except Exception as e:
        print(type(e).__name__)

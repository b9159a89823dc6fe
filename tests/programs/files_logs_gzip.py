"""Logs and packed data on files."""
import gzip
import hashlib
import logging
import os
import tempfile

with tempfile.TemporaryDirectory() as folder:
    path = os.path.join(folder, "a.gz")
    with gzip.open(path, "wb") as f:
        print(f.write(b"one\ntwo\n" * 100), f.tell())
    with gzip.open(path) as f:
        print(f.readline(), len(f.read()), f.read(), f.seek(4), f.read(3))
    with gzip.open(path, "wt", encoding="utf-8") as f:
        f.write("é\nb")
    with gzip.open(path, "rt", encoding="utf-8") as f:
        print(f.read())
    with gzip.open(path, "rt", encoding="utf-8") as f:
        print(list(f))
    with open(path, "rb") as f:
        print(gzip.decompress(f.read()))
    with open(path, "ab") as f:
        f.write(gzip.compress(b"more"))
    print(gzip.open(path).read())
    with open(path, "wb") as f:
        f.write(b"not packed")
    try:
        gzip.open(path).read()
    except OSError as error:
        print(type(error).__name__)
    with open(path, "rb") as f:
        digest = hashlib.sha256()
        for part in iter(lambda: f.read(3), b""):
            digest.update(part)
    print(digest.hexdigest() == hashlib.sha256(b"not packed").hexdigest())

    log = os.path.join(folder, "log.txt")
    logging.basicConfig(filename=log, level=logging.INFO, format="%(levelname)s %(message)s")
    logging.info("first %d", 1)
    logging.debug("hidden")
    handler = logging.FileHandler(log, mode="a")
    logger = logging.getLogger("own")
    logger.addHandler(handler)
    logger.warning("second")
    print(open(log).read())
    handler.close()
    for one in list(logging.getLogger().handlers):
        logging.getLogger().removeHandler(one)
        one.close()

"""
Difference: the hash of a text is the same in every session, and so is the order of sets of texts.
Cause: the image holds an interpreter that has been started, with its hashes.
Workaround: none is needed; data that someone chose to collide costs its own run's time.
"""
print(hash("sandbox"))

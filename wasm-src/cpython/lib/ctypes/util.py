"""There are no libraries to find."""


def find_library(name):
    return None


find_msvcrt = find_library

"""This library beside the others that run Python in a sandbox, on the same work."""

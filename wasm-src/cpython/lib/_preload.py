"""Imported once, when the image is made: what it brings along costs no session anything."""

import _sitebuiltins
import abc  # noqa: F401
import array  # noqa: F401
import ast  # noqa: F401
import asyncio  # noqa: F401
import base64  # noqa: F401
import bisect  # noqa: F401
import builtins
import calendar  # noqa: F401
import cmath  # noqa: F401
import collections
import collections.abc  # noqa: F401
import concurrent.futures  # noqa: F401
import contextlib  # noqa: F401
import copy  # noqa: F401
import csv  # noqa: F401
import dataclasses  # noqa: F401
import datetime
import decimal
import difflib  # noqa: F401
import enum  # noqa: F401
import errno
import fractions
import functools  # noqa: F401
import graphlib  # noqa: F401
import hashlib
import heapq  # noqa: F401
import hmac  # noqa: F401
import html  # noqa: F401
import inspect  # noqa: F401
import io  # noqa: F401
import itertools  # noqa: F401
import json
import linecache
import logging  # noqa: F401
import math  # noqa: F401
import numbers  # noqa: F401
import operator  # noqa: F401
import os
import pathlib  # noqa: F401
import pprint  # noqa: F401
import queue  # noqa: F401
import random  # noqa: F401
import re
import secrets  # noqa: F401
import statistics  # noqa: F401
import string  # noqa: F401
import struct  # noqa: F401
import sys
import tempfile  # noqa: F401
import textwrap  # noqa: F401
import threading  # noqa: F401
import time
import traceback
import types  # noqa: F401
import typing  # noqa: F401
import unicodedata  # noqa: F401
import urllib.parse  # noqa: F401
import uuid
import warnings  # noqa: F401
import weakref  # noqa: F401
import zoneinfo  # noqa: F401

import _pbkdf2
import _sandbox  # noqa: F401


def rehearse():
    """Do once what is slower the first time."""
    re.compile(r"(a|b)+\d").match("ab1")
    json.loads(json.dumps({"a": [1, 2.5, None, "x"]}))
    decimal.Decimal("1.1") + 1
    fractions.Fraction(1, 3) + 1
    datetime.datetime(2020, 1, 1).strftime("%Y-%m-%d")
    uuid.UUID(int=1)
    try:
        raise ValueError("x")
    except ValueError:
        traceback.format_exc()
    re.purge()
    linecache.clearcache()


class Quitter:
    """`exit` and `quit`, as the module site makes them, but standard input stays open."""

    def __init__(self, name):
        self._name = name

    def __repr__(self):
        return f"Use {self._name}() to end the run"

    def __call__(self, code=None):
        raise SystemExit(code)


def refuse(what):
    """Return a function that says that there is no *what* here."""

    def refused(*args, **kwargs):
        raise OSError(errno.ENOTSUP, f"the sandbox has no {what}")

    return refused


def times():
    """Return what `os.times` does: libc's would count from when the image was made."""
    return os.times_result((time.process_time(), 0.0, 0.0, 0.0, time.monotonic()))


# What the module site would add.
builtins.exit = Quitter("exit")
builtins.quit = Quitter("quit")
builtins.help = _sitebuiltins._Helper()

# What hashlib would take from OpenSSL.
hashlib.pbkdf2_hmac = _pbkdf2.pbkdf2_hmac
hashlib.__all__ += ("pbkdf2_hmac",)

# Called by much of the library without a look whether it is there.
os.pipe = refuse("pipes")
os.system = refuse("processes")
os.times = times

sys.executable = ""
sys.argv = [""]
rehearse()

"""What is builtin in every Python: names that are taken, and exceptions that cross."""

from __future__ import annotations

# Builtins of CPython 3.10 to 3.14, spelled out so that a function does not become
# invalid with a new Python. Guest code, and its reader, count on these names.
BUILTINS = frozenset(
    """
    ArithmeticError AssertionError AttributeError BaseException BaseExceptionGroup
    BlockingIOError BrokenPipeError BufferError BytesWarning ChildProcessError
    ConnectionAbortedError ConnectionError ConnectionRefusedError ConnectionResetError
    DeprecationWarning EOFError Ellipsis EncodingWarning EnvironmentError Exception
    ExceptionGroup False FileExistsError FileNotFoundError FloatingPointError FutureWarning
    GeneratorExit IOError ImportError ImportWarning IndentationError IndexError
    InterruptedError IsADirectoryError KeyError KeyboardInterrupt LookupError MemoryError
    ModuleNotFoundError NameError None NotADirectoryError NotImplemented NotImplementedError
    OSError OverflowError PendingDeprecationWarning PermissionError ProcessLookupError
    PythonFinalizationError RecursionError ReferenceError ResourceWarning RuntimeError
    RuntimeWarning StopAsyncIteration StopIteration SyntaxError SyntaxWarning SystemError
    SystemExit TabError TimeoutError True TypeError UnboundLocalError UnicodeDecodeError
    UnicodeEncodeError UnicodeError UnicodeTranslateError UnicodeWarning UserWarning
    ValueError Warning WindowsError ZeroDivisionError
    abs aiter all anext any ascii bin bool breakpoint bytearray bytes callable chr
    classmethod compile complex delattr dict dir divmod enumerate eval exec filter float
    format frozenset getattr globals hasattr hash hex id input int isinstance issubclass
    iter len list locals map max memoryview min next object oct open ord pow print
    property range repr reversed round set setattr slice sorted staticmethod str sum
    super tuple type vars zip
    """.split()
)

# Exceptions that cross with their own words: the function raised exactly this
# class, which is what a function does to talk to its caller.
SPEAKING: tuple[type[Exception], ...] = (
    ValueError, TypeError, KeyError, IndexError, LookupError, AttributeError, ArithmeticError,
    ZeroDivisionError, OverflowError, FloatingPointError, RuntimeError, NotImplementedError,
    AssertionError, EOFError, BufferError, UnicodeError, TimeoutError,
)  # fmt: skip
# These say what went wrong in `strerror`; their other arguments are host paths.
SYSTEM: tuple[type[Exception], ...] = (
    OSError, FileNotFoundError, FileExistsError, PermissionError, NotADirectoryError,
    IsADirectoryError, InterruptedError, BlockingIOError, ChildProcessError, ProcessLookupError,
    ConnectionError, BrokenPipeError, ConnectionAbortedError, ConnectionRefusedError,
    ConnectionResetError,
)  # fmt: skip
# Their arguments are the data, and guest code cannot make one from a text alone.
UNICODE = (UnicodeDecodeError, UnicodeEncodeError, UnicodeTranslateError)
CROSSING = frozenset(SPEAKING + SYSTEM)

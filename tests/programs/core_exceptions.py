"""Classes, attributes and wording of exceptions."""

for n in 'FileNotFoundError FileExistsError PermissionError IsADirectoryError NotADirectoryError InterruptedError BlockingIOError ConnectionError BrokenPipeError ConnectionRefusedError ConnectionResetError ConnectionAbortedError TimeoutError ChildProcessError ProcessLookupError RecursionError ModuleNotFoundError UnboundLocalError FloatingPointError BufferError ReferenceError SystemError UnicodeDecodeError UnicodeEncodeError UnicodeTranslateError UnicodeError Warning UserWarning DeprecationWarning RuntimeWarning SyntaxWarning FutureWarning ImportWarning ResourceWarning PendingDeprecationWarning BytesWarning UnicodeWarning EnvironmentError IOError LookupError ArithmeticError OverflowError NotImplementedError StopAsyncIteration TabError IndentationError SyntaxError GeneratorExit SystemExit KeyboardInterrupt MemoryError AssertionError EOFError NameError'.split():
    try: t=eval(n); print(n,t.__name__,[b.__name__ for b in t.__bases__])
    except NameError: print(n,'MISSING')
try: raise FileNotFoundError(2,'No such file')
except OSError as e: print(type(e).__name__,e.errno,e,e.strerror, e.args)
print(type(OSError(2,'x')).__name__,type(OSError(13,'x')).__name__,type(OSError('a')).__name__, OSError(2,'x').errno)
def r(n): return r(n+1)
try: r(0)
except RecursionError as e: print('rec')
try:
    try: 1/0
    except ZeroDivisionError as e: raise ValueError('v') from e
except ValueError as e: print(repr(e.__cause__),e.__suppress_context__)
try:
    try: 1/0
    except ZeroDivisionError as e: raise ValueError('v')
except ValueError as e: print(e.__cause__)
e=ValueError('x'); print(e.args, repr(e), str(e), e.with_traceback(None) is e, e.__traceback__)
class E(Exception):
    def __init__(self,m,code): super().__init__(m); self.code=code
    def __str__(self): return f'{self.code}: {self.args[0]}'
try: raise E('bad',5)
except E as ex: print(ex,ex.code,repr(ex),ex.args)
class F(Exception): pass
print(repr(F('a',1)),str(F()),repr(F()),str(F('a',1)),F('q')); 
class G(F):
    def __init__(self,x): self.x=x
print(repr(G(5)),str(G(5)),G(5).args,G(5).x)
try: raise KeyError('k')
except LookupError as e: print(str(e),repr(e),e.args)
def fin():
    try: return 1
    finally: print('fin')
fin()
try:
    try: raise ValueError(1)
    finally: print('f')
except ValueError: print('ve')
else: print('else')
try: raise ValueError
except (TypeError,ValueError) as e: print(repr(e))
e=ValueError('a'); e.foo=5; print(e.foo, isinstance(e,Exception), ValueError.__mro__ if False else '', BaseException.__name__, e==ValueError('a'))
try: raise SystemExit(3)
except SystemExit as e: print(e.code)
try: next(iter([]))
except StopIteration as e: print(e.value)

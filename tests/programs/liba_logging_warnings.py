"""logging, warnings, inspect, keyword, atexit and traceback."""
import inspect
import io
import keyword
import logging
import traceback
import warnings

out = io.StringIO()
handler = logging.StreamHandler(out)
handler.setFormatter(logging.Formatter("%(levelname)-8s|%(name)s|%(message)s"))
log = logging.getLogger("app")
log.addHandler(handler)
log.setLevel(logging.DEBUG)
log.propagate = False
log.debug("x=%d y=%s", 1, "two")
log.info("plain"), log.warning("%(a)s-%(b)s", {"a": 1, "b": 2}), log.error("100%"), log.critical("c"), log.log(25, "custom")
child = logging.getLogger("app.db.pool")
child.info("from child")
logging.getLogger("app.db").setLevel(logging.ERROR)
child.info("hidden"), child.error("shown")
handler.setLevel("ERROR")
log.warning("not by the handler")
log.addFilter(lambda record: "secret" not in record.getMessage())
log.error("secret"), log.error("public")
print(out.getvalue())
print(child.parent.name, child.getEffectiveLevel(), log.isEnabledFor(10), logging.getLevelName(30), logging.getLevelName("INFO"), logging.getLevelName(7))
print(logging.getLogger("app") is log, logging.getLogger().name, log.getChild("db") is logging.getLogger("app.db"), log.level, repr(log))
try:
    log.setLevel("LOUD")
except ValueError:
    print("ValueError")
out2 = io.StringIO()
logging.basicConfig(stream=out2, level=logging.INFO, format="{levelname}:{message}", style="{")
logging.info("root %s", 1), logging.debug("no"), logging.getLogger("other").warning("w")
logging.disable(logging.CRITICAL)
logging.critical("no")
logging.disable(logging.NOTSET)
print(out2.getvalue())


class ListHandler(logging.Handler):
    def __init__(self):
        super().__init__()
        self.seen = []

    def emit(self, record):
        self.seen.append((record.levelname, record.getMessage(), record.levelno, getattr(record, "user", None)))


lh = ListHandler()
log.addHandler(lh), log.removeHandler(handler)
log.info("hello %s", "w", extra={"user": "u1"})
print(lh.seen, log.handlers == [lh])

with warnings.catch_warnings(record=True) as caught:
    warnings.simplefilter("always")
    warnings.warn("one"), warnings.warn("two", DeprecationWarning), warnings.warn(RuntimeWarning("three"))
print([(str(w.message), w.category.__name__) for w in caught])
with warnings.catch_warnings():
    warnings.simplefilter("error")
    try:
        warnings.warn("boom", UserWarning)
    except UserWarning as e:
        print("raised", e)
    warnings.filterwarnings("ignore", category=UserWarning)
    warnings.warn("silent")
with warnings.catch_warnings(record=True) as caught:
    warnings.simplefilter("default")
    for _ in range(2):
        warnings.warn("again")
print(len(caught))
try:
    warnings.simplefilter("wrong")
except (ValueError, AssertionError):
    print("invalid action")


class A:
    def m(self): ...


class B(A):
    pass


def gen():
    yield 1


print(inspect.isclass(A), inspect.isclass(A()), inspect.isfunction(gen), inspect.isfunction(len), inspect.isfunction(lambda: 0))
print(inspect.ismethod(A().m), inspect.isgenerator(gen()), inspect.isgeneratorfunction(gen), inspect.isgeneratorfunction(len), inspect.isbuiltin(len), inspect.ismodule(io))
print(inspect.cleandoc("""One.

    Two.
      Three.
    """), [c.__name__ for c in inspect.getmro(B)])
print(keyword.iskeyword("class"), keyword.iskeyword("classy"), len(keyword.kwlist) > 30)
try:
    1 / 0
except ZeroDivisionError as e:
    lines = traceback.format_exception(type(e), e, e.__traceback__ if hasattr(e, "__traceback__") else None)
    print(lines[0].rstrip(), lines[-1].startswith("ZeroDivisionError"))
print(traceback.format_exception_only(ValueError, ValueError("bad")), traceback.format_exception_only(KeyError, KeyError()))

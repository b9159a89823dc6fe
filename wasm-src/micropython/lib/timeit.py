"""CPython's timeit."""

from time import perf_counter

default_timer = perf_counter
default_number = 1000000
default_repeat = 5


def _function(code, names):
    if callable(code):
        return code
    compiled = compile(code, "<timeit>", "exec")
    return lambda: exec(compiled, names)


class Timer:
    def __init__(self, stmt="pass", setup="pass", timer=default_timer, globals=None):
        names = {} if globals is None else globals
        self._timer = timer
        if isinstance(stmt, str):
            # The loop is part of what is compiled, so that its body is all that is timed.
            lines = "\n  ".join(stmt.split("\n"))
            source = "def _inner(_n):\n for _i in range(_n):\n  " + lines
            if isinstance(setup, str):
                source = setup + "\n" + source
            else:
                setup()
            space = dict(names)
            compiled = compile(source, "<timeit>", "exec")

            def prepare():
                exec(compiled, space)
                return space["_inner"]

            self._prepare = prepare
        else:
            run = _function(setup, names)

            def loop(n):
                for _ in range(n):
                    stmt()

            def prepare():
                run()
                return loop

            self._prepare = prepare

    def timeit(self, number=default_number):
        loop = self._prepare()
        start = self._timer()
        loop(number)
        return self._timer() - start

    def repeat(self, repeat=default_repeat, number=default_number):
        return [self.timeit(number) for _ in range(repeat)]

    def autorange(self, callback=None):
        number = 1
        while True:
            for factor in (1, 2, 5):
                taken = self.timeit(number * factor)
                if callback:
                    callback(number * factor, taken)
                if taken >= 0.2:
                    return number * factor, taken
            number *= 10


def timeit(
    stmt="pass", setup="pass", timer=default_timer, number=default_number, globals=None
):
    return Timer(stmt, setup, timer, globals).timeit(number)


def repeat(
    stmt="pass",
    setup="pass",
    timer=default_timer,
    repeat=default_repeat,
    number=default_number,
    globals=None,
):
    return Timer(stmt, setup, timer, globals).repeat(repeat, number)

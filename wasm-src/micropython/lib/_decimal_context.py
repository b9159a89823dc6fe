"""The contexts, signals and rounding of decimal."""

ROUND_DOWN = "ROUND_DOWN"
ROUND_HALF_UP = "ROUND_HALF_UP"
ROUND_HALF_EVEN = "ROUND_HALF_EVEN"
ROUND_CEILING = "ROUND_CEILING"
ROUND_FLOOR = "ROUND_FLOOR"
ROUND_UP = "ROUND_UP"
ROUND_HALF_DOWN = "ROUND_HALF_DOWN"
ROUND_05UP = "ROUND_05UP"
_ROUNDINGS = (
    ROUND_DOWN,
    ROUND_HALF_UP,
    ROUND_HALF_EVEN,
    ROUND_CEILING,
    ROUND_FLOOR,
    ROUND_UP,
    ROUND_HALF_DOWN,
    ROUND_05UP,
)
MAX_PREC = 999999
MAX_EMAX = 999999
MIN_EMIN = -999999

# One base class is what an exception may have here, so what CPython derives
# from both is derived from the one that code catches.
DecimalException = ArithmeticError


class InvalidOperation(ArithmeticError):
    pass


class DivisionByZero(ZeroDivisionError):
    pass


class Inexact(ArithmeticError):
    pass


class Rounded(ArithmeticError):
    pass


class Overflow(ArithmeticError):
    pass


class Underflow(ArithmeticError):
    pass


class Subnormal(ArithmeticError):
    pass


class Clamped(ArithmeticError):
    pass


class FloatOperation(TypeError):
    pass


_SIGNALS = (
    InvalidOperation,
    FloatOperation,
    DivisionByZero,
    Overflow,
    Subnormal,
    Underflow,
    Rounded,
    Inexact,
    Clamped,
)


def round_quotient(negative, n, k, rounding):
    """The whole number n / 10**k, for n >= 0, and whether digits were lost."""
    if k <= 0:
        return n * 10**-k, False
    unit = 10**k
    q, r = divmod(n, unit)
    if not r:
        return q, False
    half = unit // 2
    if rounding == ROUND_HALF_EVEN:
        up = r > half or r == half and q & 1
    elif rounding == ROUND_HALF_UP:
        up = r >= half
    elif rounding == ROUND_DOWN:
        up = False
    elif rounding == ROUND_UP:
        up = True
    elif rounding == ROUND_CEILING:
        up = not negative
    elif rounding == ROUND_FLOOR:
        up = negative
    elif rounding == ROUND_HALF_DOWN:
        up = r > half
    else:
        up = q % 5 == 0
    return q + 1 if up else q, True


class Context:
    def __init__(
        self,
        prec=28,
        rounding=ROUND_HALF_EVEN,
        Emin=-999999,
        Emax=999999,
        capitals=1,
        clamp=0,
        flags=None,
        traps=None,
    ):
        self.prec = 28 if prec is None else prec
        self.rounding = rounding or ROUND_HALF_EVEN
        self.Emin = Emin
        self.Emax = Emax
        self.capitals = capitals
        self.clamp = clamp
        if traps is None:
            traps = (InvalidOperation, DivisionByZero, Overflow)
        self.traps = _switches(traps)
        self.flags = _switches(flags or ())

    @property
    def prec(self):
        return self._prec

    @prec.setter
    def prec(self, n):
        if not isinstance(n, int):
            raise TypeError("an integer is required")
        if not 1 <= n <= MAX_PREC:
            raise ValueError("valid range for prec is [1, MAX_PREC]")
        self._prec = n

    @property
    def rounding(self):
        return self._rounding

    @rounding.setter
    def rounding(self, mode):
        if mode not in _ROUNDINGS:
            raise TypeError(
                "valid values for rounding are:\n[ROUND_CEILING, ROUND_FLOOR, ROUND_UP, "
                "ROUND_DOWN, ROUND_HALF_UP, ROUND_HALF_DOWN, ROUND_HALF_EVEN, ROUND_05UP]"
            )
        self._rounding = mode

    def copy(self):
        return Context(
            self.prec,
            self.rounding,
            self.Emin,
            self.Emax,
            self.capitals,
            self.clamp,
            self.flags,
            self.traps,
        )

    __copy__ = copy

    def clear_flags(self):
        self.flags = _switches(())

    def clear_traps(self):
        self.traps = _switches(())

    def create_decimal(self, num="0"):
        from decimal import Decimal

        return Decimal(num)._fixed(self)

    def signal(self, kind, message, result):
        """Note the signal; raise it if it is trapped, else go on with result."""
        self.flags[kind] = True
        if self.traps[kind]:
            raise kind(message)
        return result

    def __repr__(self):
        def names(d):
            return "[%s]" % ", ".join([k.__name__ for k in _SIGNALS if d[k]])

        return (
            "Context(prec=%d, rounding=%s, Emin=%d, Emax=%d, capitals=%d, clamp=%d, "
            "flags=%s, traps=%s)"
        ) % (
            self.prec,
            self.rounding,
            self.Emin,
            self.Emax,
            self.capitals,
            self.clamp,
            names(self.flags),
            names(self.traps),
        )


def _switches(on):
    if isinstance(on, dict):
        return {kind: bool(on.get(kind)) for kind in _SIGNALS}
    return {kind: kind in on for kind in _SIGNALS}


_state = [Context()]
DefaultContext = Context()
BasicContext = Context(
    9, ROUND_HALF_UP, traps=(DivisionByZero, Overflow, InvalidOperation, Clamped, Underflow)
)
ExtendedContext = Context(9, traps=())


def getcontext():
    return _state[0]


def setcontext(context):
    _state[0] = context.copy() if context in (DefaultContext, BasicContext, ExtendedContext) else context


class localcontext:
    """A with block's own context, a copy."""

    def __init__(self, ctx=None, **changes):
        self._new = (getcontext() if ctx is None else ctx).copy()
        for name, value in changes.items():
            if name not in ("prec", "rounding", "Emin", "Emax", "capitals", "clamp", "flags", "traps"):
                raise TypeError("'%s' is an invalid keyword argument for this function" % name)
            setattr(self._new, name, value)

    def __enter__(self):
        self._old = getcontext()
        _state[0] = self._new
        return self._new

    def __exit__(self, *error):
        _state[0] = self._old

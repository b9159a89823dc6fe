// zig's log2 is inexact for powers of two below the normal range, and exact within it.
double __real_log2(double x);

double __wrap_log2(double x) {
    return x > 0 && x < 0x1p-1022 ? __real_log2(x * 0x1p54) - 54 : __real_log2(x);
}

"""time's conversions and formats."""

import time

t = time.gmtime(1700000000)
print(t)
print(t.tm_year, t.tm_mon, t.tm_mday, t.tm_hour, t.tm_min, t.tm_sec, t.tm_wday, t.tm_yday)
print(t[0], t[:3], len(t), tuple(t), list(t)[:2])
print(time.gmtime(0)[:6], time.gmtime(-1)[:6], time.gmtime(951782400.9)[:6])
for code in "YmdHMSyIjwuUWVGaAbBpeFTRDCh%":
    print(code, time.strftime("%" + code, t))
print(time.strftime("%Y-%m-%d %H:%M:%S", t), time.strftime("100%% %d/%m", t))
print(time.strftime("%-d %-m %-H %-I %_d", time.gmtime(3600)))
print(time.strftime("no codes", t), repr(time.strftime("", t)))
print(time.asctime(t), "|", time.asctime(time.gmtime(0)))
p = time.strptime("2024-02-29 13:45:10", "%Y-%m-%d %H:%M:%S")
print(p)
print(time.strptime("Sat Mar  9 01:02:03 2024"))
print(time.strptime("07/04/76 11:59 pm", "%m/%d/%y %I:%M %p")[:6])
print(time.strptime("2023 200", "%Y %j")[:8])
for text, fmt in [("x", "%d"), ("2024", "%Y-%m"), ("12 junk", "%d"), ("1", "%Q"), ("32", "%d")]:
    try:
        print(time.strptime(text, fmt)[:3])
    except ValueError as e:
        print(type(e).__name__, e)
print(time.struct_time(range(9)).tm_isdst, time.struct_time(range(9)) == tuple(range(9)))
a = time.perf_counter()
b = time.monotonic()
print(isinstance(a, float), isinstance(b, float), isinstance(time.time(), float))
print(isinstance(time.time_ns(), int), isinstance(time.perf_counter_ns(), int))
print(time.time() > 1.6e9, time.perf_counter() >= a, time.monotonic() >= b)
time.sleep(0)

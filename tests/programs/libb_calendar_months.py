"""calendar."""

import calendar

print([calendar.isleap(y) for y in (1900, 2000, 2023, 2024)], calendar.leapdays(1900, 2024))
print([[int(x) for x in calendar.monthrange(2024, m)] for m in range(1, 13)], int(calendar.weekday(2024, 2, 29)))
print(list(calendar.month_name), list(calendar.month_abbr), list(calendar.day_name), list(calendar.day_abbr))
print(calendar.monthcalendar(2024, 2), calendar.Calendar(6).monthdayscalendar(2024, 2))
print(list(calendar.Calendar(6).iterweekdays()), calendar.Calendar().monthdays2calendar(2023, 5)[0])
print(calendar.month(2024, 2))
print(calendar.TextCalendar(calendar.SUNDAY).formatmonth(2023, 10, 4, 2))
print(calendar.calendar(2024))
print(calendar.TextCalendar(6).formatyear(2023, m=4))
print(calendar.weekheader(3), "|", calendar.weekheader(10))
print([str(d) for d in calendar.Calendar().monthdatescalendar(2024, 2)[0]])
print(calendar.timegm((2024, 1, 1, 0, 0, 1)), calendar.MONDAY == 0, calendar.firstweekday() == 0)
calendar.prmonth(2024, 9)
calendar.setfirstweekday(6)
print(calendar.month(2024, 9))
for f in [lambda: calendar.monthrange(2024, 13), lambda: calendar.setfirstweekday(7), lambda: calendar.weekday(2023, 2, 29)]:
    try:
        print(f())
    except ValueError as e:
        print("ValueError", e)

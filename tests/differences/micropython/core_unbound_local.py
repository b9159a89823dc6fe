"""
Difference: the error about an unassigned local variable does not name it.
Cause: Names of local variables are not kept.
Workaround: Read the line in the traceback.
"""
def f():
    print(x)
    x = 1
try:
    f()
except UnboundLocalError as e:
    print(e)

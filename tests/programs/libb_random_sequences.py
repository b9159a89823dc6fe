"""A seed gives CPython's numbers."""

import random

random.seed(42)
print([random.random() for _ in range(3)])
print([random.randint(1, 100) for _ in range(10)])
print([random.randrange(0, 100, 7) for _ in range(5)], random.randrange(10))
print(random.choice("abcdef"), random.choices([1, 2, 3], k=5))
print(random.choices("abc", weights=[5, 1, 1], k=8))
print(random.choices("abc", cum_weights=[1, 2, 10], k=8))
items = list(range(20))
random.shuffle(items)
print(items)
print(random.sample(range(1000), 10), random.sample([1, 2, 3], 3))
print(random.sample(["r", "b"], counts=[4, 2], k=5))
print(random.sample(range(10**6), 30))
print(random.uniform(1, 10), random.triangular(0, 1, 0.3))
print([round(random.gauss(0, 1), 12) for _ in range(3)])
print(round(random.normalvariate(10, 2), 12), round(random.expovariate(0.5), 12))
print(round(random.betavariate(2, 3), 12), round(random.gammavariate(0.5, 2), 12))
print(round(random.lognormvariate(0, 1), 10), round(random.paretovariate(3), 12))
print(round(random.weibullvariate(1, 2), 12))
print(random.getrandbits(10), random.getrandbits(32), random.getrandbits(100))
print(random.getrandbits(64), random.randint(0, 2**80), random.randbytes(5))

for seed in [0, 1, -5, 2**32, 2**70 + 3]:
    random.seed(seed)
    print(seed, random.random())

a = random.Random(7)
b = random.Random(7)
print(a.random() == b.random(), a.randint(1, 6), b.randint(1, 6))
state = a.getstate()
x = a.random()
a.setstate(state)
print(x == a.random())
random.seed(3)
state = random.getstate()
x = random.gauss(0, 1)
random.setstate(state)
print(x == random.gauss(0, 1))

for f in [
    lambda: random.choice([]),
    lambda: random.randint(2, 1),
    lambda: random.randrange(0),
    lambda: random.randrange(1, 5, 0),
    lambda: random.sample([1], 2),
    lambda: random.choices([1], weights=[1, 2]),
]:
    try:
        f()
    except Exception as e:
        print(type(e).__name__)

random.seed()
print(0 <= random.random() < 1, len({random.random() for _ in range(50)}))
print(1 <= random.SystemRandom().randint(1, 6) <= 6)


class Fixed(random.Random):
    def random(self):
        return 0.5


print(Fixed().uniform(0, 4), Fixed().choices([1, 2, 3, 4], k=2))

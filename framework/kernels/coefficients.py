#!/usr/bin/env python3
"""Prints the polynomials of math-inl.h (Debian package python3-mpmath).

Each is the interpolant at Chebyshev nodes, which is within a small factor of the best polynomial of its degree. The
error printed is the largest relative error of the function that is built from it, before any rounding.
"""
import mpmath as mp

mp.mp.dps = 60


def interpolate(f, low, high, degree):
    """Coefficients, lowest power first, by Newton's divided differences."""
    nodes = [(high + low) / 2 + (high - low) / 2 * mp.cos(mp.pi * (2 * k + 1) / (2 * degree + 2))
             for k in range(degree + 1)]
    differences = [f(x) for x in nodes]
    for step in range(1, degree + 1):
        for i in range(degree, step - 1, -1):
            differences[i] = (differences[i] - differences[i - 1]) / (nodes[i] - nodes[i - step])
    polynomial = [differences[-1]]
    for i in range(degree - 1, -1, -1):
        shifted = [mp.mpf(0)] + polynomial
        polynomial = [a - b * nodes[i] for a, b in zip(shifted, polynomial + [mp.mpf(0)])]
        polynomial[0] += differences[i]
    return polynomial


def show(name, function, polynomial, low, high, true, built):
    points = [low + (high - low) * mp.mpf(i) / 997 for i in range(998)]
    error = max(abs(built(mp.polyval(polynomial[::-1], x), x) / true(x) - 1) for x in points if x != 0)
    print(f"{name}: {function}, relative error {mp.nstr(error, 2)}")
    for coefficient in polynomial:
        print(f"    {mp.nstr(coefficient, 20)},")


def exponential(name, degree):
    """expm1(r) = r + r^2 P(r); a little beyond ln(2) / 2 on both sides, for arguments in two parts."""
    bound = mp.mpf("0.375")
    p = interpolate(lambda r: mp.nsum(lambda k: r ** k / mp.factorial(k + 2), [0, 40]), -bound, bound, degree)
    show(name, "expm1", p, -bound, bound, mp.expm1, lambda value, r: r + r * r * value)


def normal_tail(name, a, last, degree):
    """Q(t) exp(t^2 / 2) = w G(u), with w = 1 / (t + a), u = 1 - 2 a w, for t from 0 to `last`."""
    a = mp.mpf(a)

    def g(u):
        t = 2 * a / (1 - u) - a
        return mp.erfc(t / mp.sqrt(2)) / 2 * mp.exp(t * t / 2) * (t + a)

    high = (last - a) / (last + a)
    show(name, f"normal tail, a = {mp.nstr(a)}", interpolate(g, mp.mpf(-1), high, degree), mp.mpf(-1), high, g,
         lambda value, u: value)


exponential("float", 4)
exponential("double", 9)
normal_tail("float", 4, 14, 9)
normal_tail("double", 5, 39, 21)

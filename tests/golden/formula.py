"""Numbers by a formula that the tests repeat (formula.h), so that weights and inputs need no file."""

import math

import numpy
import torch


def bits(salt, n, first=0):
    """n 32-bit words for a salt from the `first` on, all integer arithmetic modulo 2**32."""
    x = numpy.arange(first + 1, first + n + 1, dtype=numpy.uint64) * 2654435761 + salt * 40503
    x &= 0xFFFFFFFF
    x ^= x >> 15
    x = x * 2246822519 & 0xFFFFFFFF
    x ^= x >> 13
    return x * 3266489917 & 0xFFFFFFFF


def numbers(salt, *shape, first=0):
    """Numbers in [-0.5, 0.5) that a float holds exactly, from the `first` on."""
    values = (bits(salt, math.prod(shape), first) >> 12).astype(numpy.float64) / 2.0**20 - 0.5
    return torch.tensor(values).reshape(shape)

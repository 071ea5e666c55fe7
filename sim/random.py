"""Random numbers as pure functions of what they decide: seed, kind of event, round, customer, firm.

Nothing is drawn from a shared stream, so a draw never depends on who was asked before, on threads or on a strategy:
two alternatives run with one seed share every customer and every stroke of luck, and any single customer's life can be
replayed. The generator is Philox4x32-10 (Salmon, Moraes, Dror & Shaw 2011, "Parallel random numbers: as easy as
1, 2, 3", SC11), checked in the tests against its known-answer vectors.
"""

import numpy as np

from sim.compiled import rule
from sim.maths import cos_sin_turn, exp, log

# Kinds of event: the last counter word. A kind that needs more than four numbers uses further `part`s.
SEGMENT, TRAITS, NEED, TASTE, AWARENESS = 0, 1, 2, 3, 4
LIFE, DRIFT, ADVERTISING, CONTACT, CHOICE, DELIVERY, OBSERVATION = 8, 9, 10, 11, 12, 13, 14

_LOW = np.uint64(0xFFFFFFFF)
_HALF = np.uint64(32)
_M0 = np.uint64(0xD2511F53)
_M1 = np.uint64(0xCD9E8D57)
_W0 = np.uint64(0x9E3779B9)
_W1 = np.uint64(0xBB67AE85)
_UNIT = 2.0**-32
_EXPONENT = np.int64(0x4330000000000000)  # of 2⁵²
_MIDDLE = 2.0**52 - 0.5


@rule
def philox(key0, key1, counter0, counter1, counter2, counter3):
    """Four 32-bit words (as uint64) of Philox4x32-10 for a 64-bit key and a 128-bit counter, all given as uint64
    words.
    """
    for _ in range(10):
        product0 = counter0 * _M0
        product1 = counter2 * _M1
        counter0 = (product1 >> _HALF) ^ counter1 ^ key0
        counter1 = product1 & _LOW
        counter2 = (product0 >> _HALF) ^ counter3 ^ key1
        counter3 = product0 & _LOW
        key0 = (key0 + _W0) & _LOW
        key1 = (key1 + _W1) & _LOW
    return counter0, counter1, counter2, counter3


@rule
def words(seed, kind, round, customer, firm, part):
    """Four random words keyed by the event; ``part`` numbers further quadruples of the same event.

    ``firm`` is the index of the firm or 0 where none is involved; kinds keep such events apart.
    """
    key = np.uint64(seed)
    return philox(
        key & _LOW,
        key >> _HALF,
        np.uint64(customer) & _LOW,
        np.uint64(round),
        np.uint64(firm),
        (np.uint64(part) << np.uint64(8)) | np.uint64(kind),
    )


@rule
def unit(word):
    """Uniform on (0, 1), never 0 or 1: the middle of one of 2³² equal cells."""
    shifted = np.int64(np.int64(word) | _EXPONENT)  # the bits of 2⁵² + word; few processors convert several at a time
    return (shifted.view(np.float64) - _MIDDLE) * _UNIT


@rule
def uniforms(seed, kind, round, customer, firm, part):
    """Four independent uniforms on (0, 1)."""
    a, b, c, d = words(seed, kind, round, customer, firm, part)
    return unit(a), unit(b), unit(c), unit(d)


@rule
def normal_pair(u, w):
    """Two independent standard normals from two uniforms (Box & Muller 1958)."""
    radius = np.sqrt(-2.0 * log(u))
    cosine, sine = cos_sin_turn(w)
    return radius * cosine, radius * sine


@rule
def normals(seed, kind, round, customer, firm, part):
    """Four independent standard normals."""
    a, b, c, d = uniforms(seed, kind, round, customer, firm, part)
    n0, n1 = normal_pair(a, b)
    n2, n3 = normal_pair(c, d)
    return n0, n1, n2, n3


@rule
def log_gamma_draw(seed, kind, round, customer, firm, part, shape):
    """Natural logarithm of a Gamma(shape, 1) variate; finite for the smallest shapes, where the variate underflows.

    Marsaglia & Tsang (2000), "A simple method for generating gamma variables", ACM TOMS 26; below shape 1 through
    G(shape) = G(shape + 1)·U^(1/shape). Attempts use consecutive ``part``s; one in twenty needs a second.
    """
    raised = shape if shape >= 1.0 else shape + 1.0
    d = raised - 1.0 / 3.0
    c = 1.0 / np.sqrt(9.0 * d)
    value = log(d)
    boost = 0.0
    for attempt in range(64):
        a, b, u, w = uniforms(seed, kind, round, customer, firm, part + attempt)
        if attempt == 0:
            boost = log(w)
        normal, _ = normal_pair(a, b)
        cube = 1.0 + c * normal
        if cube > 0.0:
            cube = cube * cube * cube
            if log(u) < 0.5 * normal * normal + d - d * cube + d * log(cube):
                value = log(d) + log(cube)
                break
    return value if shape >= 1.0 else value + boost / shape


@rule
def gamma_draw(seed, kind, round, customer, firm, part, shape):
    """A Gamma(shape, 1) variate (see :func:`log_gamma_draw`)."""
    return exp(log_gamma_draw(seed, kind, round, customer, firm, part, shape))


@rule
def beta_draw(seed, kind, round, customer, firm, part, a, b):
    """A Beta(a, b) variate as G(a)/(G(a)+G(b)), formed from logarithms so that small parameters do not underflow."""
    x = log_gamma_draw(seed, kind, round, customer, firm, part, a)
    y = log_gamma_draw(seed, kind, round, customer, firm, part + 64, b)
    return 1.0 / (1.0 + exp(y - x))

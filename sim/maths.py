"""exp, log and cos/sin from +, −, ×, ÷ and sqrt alone.

The platform's mathematics library differs between machines and cannot be vectorised here; these functions use only
operations that IEEE 754 rounds correctly, so a run gives the same bits everywhere and loops over them become SIMD.
Errors stay below 1.05 units in the last place (exp), 0.8 (log) and 2e-16 absolute (cos, sin); the tests hold them
against arbitrary precision.
"""

import numpy as np

from sim.compiled import rule

_LOG2_E = 1.4426950408889634
_LN2_HIGH = 6.93147180369123816490e-01  # its last 32 bits are zero, so n·_LN2_HIGH is exact
_LN2_LOW = 1.90821492927058770002e-10
_BIAS = np.int64(1023)
_WHOLE = 6755399441055744.0  # 1.5·2⁵²: a whole number added to it stands in its last bits, its own being zero
_MANTISSA_BITS = np.int64(52)
_SQRT_HALF = np.int64(0x3FE6A09E667F3BCD)


@rule
def exp(x):
    """e^x. Below −708 it is 0, above 709 infinite (subnormal results are not formed); NaN stays NaN."""
    bounded = min(max(x, -708.0), 709.0)
    n = np.floor(bounded * _LOG2_E + 0.5)
    r = (bounded - n * _LN2_HIGH) - n * _LN2_LOW
    # (e^r − 1 − r)/r² by a Chebyshev fit on |r| ≤ ln2/2, relative error of e^r 1e-17
    q = 2.510038549551032e-08
    q = q * r + 2.7620088445409746e-07
    q = q * r + 2.7557268459997064e-06
    q = q * r + 2.4801521295954376e-05
    q = q * r + 1.9841269863053618e-04
    q = q * r + 1.3888888917213717e-03
    q = q * r + 8.333333333330062e-03
    q = q * r + 4.166666666662413e-02
    q = q * r + 1.6666666666666669e-01
    q = q * r + 5.000000000000001e-01
    value = ((r * r) * q + r) + 1.0
    whole = np.float64(n + _WHOLE)  # few processors convert several numbers at a time
    power = np.int64((whole.view(np.int64) + _BIAS) << _MANTISSA_BITS)
    value = value * power.view(np.float64)
    value = 0.0 if x < -708.0 else value
    value = np.inf if x > 709.0 else value
    return value if x == x else x


@rule
def log(x):
    """Natural logarithm of a positive normal number; −inf below the smallest normal number, infinity for infinity.

    Reduction to m in [sqrt(1/2), sqrt(2)) and the polynomial of FreeBSD's e_log.c (Sun Microsystems 1993).
    """
    number = np.float64(x)
    bits = number.view(np.int64)
    k = (bits - _SQRT_HALF) >> _MANTISSA_BITS
    mantissa = np.int64(bits - (k << _MANTISSA_BITS))
    m = mantissa.view(np.float64)
    f = m - 1.0
    s = f / (2.0 + f)
    z = s * s
    p = 1.479819860511658591e-01
    p = p * z + 1.531383769920937332e-01
    p = p * z + 1.818357216161805012e-01
    p = p * z + 2.222219843214978396e-01
    p = p * z + 2.857142874366239149e-01
    p = p * z + 3.999999999940941908e-01
    p = p * z + 6.666666666666735130e-01
    p = p * z
    half = 0.5 * f * f
    e = np.float64(k)
    value = e * _LN2_HIGH - ((half - (s * (half + p) + e * _LN2_LOW)) - f)
    value = -np.inf if x < 2.2250738585072014e-308 else value
    return x if x == np.inf else value


@rule
def cos_sin_turn(u):
    """cos(2πu) and sin(2πu) for u in [0, 1): full turns, so that the reduction to an eighth of a turn is exact.

    Kernels of FreeBSD's k_cos.c and k_sin.c (Sun Microsystems 1993).
    """
    quadrant = np.floor(u * 4.0 + 0.5)
    r = (u - quadrant * 0.25) * 6.283185307179586
    z = r * r
    c = -1.13596475577881948265e-11
    c = c * z + 2.08757232129817482790e-09
    c = c * z - 2.75573143513906633035e-07
    c = c * z + 2.48015872894767294178e-05
    c = c * z - 1.38888888888741095749e-03
    c = c * z + 4.16666666666666019037e-02
    cosine = 1.0 - (0.5 * z - z * z * c)
    s = 1.58969099521155010221e-10
    s = s * z - 2.50507602534068634195e-08
    s = s * z + 2.75573137070700676789e-06
    s = s * z - 1.98412698298579493134e-04
    s = s * z + 8.33333333332248946124e-03
    s = s * z - 1.66666666666666324348e-01
    sine = r + r * z * s
    odd = (quadrant == 1.0) | (quadrant == 3.0)
    c_out = sine if odd else cosine
    s_out = cosine if odd else sine
    c_out = -c_out if (quadrant == 1.0) | (quadrant == 2.0) else c_out
    s_out = -s_out if (quadrant == 2.0) | (quadrant == 3.0) else s_out
    return c_out, s_out

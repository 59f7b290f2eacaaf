//! Vector registers of either precision, through `pulp`: the instruction set is chosen at run time, without unsafe code of our own.
//!
//! Which loops are worth vectorising is decided in `kernel` and `contrast`.

use crate::linalg::Real;
use pulp::{Simd, bytemuck};

/// A precision in which minibatch losses run: `f32` or `f64`.
///
/// Its functions are the few operations of a vector register that the kernels need; they are only meaningful inside
/// `pulp`'s dispatch, where they compile to one instruction each.
pub trait Precision: Real {
    /// A register's worth of numbers.
    type Vector<S: Simd>: Copy + Send + Sync + bytemuck::Pod;

    /// Largest magnitude of a base-2 logit for which 2^logit, and sums and quotients of such powers over any batch, stay
    /// far from overflow and underflow.
    const SAFE_EXPONENT: f64;

    /// The nearest number of this precision: [`Real::from_f64`] under a name that no other numeric trait uses.
    fn nearest(value: f64) -> Self {
        <Self as Real>::from_f64(value)
    }

    /// √x, under a name that no other numeric trait uses.
    #[must_use]
    fn root(self) -> Self {
        nalgebra::ComplexField::sqrt(self)
    }

    /// The whole registers of a slice; its length must be a multiple of a register's.
    fn vectors<S: Simd>(values: &[Self]) -> &[Self::Vector<S>];

    /// The whole registers of a slice, to write.
    fn vectors_mut<S: Simd>(values: &mut [Self]) -> &mut [Self::Vector<S>];

    /// The same number in every lane.
    fn broadcast<S: Simd>(simd: S, value: Self) -> Self::Vector<S>;

    /// a + b.
    fn plus<S: Simd>(simd: S, a: Self::Vector<S>, b: Self::Vector<S>) -> Self::Vector<S>;

    /// a·b.
    fn times<S: Simd>(simd: S, a: Self::Vector<S>, b: Self::Vector<S>) -> Self::Vector<S>;

    /// a·b + c, rounded once if the machine can.
    fn times_plus<S: Simd>(simd: S, a: Self::Vector<S>, b: Self::Vector<S>, c: Self::Vector<S>) -> Self::Vector<S>;

    /// The sum over the lanes.
    fn total<S: Simd>(simd: S, a: Self::Vector<S>) -> Self;

    /// 2^a within 2 units in the last place, for |a| ≤ [`Precision::SAFE_EXPONENT`]; meaningless beyond it.
    ///
    /// 2^a = 2^k·2^f with k the nearest integer; 2^f is a polynomial (Chebyshev interpolation on [−½, ½]), and k is added
    /// to the exponent's bits.
    fn power_of_two<S: Simd>(simd: S, a: Self::Vector<S>) -> Self::Vector<S>;
}

/// Relative truncation error 2.9e-16.
const POWER_F64: [f64; 11] = [
    1.0,
    std::f64::consts::LN_2 + 4.673_44e-15,
    0.240_226_506_959_100_97,
    0.055_504_108_664_447_72,
    0.009_618_129_107_606_888,
    0.001_333_355_823_016_497_4,
    0.000_154_035_304_417_360_5,
    1.525_265_726_020_083_7e-5,
    1.321_544_258_792_169e-6,
    1.020_869_029_995_830_6e-7,
    7.072_585_949_269_223e-9,
];

/// Relative truncation error 2.5e-9.
const POWER_F32: [f32; 7] =
    [1.0, std::f32::consts::LN_2, 0.240_226_5, 0.055_503_27, 0.009_618_057, 0.001_340_042_8, 0.000_154_614_45];

/// Adding it rounds a small number to an integer and leaves that integer in the low bits.
const ROUNDING_F64: f64 = 6_755_399_441_055_744.0;
const ROUNDING_F32: f32 = 12_582_912.0;

macro_rules! precision {
    (
        $real:ident, $bits:ident, $mantissa:literal, $safe:literal, $powers:ident, $rounding:ident,
        $vector:ident, $slice:ident, $slice_mut:ident, $splat:ident, $add:ident, $sub:ident, $mul:ident, $mul_add:ident, $sum:ident
    ) => {
        impl Precision for $real {
            type Vector<S: Simd> = S::$vector;

            const SAFE_EXPONENT: f64 = $safe;

            #[inline(always)]
            fn vectors<S: Simd>(values: &[Self]) -> &[S::$vector] {
                S::$slice(values).0
            }

            #[inline(always)]
            fn vectors_mut<S: Simd>(values: &mut [Self]) -> &mut [S::$vector] {
                S::$slice_mut(values).0
            }

            #[inline(always)]
            fn broadcast<S: Simd>(simd: S, value: Self) -> S::$vector {
                simd.$splat(value)
            }

            #[inline(always)]
            fn plus<S: Simd>(simd: S, a: S::$vector, b: S::$vector) -> S::$vector {
                simd.$add(a, b)
            }

            #[inline(always)]
            fn times<S: Simd>(simd: S, a: S::$vector, b: S::$vector) -> S::$vector {
                simd.$mul(a, b)
            }

            #[inline(always)]
            fn times_plus<S: Simd>(simd: S, a: S::$vector, b: S::$vector, c: S::$vector) -> S::$vector {
                simd.$mul_add(a, b, c)
            }

            #[inline(always)]
            fn total<S: Simd>(simd: S, a: S::$vector) -> Self {
                simd.$sum(a)
            }

            #[inline(always)]
            fn power_of_two<S: Simd>(simd: S, a: S::$vector) -> S::$vector {
                let rounding = simd.$splat($rounding);
                let shifted = simd.$add(a, rounding);
                let fraction = simd.$sub(a, simd.$sub(shifted, rounding));
                let mut power = simd.$splat($powers[$powers.len() - 1]);
                for &coefficient in $powers[..$powers.len() - 1].iter().rev() {
                    power = simd.$mul_add(power, fraction, simd.$splat(coefficient));
                }
                let (mut result, shifted) = ([power], [shifted]);
                let exponents: &[$bits] = bytemuck::cast_slice(&shifted);
                for (bits, exponent) in bytemuck::cast_slice_mut::<_, $bits>(&mut result).iter_mut().zip(exponents) {
                    *bits = bits.wrapping_add(exponent << $mantissa);
                }
                result[0]
            }
        }
    };
}

precision!(
    f64,
    u64,
    52,
    960.0,
    POWER_F64,
    ROUNDING_F64,
    f64s,
    as_simd_f64s,
    as_mut_simd_f64s,
    splat_f64s,
    add_f64s,
    sub_f64s,
    mul_f64s,
    mul_add_e_f64s,
    reduce_sum_f64s
);
precision!(
    f32,
    u32,
    23,
    100.0,
    POWER_F32,
    ROUNDING_F32,
    f32s,
    as_simd_f32s,
    as_mut_simd_f32s,
    splat_f32s,
    add_f32s,
    sub_f32s,
    mul_f32s,
    mul_add_e_f32s,
    reduce_sum_f32s
);

#[cfg(test)]
mod tests {
    use super::*;
    use pulp::{Arch, WithSimd};

    /// Units in the last place: truncation of the polynomial 1.3, rounding of its last steps 0.5.
    const ULPS: f64 = 2.0;

    struct Powers<'a, T>(&'a mut [T]);

    impl<T: Precision> WithSimd for Powers<'_, T> {
        type Output = ();

        #[inline(always)]
        fn with_simd<S: Simd>(self, simd: S) {
            for value in T::vectors_mut::<S>(self.0) {
                *value = T::power_of_two(simd, *value);
            }
        }
    }

    fn worst<T: Precision>(epsilon: f64) -> f64 {
        let count: usize = 1 << 16;
        let at = |i: usize| T::nearest(T::SAFE_EXPONENT * (2.0 * i as f64 / (count - 1) as f64 - 1.0));
        let mut values: Vec<T> = (0..count).map(at).collect();
        Arch::new().dispatch(Powers(&mut values));
        values
            .iter()
            .enumerate()
            .map(|(i, &value)| (Real::to_f64(value) / Real::to_f64(at(i)).exp2() - 1.0).abs() / epsilon)
            .fold(0.0, f64::max)
    }

    #[test]
    fn powers_of_two_are_accurate_over_their_whole_range() {
        let (double, single) = (worst::<f64>(f64::EPSILON), worst::<f32>(f32::EPSILON.into()));
        assert!(double <= ULPS && single <= ULPS, "{double} {single}");
    }
}

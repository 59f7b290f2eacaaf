//! Single and double precision under one name.

/// A real number that samples and minibatch kernels are generic over: `f32` or `f64`.
///
/// Population formulas are double precision throughout; only what is drawn or trained may be single.
pub trait Real:
    nalgebra::RealField
    + faer::traits::RealField
    + faer::traits::ComplexField
    + Copy
    + Default
    + Send
    + Sync
    + private::Sealed
{
    /// The nearest number of this precision.
    fn from_f64(value: f64) -> Self;

    /// The same number in double precision.
    fn to_f64(self) -> f64;
}

mod private {
    pub trait Sealed {}
    impl Sealed for f32 {}
    impl Sealed for f64 {}
}

impl Real for f64 {
    fn from_f64(value: f64) -> Self {
        value
    }

    fn to_f64(self) -> f64 {
        self
    }
}

impl Real for f32 {
    #[expect(clippy::cast_possible_truncation, reason = "rounding to single precision is what is asked for")]
    fn from_f64(value: f64) -> Self {
        value as Self
    }

    fn to_f64(self) -> f64 {
        f64::from(self)
    }
}

//! Classes of arithmetic: which processors agree on the last digits of results.
//!
//! IEEE 754 fixes single operations, but neither the order of sums nor whether a product is rounded before it is added.
//! The kernels of this program choose both at run time according to the processor, so results agree bit for bit only within a class:
//!
//! | class | processors | kernels |
//! |---|---|---|
//! | `x86-64-no-fma` | Nehalem, Sandy Bridge, Ivy Bridge | products rounded before sums; one lane |
//! | `x86-64-avx2-fma` | Haswell and later, Zen and later | fused multiply-add; four doubles or eight singles per vector |
//! | `x86-64-avx512` | Skylake-X and later, Zen 4 and later | the same, with 512-bit kernels for large products in `faer` |
//! | `x86-64-partial-…` | Piledriver (FMA without AVX2), some virtual machines | each library chooses for itself: the name lists the features |
//! | `aarch64`, … | other architectures, by name | that architecture's kernels |
//!
//! The code that queries the processor: `pulp` (training kernels, `faer`'s decompositions: all of x86-64-v3 or one
//! lane; its AVX-512 kernels are not compiled in), `private-gemm-x86` (`faer`'s large products: AVX-512, AVX2 with FMA,
//! or none), `nano-gemm` (`faer`'s small ones: AVX2 or none), `matrixmultiply` (`nalgebra`'s products: AVX2 with FMA,
//! AVX, or SSE2, of which the last two give the same bits), and the C library's `exp`, `log` and `sin`, which have
//! variants with FMA.
//!
//! A class does not cover the version of the C library, nor the cache sizes of processors without FMA, by which the
//! generic kernels of `gemm` may split sums of more than 256 terms in products beyond 64 × 64.

use std::sync::LazyLock;

/// The arithmetic class of this process's processor, a word without spaces.
///
/// # Examples
/// ```
/// let class = alignloss::arithmetic::class();
/// assert!(!class.is_empty() && !class.contains(' '));
/// ```
pub fn class() -> &'static str {
    static CLASS: LazyLock<String> = LazyLock::new(detected);
    &CLASS
}

#[cfg(any(target_arch = "x86", target_arch = "x86_64"))]
fn detected() -> String {
    let features = [
        ("avx2", is_x86_feature_detected!("avx2")),
        ("fma", is_x86_feature_detected!("fma")),
        ("avx512", is_x86_feature_detected!("avx512f")),
    ];
    let present: Vec<&str> = features.into_iter().filter(|(_, present)| *present).map(|(name, _)| name).collect();
    std::env::consts::ARCH.replace('_', "-") + &suffix(pulp::x86::V3::try_new().is_some(), &present)
}

#[cfg(not(any(target_arch = "x86", target_arch = "x86_64")))]
fn detected() -> String {
    std::env::consts::ARCH.to_owned()
}

/// The class within x86, given whether `pulp` can use its wide kernels and which of the features that the other
/// libraries use are present.
#[cfg(any(target_arch = "x86", target_arch = "x86_64"))]
fn suffix(wide: bool, present: &[&str]) -> String {
    match present {
        [] => "-no-fma".into(),
        ["avx2", "fma"] if wide => "-avx2-fma".into(),
        ["avx2", "fma", "avx512"] if wide => "-avx512".into(),
        some => format!("-partial-{}", some.join("-")),
    }
}

#[cfg(test)]
#[cfg(any(target_arch = "x86", target_arch = "x86_64"))]
mod tests {
    use super::suffix;

    #[test]
    fn processors_whose_kernels_differ_are_of_different_classes() {
        assert_eq!(suffix(false, &[]), "-no-fma");
        assert_eq!(suffix(true, &["avx2", "fma"]), "-avx2-fma");
        assert_eq!(suffix(true, &["avx2", "fma", "avx512"]), "-avx512");
        // Piledriver, and virtual machines that hide a part of x86-64-v3.
        assert_eq!(suffix(false, &["fma"]), "-partial-fma");
        assert_eq!(suffix(false, &["avx2", "fma"]), "-partial-avx2-fma");
    }
}

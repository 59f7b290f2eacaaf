//! Classes of arithmetic: on which processors the last digits of results agree.
//!
//! IEEE 754 fixes single operations, not the order of sums, nor whether a product is rounded before it is added. The kernels of this
//! program choose both at run time from what the processor has, so results are the same bits only within a class:
//!
//! | class | processors | which kernels compute |
//! |---|---|---|
//! | `x86-64-no-fma` | Nehalem, Sandy Bridge, Ivy Bridge | products rounded before sums; one lane |
//! | `x86-64-avx2-fma` | Haswell and later, Zen and later | fused multiply-add; four lanes of doubles, eight of singles |
//! | `x86-64-avx512` | Skylake-X and later, Zen 4 and later | the same, and large products of `faer` by 512-bit kernels |
//! | `x86-64-partial-…` | Piledriver (FMA without AVX2), some virtual machines | each library its own choice: the features are named |
//! | `aarch64`, … | another architecture, by its name | that architecture's kernels |
//!
//! What asks the processor: `pulp` (training kernels, `faer`'s decompositions: all of x86-64-v3 or one lane; its AVX-512 kernels are
//! not compiled in), `private-gemm-x86` (`faer`'s large products: AVX-512, AVX2 with FMA, or none), `nano-gemm` (`faer`'s small ones:
//! AVX2 or none), `matrixmultiply` (`nalgebra`'s products: AVX2 with FMA, AVX, or SSE2, of which the last two give the same bits), and
//! the C library's `exp`, `log`, `sin`, which have variants with FMA.
//!
//! What a class does not cover: the version of the C library, and the caches of a processor without FMA, by whose size the generic
//! kernels of `gemm` may cut sums of more than 256 terms in products beyond 64 × 64.

use std::sync::LazyLock;

/// The class of arithmetic of this process's processor, a word without spaces.
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

/// The class within x86, from whether `pulp` has what it wants for wide kernels, and what there is of what the others ask for.
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

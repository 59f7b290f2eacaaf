//! Models small enough for closed forms. Each comment gives the formulas; the suites write out the numbers.

use alignloss::linalg::Matrix;
use alignloss::model::{Format, LatentModel, Modality, Noise, Target};

/// A modality from rows.
pub(crate) fn modality(name: &str, shared: Matrix, private: Matrix, noise: Noise) -> Modality {
    Modality { name: name.into(), shared_loading: shared, private_loading: private, noise }
}

/// A scalar target.
pub(crate) fn target(name: &str, loading: &[f64], noise: f64) -> Target {
    Target {
        name: name.into(),
        loading: Matrix::from_row_slice(1, loading.len(), loading),
        noise: Noise::Isotropic(noise),
    }
}

/// Reads a model from TOML text.
pub(crate) fn text(toml: &str) -> LatentModel {
    LatentModel::parse(toml, Format::Toml).expect("a valid model file")
}

/// One shared and one private factor per sensor, on channels of their own:
/// x_1 = (2 s + ε, 3 u_1 + ε'), ψ_1 = 1; x_2 = (s + ε, u_2 + ε'), ψ_2 = ½. Targets: s, u_1, u_2 and s + u_1.
///
/// With γ_m = a_m²/ψ_m (4 and 2 for s; 9 for u_1; 2 for u_2):
/// ρ_1 = a_1a_2/√((a_1²+ψ_1)(a_2²+ψ_2)) = 2/√7.5, ρ_2 = 0;
/// I(x_m; s) = ½ log(1+γ_m), I(x_1,x_2; s) = ½ log(1+γ_1+γ_2); I(x_m; u_m) = ½ log(1+γ); mmse = 1/(1+γ).
pub(crate) fn scalar() -> LatentModel {
    text(
        r#"
        name = "scalar"
        [latent]
        shared = 1
        private = [1, 1]
        [[modality]]
        shared_loading = [[2.0], [0.0]]
        private_loading = [[0.0], [3.0]]
        noise = 1.0
        [[modality]]
        shared_loading = [[1.0], [0.0]]
        private_loading = [[0.0], [1.0]]
        noise = 0.5
        [[target]]
        name = "s"
        loading = [[1.0, 0.0, 0.0]]
        [[target]]
        name = "u1"
        loading = [[0.0, 1.0, 0.0]]
        [[target]]
        name = "u2"
        loading = [[0.0, 0.0, 1.0]]
        [[target]]
        name = "s + u1"
        loading = [[1.0, 1.0, 0.0]]
    "#,
    )
}

/// Sensors without noise: x_1 = (s, u_1), x_2 = (s, u_2), so that s is a function of each. Targets: s itself (infinite
/// information, mmse 0), s + η with Var η = ¼ (I = ½ log 5 from every source that sees s), u_1, and u_1 + η, Var η = 1
/// (I(x_1; ·) = ½ log 2, I(x_2; ·) = 0).
pub(crate) fn noiseless() -> LatentModel {
    text(
        r#"
        name = "noiseless"
        [latent]
        shared = 1
        private = [1, 1]
        [[modality]]
        shared_loading = [[1.0], [0.0]]
        private_loading = [[0.0], [1.0]]
        noise = 0.0
        [[modality]]
        shared_loading = [[1.0], [0.0]]
        private_loading = [[0.0], [1.0]]
        noise = 0.0
        [[target]]
        name = "s"
        loading = [[1.0, 0.0, 0.0]]
        [[target]]
        name = "noisy s"
        loading = [[1.0, 0.0, 0.0]]
        noise = 0.25
        [[target]]
        name = "u1"
        loading = [[0.0, 1.0, 0.0]]
        [[target]]
        name = "noisy u1"
        loading = [[0.0, 1.0, 0.0]]
        noise = 1.0
    "#,
    )
}

/// The scalar model with its first sensor's shared channel written twice, noise and all, and a channel that is always
/// zero: covariances of rank 2 in 4 channels. Every answer is that of [`scalar`].
pub(crate) fn rank_deficient() -> LatentModel {
    text(
        r#"
        name = "rank deficient"
        [latent]
        shared = 1
        private = [1, 1]
        [[modality]]
        shared_loading = [[2.0], [2.0], [0.0], [0.0]]
        private_loading = [[0.0], [0.0], [3.0], [0.0]]
        noise = [[1.0, 1.0, 0.0, 0.0], [1.0, 1.0, 0.0, 0.0], [0.0, 0.0, 1.0, 0.0], [0.0, 0.0, 0.0, 0.0]]
        [[modality]]
        shared_loading = [[1.0], [0.0], [0.0]]
        private_loading = [[0.0], [1.0], [1.0]]
        noise = [[0.5, 0.0, 0.0], [0.0, 0.5, 0.5], [0.0, 0.5, 0.5]]
        [[target]]
        name = "s"
        loading = [[1.0, 0.0, 0.0]]
        [[target]]
        name = "u1"
        loading = [[0.0, 1.0, 0.0]]
        [[target]]
        name = "u2"
        loading = [[0.0, 0.0, 1.0]]
        [[target]]
        name = "s + u1"
        loading = [[1.0, 1.0, 0.0]]
    "#,
    )
}

/// Nuisance shared by the sensors: x_m = (s + ε, u_m + ε'), Var ε = 1, Var ε' = ¼, Cov(u_1, u_2) = 0.9. Targets s and u_1.
///
/// ρ_s = 1/(1+1) = ½ and ρ_n = 0.9/(1+¼) = 0.72, so CCA with d = 1 takes the nuisance. Scores of the objectives:
/// cca ρ; prediction ρ·t_2: ½·√2 = 0.707 against 0.72·√1.25 = 0.805; linear-contrastive Cov: 1 against 0.9 (keeps s).
pub(crate) fn correlated_nuisance() -> LatentModel {
    text(
        r#"
        name = "correlated nuisance"
        [latent]
        shared = 1
        private = [1, 1]
        covariance = [[1.0, 0.0, 0.0], [0.0, 1.0, 0.9], [0.0, 0.9, 1.0]]
        [[modality]]
        shared_loading = [[1.0], [0.0]]
        private_loading = [[0.0], [1.0]]
        noise = [1.0, 0.25]
        [[modality]]
        shared_loading = [[1.0], [0.0]]
        private_loading = [[0.0], [1.0]]
        noise = [1.0, 0.25]
        [[target]]
        name = "s"
        loading = [[1.0, 0.0, 0.0]]
        [[target]]
        name = "u1"
        loading = [[0.0, 1.0, 0.0]]
    "#,
    )
}

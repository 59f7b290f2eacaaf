//! Random well-conditioned models and encoders, drawn without the crate's families.

use alignloss::information::Encoders;
use alignloss::linalg::Matrix;
use alignloss::model::{LatentModel, Modality, Noise, Target};
use rand::rngs::ChaCha8Rng;
use rand::{RngExt, SeedableRng};
use rand_distr::StandardNormal;

/// A generator from a seed.
pub(crate) fn generator(seed: u64) -> ChaCha8Rng {
    ChaCha8Rng::seed_from_u64(seed)
}

/// rows × columns of standard normals.
pub(crate) fn gaussian(generator: &mut ChaCha8Rng, rows: usize, columns: usize) -> Matrix {
    Matrix::from_fn(rows, columns, |_, _| generator.sample(StandardNormal))
}

/// rows × columns with orthonormal columns: nalgebra's Householder QR of a Gaussian matrix.
pub(crate) fn orthonormal(generator: &mut ChaCha8Rng, rows: usize, columns: usize) -> Matrix {
    gaussian(generator, rows, columns).qr().q()
}

/// Two modalities with every kind of noise, sometimes with coupled latents; five targets: shared, private to each modality,
/// mixed, and a noisy pair. Every covariance has full rank and a condition number below a few hundred.
pub(crate) fn model(seed: u64) -> LatentModel {
    let generator = &mut generator(seed);
    let shared: usize = generator.random_range(1..=3);
    let private: Vec<usize> = (0..2).map(|_| generator.random_range(1..=2)).collect();
    let latents = shared + private.iter().sum::<usize>();
    let coupled = generator.random_bool(0.4);
    let covariance = coupled.then(|| {
        let root = gaussian(generator, latents, latents);
        &root * root.transpose() / latents as f64 + Matrix::identity(latents, latents) * 0.2
    });
    let modalities: Vec<Modality> = (0..2)
        .map(|m| {
            let n: usize = generator.random_range(3..=5);
            let noise = match generator.random_range(0..3) {
                0 => Noise::Isotropic(generator.random_range(0.1..=1.0)),
                1 => Noise::Diagonal((0..n).map(|_| generator.random_range(0.1..=1.0)).collect()),
                _ => {
                    let root = gaussian(generator, n, n);
                    Noise::Full((&root * root.transpose()) * 0.2 + Matrix::identity(n, n) * 0.1)
                }
            };
            Modality {
                name: format!("sensor {m}"),
                shared_loading: gaussian(generator, n, shared),
                private_loading: gaussian(generator, n, private[m]),
                noise,
            }
        })
        .collect();
    let starts = [0, shared, shared + private[0], latents];
    let ranges = [(0, 1), (1, 2), (2, 3), (0, 3)];
    let mut targets: Vec<Target> = ranges
        .iter()
        .enumerate()
        .map(|(index, &(from, to))| {
            let mut loading = Matrix::zeros(1, latents);
            for latent in starts[from]..starts[to] {
                loading[(0, latent)] = generator.sample(StandardNormal);
            }
            Target {
                name: format!("target {index}"),
                loading,
                noise: Noise::Isotropic(if index % 2 == 0 { 0.0 } else { 0.3 }),
            }
        })
        .collect();
    targets.push(Target {
        name: "pair".into(),
        loading: gaussian(generator, 2, latents),
        noise: Noise::Diagonal(vec![0.1, 0.4]),
    });
    LatentModel::new(format!("random {seed}"), shared, private, covariance, modalities, targets).expect("a valid model")
}

/// Gaussian encoders with d rows.
pub(crate) fn encoders(generator: &mut ChaCha8Rng, channels: [usize; 2], dim: usize) -> Encoders {
    Encoders { first: gaussian(generator, dim, channels[0]), second: gaussian(generator, dim, channels[1]) }
}

//! The library against independent references: theorems, measures, learners, samplers.

mod adversary;
mod brute_force;
mod certainty;
mod common;
mod definitions;
mod discrete;
mod gradients;
mod hermite;
mod house;
mod information_identities;
mod linalg_accuracy;
mod measures;
mod minibatch;
mod minimisers;
mod mixed_units;
mod model_files;
mod multimodal;
mod reference;
mod reference_values;
mod remedies;
mod robustness;
mod sample_estimates;
mod sampling_law;
mod self_test;
mod sgd;
mod theorems;
mod units;
mod value_stability;

/// The repository's root.
fn repository() -> &'static std::path::Path {
    std::path::Path::new(env!("CARGO_MANIFEST_DIR"))
}

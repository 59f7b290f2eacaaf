//! What remedies buy at equal dimension, and where none can help: `cargo run --release --example remedies`.

#![expect(clippy::print_stdout, reason = "an example prints")]

use alignloss::remedies::{Finding, RemedyError, table};

/// Models of each family.
const MODELS: u64 = 20;

fn main() -> Result<(), RemedyError> {
    println!("Two shared and two private factors in six channels; means over {MODELS} models; information in nats.");
    println!(
        "family       d   I(z1;z2)  R2 private: aligned   joint (at λ, keeps)     decoupled (keeps)   ceiling   finding"
    );
    for row in table(&[1, 2, 3, 4, 5], MODELS)? {
        let finding = match row.finding() {
            Finding::Raises => "the joint objective is a remedy",
            Finding::Forbidden => "the capacity law forbids it",
            Finding::Open => "neither",
        };
        println!(
            "{:<11}  {}  {:>8.3}  {:>19.3}   {:>5.3} ({:.2}, {:>5.1}%)   {:>5.3} ({:>5.1}%)   {:>7.3}   {finding}",
            row.family,
            row.dim,
            row.cross_modal_nats,
            row.aligned_r2,
            row.joint_r2,
            row.lambda,
            100.0 * row.joint_kept,
            row.decoupled_r2,
            100.0 * row.decoupled_kept,
            row.ceiling_r2
        );
    }
    Ok(())
}

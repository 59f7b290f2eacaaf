//! What is lost when two sensors are aligned in one embedding space, how much, and what buys it back: exact answers for
//! Gaussian latent models, learners that attain them, and a referee that tests theorems against both.
//!
//! A [`model`] is a joint Gaussian law of sensors and targets. An [`objective`] defines how encoders are aligned, a
//! [`learner`] minimises it, [`information`] measures what the encoders keep, and a [`theorem`] is judged on the
//! result. [`evaluation`] collects all of this in one document, [`experiment`] over a whole grid. Information is in
//! nats, arithmetic in double precision, and the same seed gives the same bytes.
//!
//! # Example
//!
//! ```
//! use alignloss::prelude::*;
//!
//! // One shared factor, one private factor for each sensor, noise of variance ½.
//! let text = "[family]\nkind = \"orthogonal\"\nshared = 1\nprivate = 1\nnoise = 0.5";
//! let model = LatentModel::parse(text, Format::Toml)?;
//! let subject = Subject::new(&model, [0, 1])?;
//! let case = Case::minimise(&subject, &subject.learner(0), &CanonicalCorrelation, 1)?;
//! let private = case.targets.iter().find(|target| target.name == "private 1").expect("a standard target");
//! // The sensor knows ½ log 3 nats about its private factor; the aligned encoder knows nothing about it.
//! assert!((private.source(Source::First).mutual_information_nats() - 0.5 * 3.0_f64.ln()).abs() < 1e-12);
//! assert!(private.source(Source::EncodedFirst).mutual_information_nats() < 1e-12);
//! // The theorem `capacity` holds in this case.
//! let (verdict, _) = theorem::judge(theorem::find("capacity")?, &case)?;
//! assert_eq!(verdict.status, Status::Holds);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # Notation
//!
//! | symbol | meaning | shape |
//! |---|---|---|
//! | s, u_m | shared factors; private factors of modality m | k; p_m |
//! | x_m = A_m s + B_m u_m + ε_m | what sensor m measures | n_m |
//! | y | a target | q |
//! | z_m = W_m x_m | the output of encoder m | d |
//! | Σ_mn | Cov(x_m, x_n) | n_m × n_n |
//! | T = Σ11^(-½) Σ12 Σ22^(-½) | the whitened cross-covariance, with singular values ρ_1 ≥ ρ_2 ≥ … | n_1 × n_2 |
//! | r | the rank of Σ12 | |
//! | x̃_m | x_m whitened | r_m |
//! | ε² = E‖z_1 − z_2‖² | the alignment error of whitened encoders | |
//! | K, P | Cov(E\[z_1\|x_2\]), Cov(E\[z_1\|y\]): dimensions spent on alignment and on private content | d × d |
//! | I(a;b), R²(a;b) | mutual information in nats; share of b's variance that a explains | |
//! | σ(z;y) | the root of the minimum mean square error of predicting y from z | |
//!
//! [`specification`] states every theorem that is checked. The command line is the binary `alignloss` (crate
//! `alignloss-cli`); `alignloss explain WORD` explains a word.

pub mod arithmetic;
pub mod estimate;
pub mod evaluation;
pub mod experiment;
pub mod information;
pub mod learner;
pub mod linalg;
pub mod measures;
pub mod model;
pub mod objective;
pub mod precise;
pub mod prelude;
pub mod random;
pub mod remedies;
pub mod sample;
pub mod text;
pub mod theorem;

#[doc = include_str!("../docs/theory.md")]
pub mod specification {}

/// Tests the examples of the README.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;

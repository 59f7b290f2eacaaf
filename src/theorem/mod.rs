//! The referee: each theorem of docs/theory.md §4 with its hypotheses as code, both sides, and a verdict.
//!
//! To add a theorem: one folder with a type that implements [`Theorem`], its `mod` line, one line in [`REGISTRY`]
//! (docs/extending.md).
//! This module does not choose the models on which a theorem is tried: [`verify`] draws them, or the caller provides one.
//!
//! # Example
//! ```
//! use alignloss::model::{Format, LatentModel};
//! use alignloss::objective::CanonicalCorrelation;
//! use alignloss::theorem::{self, Case, Status, Subject};
//! let model = LatentModel::parse("[family]\nkind = \"random\"\nseed = 3", Format::Toml)?;
//! let subject = Subject::new(&model, [0, 1])?;
//! let case = Case::minimise(&subject, &subject.learner(0), &CanonicalCorrelation, 2)?;
//! for verdict in theorem::judge_all(&case)? {
//!     assert!(matches!(verdict.status, Status::Holds | Status::DoesNotApply), "{}: {}", verdict.id, verdict.note);
//! }
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

pub mod adversary;
mod alignment_floor;
mod capacity;
mod case;
pub mod certainty;
mod correlation;
mod decoupled_sufficiency;
pub mod discrete;
pub mod fidelity_threshold;
pub mod hermite;
mod infonce_gap;
mod leak_by_mixing;
mod leakage;
mod lipschitz;
mod minimisers;
mod multimodal;
mod part;
mod perfect_alignment;
mod quadrature;
mod quantity;
pub mod random_matrix;
mod selection;
pub mod spiked_cca;
mod sufficiency;
pub mod variants;
mod verdict;
pub mod verify;
mod width;

pub use case::{Canonical, Case, CaseError, EvaluatedTarget, PrivateCapacity, Subject};
pub use minimisers::Affected;
pub use part::{Among, Part, TargetId};
pub use quantity::{MARGIN, Predicted, Quantity, Question};
pub use verdict::{Clause, Finding, Relation, Status, Verdict};

use crate::information::InformationError;
use certainty::Route;
use std::fmt::Debug;
use variants::{LawVariant, Variant};

/// A statement about encoders, checked on one case at a time.
pub trait Theorem: Debug + Send + Sync {
    /// The id of docs/theory.md §4.
    fn id(&self) -> &'static str;

    /// The statement, in one line, as it is checked.
    fn statement(&self) -> &'static str;

    /// What there is to know beyond the statement; `None` of statements that are no theorems.
    fn about(&self) -> Option<About> {
        None
    }

    /// How borderline claims are judged again in double-double precision; `None` for a theorem that draws samples.
    fn precise(&self) -> Option<Route> {
        None
    }

    /// Statements that resemble the theorem and are false, which the referee's self-test must refute.
    fn variants(&self) -> &'static [Variant] {
        &[]
    }

    /// Those of [`Theorem::variants`] that are about discrete laws.
    fn law_variants(&self) -> &'static [LawVariant] {
        &[]
    }

    /// Whether the hypotheses hold for a case, and if so both sides of each clause.
    ///
    /// # Errors
    /// [`InformationError`] when a decomposition fails.
    fn examine(&self, case: &Case) -> Result<Finding, InformationError>;

    /// Draws samples (milliseconds per case). `verify` tries it on a fraction of the models; `eval` skips it.
    fn sampled(&self) -> bool {
        false
    }

    /// What the theorem claims of a measured quantity, to be drawn over the measured curve. The case is the population's. `None` where
    /// the theorem says nothing of it.
    ///
    /// # Errors
    /// [`InformationError`] when a decomposition fails.
    fn predict(&self, _case: &Case, _question: &Question) -> Result<Option<Predicted>, InformationError> {
        Ok(None)
    }
}

/// What there is to know about a theorem beyond its statement.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct About {
    /// When it holds.
    pub hypotheses: &'static str,
    /// Why, in a line or two; the paper has the proof, under the theorem's id.
    pub proof: &'static str,
    /// An experiment that shows it.
    pub figure: Option<&'static str>,
}

/// Every theorem, in the order of docs/theory.md.
pub static REGISTRY: &[&dyn Theorem] = &[
    &perfect_alignment::PerfectAlignment,
    &alignment_floor::AlignmentFloor,
    &lipschitz::Lipschitz,
    &correlation::Correlation,
    &capacity::CapacityLaw,
    &leakage::Leakage,
    &sufficiency::Sufficiency,
    &selection::Selection,
    &width::Width,
    &infonce_gap::InfoNceGap,
    &spiked_cca::SpikedCca,
    &hermite::HermiteTowers,
    &leak_by_mixing::LeakByMixing,
    &multimodal::Multimodal,
    &fidelity_threshold::FidelityThreshold,
    &decoupled_sufficiency::DecoupledSufficiency,
];

pub use capacity::ID as CAPACITY;
pub use fidelity_threshold::ID as FIDELITY_THRESHOLD;
pub use perfect_alignment::ID as PERFECT_ALIGNMENT;
pub use selection::ID as SELECTION;

/// An id that names no theorem.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{id:?} is not one of {}{}", ids().join(", "), crate::text::hint(id, ids()))]
pub struct UnknownTheorem {
    /// The id.
    pub id: String,
}

/// The theorem of an id.
///
/// # Errors
/// [`UnknownTheorem`], with the nearest valid id.
pub fn find(id: &str) -> Result<&'static dyn Theorem, UnknownTheorem> {
    REGISTRY.iter().copied().find(|theorem| theorem.id() == id).ok_or_else(|| UnknownTheorem { id: id.into() })
}

/// The ids of all theorems.
pub fn ids() -> Vec<&'static str> {
    REGISTRY.iter().map(|theorem| theorem.id()).collect()
}

/// The verdict of a theorem on one case, borderline claims judged again where there is a precise route ([`certainty::settle`]);
/// says whether there were any.
///
/// # Errors
/// [`InformationError`] when a decomposition fails.
pub fn judge(theorem: &dyn Theorem, case: &Case) -> Result<(Verdict, bool), InformationError> {
    let (finding, again) = certainty::settle(theorem.id(), case, theorem.examine(case)?);
    Ok((Verdict::of(theorem.id(), finding), again))
}

/// The verdicts of all theorems on one case; those that draw samples are left to `verify`.
///
/// # Errors
/// [`InformationError`] when a decomposition fails.
pub fn judge_all(case: &Case) -> Result<Vec<Verdict>, InformationError> {
    let judged = |theorem: &&dyn Theorem| {
        if theorem.sampled() {
            let reason = format!("checked on samples, by: alignloss verify {}", theorem.id());
            return Ok(Verdict::of(theorem.id(), Finding::Inapplicable(reason)));
        }
        judge(*theorem, case).map(|(verdict, _)| verdict)
    };
    REGISTRY.iter().map(judged).collect()
}

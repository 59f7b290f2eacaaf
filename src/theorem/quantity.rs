//! The quantities that theorems predict, and their predictions.

use crate::information::{Side, Source};
use std::fmt;

/// The column of [`Quantity::Margin`] in results.
pub const MARGIN: &str = "selection.margin";

/// A quantity of which a theorem may say something; each is called as the column of results that holds it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Quantity {
    /// I(source; y).
    Information(Source),
    /// I(x_m; y) − I(z_m; y).
    Loss(Side),
    /// tr Σ_{y|source}.
    Mmse(Source),
    /// R²(source; y).
    R2(Source),
    /// ε².
    AlignmentError,
    /// I(x_1; x_2).
    SensorInformation,
    /// I(z_1; z_2).
    EncoderInformation,
    /// tr K.
    CapacityAligned,
    /// tr P.
    CapacityPrivate,
    /// ρ_i, from 1.
    CanonicalCorrelation(usize),
    /// σ_i(W_1ᵀW_2), from 1.
    Critic(usize),
    /// The same over whitened coordinates: slopes of the critic.
    WhitenedCritic(usize),
    /// How far z_1 is from the shared subspace.
    SignalDistance,
    /// What the encoders attain of their objective.
    ObjectiveValue,
    /// Of phase diagrams, measured by nobody: the logarithm of the weakest shared factor's score over the strongest private one's; its zero
    /// contour is the boundary.
    Margin,
    /// For marks on a λ axis, measured by nobody: the least λ at which a private factor displaces a shared one.
    FirstThreshold,
}

/// What a theorem claims of a quantity: of one that is measured on samples, in the limit.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Predicted {
    /// It is that.
    Equal(f64),
    /// It is at most that.
    AtMost(f64),
    /// It is at least that.
    AtLeast(f64),
}

/// A question to a theorem.
#[derive(Debug, Clone, Copy)]
pub struct Question {
    /// Of which quantity.
    pub quantity: Quantity,
    /// The index of the target; of no meaning for a quantity that is of no target.
    pub target: usize,
    /// How many samples it was measured on; `None` in the population.
    pub samples: Option<u64>,
}

impl Predicted {
    /// The number alone.
    pub fn value(self) -> f64 {
        match self {
            Self::Equal(value) | Self::AtMost(value) | Self::AtLeast(value) => value,
        }
    }
}

impl Quantity {
    /// That of a column of results; `None` where no theorem speaks of what it holds.
    ///
    /// # Examples
    /// ```
    /// use alignloss::theorem::Quantity;
    /// assert_eq!(Quantity::of_column("critic.3"), Some(Quantity::Critic(3)));
    /// assert_eq!(Quantity::of_column("outcome"), None);
    /// ```
    pub fn of_column(column: &str) -> Option<Self> {
        let sources =
            Source::ALL.into_iter().flat_map(|source| [Self::Information, Self::Mmse, Self::R2].map(|of| of(source)));
        let index = column.rsplit_once('.').and_then(|(_, index)| index.parse().ok()).filter(|index| *index > 0);
        let numbered = index.into_iter().flat_map(|index| {
            [Self::CanonicalCorrelation, Self::Critic, Self::WhitenedCritic].map(|numbered| numbered(index))
        });
        let plain = [
            Self::AlignmentError,
            Self::SensorInformation,
            Self::EncoderInformation,
            Self::CapacityAligned,
            Self::CapacityPrivate,
            Self::SignalDistance,
            Self::ObjectiveValue,
            Self::Margin,
            Self::FirstThreshold,
        ];
        let all = sources.chain(Side::BOTH.map(Self::Loss)).chain(numbered).chain(plain);
        all.into_iter().find(|quantity| quantity.to_string() == column)
    }
}

impl fmt::Display for Quantity {
    /// Its column.
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        match self {
            Self::Information(source) => write!(f, "mi.{}", source.key()),
            Self::Loss(side) => write!(f, "information_loss.{side}"),
            Self::Mmse(source) => write!(f, "mmse.{}", source.key()),
            Self::R2(source) => write!(f, "r2.{}", source.key()),
            Self::AlignmentError => f.write_str("alignment.error"),
            Self::SensorInformation => f.write_str("alignment.mi_x1_x2"),
            Self::EncoderInformation => f.write_str("alignment.mi_z1_z2"),
            Self::CapacityAligned => f.write_str("capacity.aligned"),
            Self::CapacityPrivate => f.write_str("capacity.private"),
            Self::CanonicalCorrelation(index) => write!(f, "canonical_correlation.{index}"),
            Self::Critic(index) => write!(f, "critic.{index}"),
            Self::WhitenedCritic(index) => write!(f, "whitened_critic.{index}"),
            Self::SignalDistance => f.write_str("signal_distance.z1"),
            Self::ObjectiveValue => f.write_str("objective_value"),
            Self::Margin => f.write_str(MARGIN),
            Self::FirstThreshold => f.write_str("fidelity-threshold.first"),
        }
    }
}

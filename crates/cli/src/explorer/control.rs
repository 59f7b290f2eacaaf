//! The sliders: parameters, ranges and labels.

use serde::{Deserialize, Serialize};

/// One slider.
#[derive(Debug, Clone, Copy, Serialize)]
pub struct Control {
    /// The key in settings and links.
    pub name: &'static str,
    /// The label.
    pub label: &'static str,
    /// One sentence of help.
    pub help: &'static str,
    /// Smallest value.
    pub from: f64,
    /// Largest value.
    pub to: f64,
    /// Distance between neighbouring positions.
    pub step: f64,
    /// The unit, or empty.
    pub unit: &'static str,
}

/// A parameter that curves can be drawn along.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Axis {
    /// α of the task.
    PrivateFraction,
    /// Signal-to-noise ratio.
    SnrDb,
    /// θ between shared and private loadings.
    AngleDegrees,
    /// κ between the private factors of the two sensors.
    NuisanceCorrelation,
    /// Standard deviation of the private factors.
    PrivateStd,
    /// d.
    Dim,
    /// λ of `alignment-fidelity`.
    Lambda,
}

impl Axis {
    /// All axes, in display order.
    pub const ALL: [Self; 7] = [
        Self::PrivateFraction,
        Self::SnrDb,
        Self::AngleDegrees,
        Self::NuisanceCorrelation,
        Self::PrivateStd,
        Self::Dim,
        Self::Lambda,
    ];

    /// Its slider.
    ///
    /// # Panics
    /// Never: every axis is a control.
    pub fn control(self) -> &'static Control {
        let name = match self {
            Self::PrivateFraction => "private_fraction",
            Self::SnrDb => "snr_db",
            Self::AngleDegrees => "angle_degrees",
            Self::NuisanceCorrelation => "nuisance_correlation",
            Self::PrivateStd => "private_std",
            Self::Dim => "dim",
            Self::Lambda => "lambda",
        };
        CONTROLS.iter().find(|control| control.name == name).expect("every axis is a control")
    }
}

/// Every slider, in display order.
pub const CONTROLS: [Control; 10] = [
    Control {
        name: "private_fraction",
        label: "Private fraction α of the task",
        help: "The share of the target's variance that only sensor 1 knows.",
        from: 0.0,
        to: 1.0,
        step: 0.01,
        unit: "",
    },
    Control {
        name: "snr_db",
        label: "Signal-to-noise ratio",
        help: "Variance of a factor with standard deviation 1, over the noise variance.",
        from: -10.0,
        to: 30.0,
        step: 0.5,
        unit: "dB",
    },
    Control {
        name: "angle_degrees",
        label: "Interference angle θ",
        help: "Between shared and private loadings; at 90° they do not mix.",
        from: 0.0,
        to: 90.0,
        step: 1.0,
        unit: "°",
    },
    Control {
        name: "nuisance_correlation",
        label: "Nuisance correlation κ",
        help: "Correlation of the two sensors' private factors: private only at 0.",
        from: 0.0,
        to: 0.99,
        step: 0.01,
        unit: "",
    },
    Control {
        name: "private_std",
        label: "Strength of private factors",
        help: "Their standard deviation; the strongest shared factor has 1.4.",
        from: 0.25,
        to: 4.0,
        step: 0.05,
        unit: "",
    },
    Control {
        name: "dim",
        label: "Embedding dimension d",
        help: "Outputs of each encoder.",
        from: 1.0,
        to: 8.0,
        step: 1.0,
        unit: "",
    },
    Control {
        name: "lambda",
        label: "Weight of fidelity λ",
        help: "For the objective alignment-fidelity: 0 only aligns, 1 only keeps variance.",
        from: 0.0,
        to: 1.0,
        step: 0.01,
        unit: "",
    },
    Control {
        name: "shared",
        label: "Shared factors k",
        help: "Factors that both sensors see.",
        from: 1.0,
        to: 4.0,
        step: 1.0,
        unit: "",
    },
    Control {
        name: "private",
        label: "Private factors p",
        help: "For each sensor.",
        from: 1.0,
        to: 4.0,
        step: 1.0,
        unit: "",
    },
    Control {
        name: "observed",
        label: "Channels n",
        help: "For each sensor.",
        from: 8.0,
        to: 32.0,
        step: 1.0,
        unit: "",
    },
];

//! The position of all sliders: one model and one objective.

use super::control::{Axis, CONTROLS};
use super::document;
use alignloss::model::{Format, LatentModel, ModelError};
use alignloss::objective::{self, Objective, ObjectiveError, Parameters};
use serde::{Deserialize, Serialize};

/// Standard deviations of the shared factors, all different so that every objective ranks them.
pub(super) const SHARED_STD: [f64; 4] = [1.4, 1.0, 0.8, 0.65];

/// A validated position of all sliders.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Setting {
    /// α of the target `mixture`.
    pub private_fraction: f64,
    /// Variance of a factor with standard deviation 1, over the noise variance, in decibels.
    pub snr_db: f64,
    /// θ, in degrees.
    pub angle_degrees: f64,
    /// κ between the sensors' private factors.
    pub nuisance_correlation: f64,
    /// Standard deviation of the private factors.
    pub private_std: f64,
    /// d.
    pub dim: usize,
    /// λ.
    pub lambda: f64,
    /// k.
    pub shared: usize,
    /// p of each sensor.
    pub private: usize,
    /// n of each sensor.
    pub observed: usize,
    /// The id of the objective.
    pub objective: String,
}

/// Why a setting is invalid.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum SettingError {
    /// A slider is out of range.
    #[error("{name} = {value}, expected a number from {from} to {to}")]
    Range {
        /// Its name.
        name: &'static str,
        /// Its value.
        value: f64,
        /// The smallest value.
        from: f64,
        /// The largest value.
        to: f64,
    },
    /// Unknown objective, or a parameter out of its range.
    #[error("objective: {0}")]
    Objective(#[from] ObjectiveError),
    /// The model is invalid.
    #[error("model: {0}")]
    Model(#[from] ModelError),
}

impl Default for Setting {
    fn default() -> Self {
        Self {
            private_fraction: 0.5,
            snr_db: 10.0,
            angle_degrees: 60.0,
            nuisance_correlation: 0.0,
            private_std: 1.2,
            dim: 2,
            lambda: 0.5,
            shared: 2,
            private: 1,
            observed: 8,
            objective: objective::DEFAULT.id.into(),
        }
    }
}

impl Setting {
    /// Checks that every slider is in its range and that the objective exists.
    ///
    /// # Errors
    /// [`SettingError`] names the first violation.
    pub fn check(&self) -> Result<(), SettingError> {
        for control in &CONTROLS {
            let value = self.value(control.name);
            if !(control.from..=control.to).contains(&value) {
                return Err(SettingError::Range { name: control.name, value, from: control.from, to: control.to });
            }
        }
        objective::entry(&self.objective)?;
        Ok(())
    }

    /// The value of a slider, by its name.
    pub fn value(&self, name: &str) -> f64 {
        match name {
            "private_fraction" => self.private_fraction,
            "snr_db" => self.snr_db,
            "angle_degrees" => self.angle_degrees,
            "nuisance_correlation" => self.nuisance_correlation,
            "private_std" => self.private_std,
            "dim" => self.dim as f64,
            "lambda" => self.lambda,
            "shared" => self.shared as f64,
            "private" => self.private as f64,
            "observed" => self.observed as f64,
            _ => f64::NAN,
        }
    }

    /// The same setting with one parameter moved.
    #[must_use]
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "dimensions are small whole numbers")]
    pub fn moved(&self, axis: Axis, value: f64) -> Self {
        let mut setting = self.clone();
        match axis {
            Axis::PrivateFraction => setting.private_fraction = value,
            Axis::SnrDb => setting.snr_db = value,
            Axis::AngleDegrees => setting.angle_degrees = value,
            Axis::NuisanceCorrelation => setting.nuisance_correlation = value,
            Axis::PrivateStd => setting.private_std = value,
            Axis::Dim => setting.dim = value as usize,
            Axis::Lambda => setting.lambda = value,
        }
        setting
    }

    /// ψ, to four significant digits, so that model files stay short.
    pub fn noise_variance(&self) -> f64 {
        let variance = 10_f64.powf(-self.snr_db / 10.0);
        format!("{variance:.3e}").parse().unwrap_or(variance)
    }

    /// The model, parsed from the file that the page offers to copy.
    ///
    /// # Errors
    /// [`SettingError::Model`].
    pub fn model(&self) -> Result<LatentModel, SettingError> {
        Ok(LatentModel::parse(&document::model_file(self), Format::Toml)?)
    }

    /// Whether the objective weighs alignment against fidelity.
    pub fn has_lambda(&self) -> bool {
        objective::entry(&self.objective).is_ok_and(|entry| entry.parameter("lambda").is_some())
    }

    /// The objective with this id, at the setting's λ if it has one.
    ///
    /// # Errors
    /// [`SettingError::Objective`].
    pub fn objective(&self, id: &str) -> Result<Box<dyn Objective>, SettingError> {
        let parameters = Parameters::default().with_number("lambda", self.lambda);
        Ok(objective::with_parameters(id, &parameters)?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_slider_is_a_field_and_starts_within_its_range() {
        let setting = Setting::default();
        assert_eq!(setting.check(), Ok(()));
        let fields = serde_json::to_value(&setting).expect("JSON");
        for control in &CONTROLS {
            assert!(fields.get(control.name).is_some(), "{}", control.name);
        }
        assert_eq!(fields.as_object().expect("an object").len(), CONTROLS.len() + 1);
    }

    #[test]
    fn ten_decibel_are_a_noise_of_a_tenth() {
        assert!((Setting { snr_db: 10.0, ..Setting::default() }.noise_variance() - 0.1).abs() < 1e-15);
    }

    #[test]
    fn a_slider_beyond_its_end_is_named() {
        let error = Setting { dim: 9, ..Setting::default() }.check().unwrap_err();
        assert_eq!(error.to_string(), "dim = 9, expected a number from 1 to 8");
        assert!(Setting { lambda: f64::NAN, ..Setting::default() }.check().is_err());
    }
}

//! What the linear theory predicts for the same sample.

use super::EvaluationError;
use super::features::Features;
use alignloss::information::{Pair, Source, TargetGeometry, Towers};
use alignloss::learner::ClosedForm;
use alignloss::linalg::Matrix;
use alignloss::objective::{LinearContrastive, Objective, Spectral};
use alignloss::sample::Data;

/// The R² of one factor that a closed form predicts, from z_1, z_2 and both.
pub(super) struct Predicted {
    pub(super) objective: &'static str,
    pub(super) factor: usize,
    pub(super) r2: [f64; 3],
}

/// Treats the training part of the standardised views as a Gaussian model, and computes the exact minimisers of
/// `linear-contrastive` and `spectral` (which is InfoNCE with a bilinear critic) with d = `dim` outputs and the linear
/// R² of each factor from them, on the training part itself. This is in-sample: with many channels and few samples it
/// exceeds what a test part would show. Encoders have at most as many outputs as the narrower view has channels.
pub(super) fn predict(
    views: [&Features; 2],
    factors: &[(usize, &Matrix)],
    dim: usize,
) -> Result<Vec<Predicted>, EvaluationError> {
    let names: Vec<String> = factors.iter().map(|(index, _)| index.to_string()).collect();
    let targets: Vec<(&str, &Matrix)> =
        names.iter().zip(factors).map(|(name, (_, values))| (name.as_str(), *values)).collect();
    let modalities = [("x1", &views[0].train), ("x2", &views[1].train)];
    let model = Data::new(&modalities, &targets)?.empirical_model("sample")?;
    let pair = Pair::new(model.observed(0), model.observed(1))?;
    let learner = ClosedForm::new(&pair, &[], 0);
    let [first, second] = pair.channels();
    let dim = dim.min(first).min(second);
    let geometries =
        (0..factors.len()).map(|t| TargetGeometry::new(&pair, &model.target(t))).collect::<Result<Vec<_>, _>>()?;
    let mut predictions = Vec::new();
    let objectives: [&dyn Objective; 2] = [&LinearContrastive::default(), &Spectral];
    for objective in objectives {
        let learned = learner.minimise(objective, dim)?;
        let towers = Towers::from_coordinates(&pair, &learned.coordinates)?;
        for (geometry, (factor, _)) in geometries.iter().zip(factors) {
            let sources = [Source::EncodedFirst, Source::EncodedSecond, Source::EncodedBoth];
            let mut r2 = [0.0; 3];
            for (r2, source) in r2.iter_mut().zip(sources) {
                *r2 = mean_r2(geometry, &towers, source)?;
            }
            predictions.push(Predicted { objective: objective.id(), factor: *factor, r2 });
        }
    }
    Ok(predictions)
}

/// R² over the entries of a target scaled to variance one: their mean R².
fn mean_r2(geometry: &TargetGeometry, towers: &Towers, source: Source) -> Result<f64, EvaluationError> {
    Ok(geometry.encoded_by(towers, source)?.r2)
}

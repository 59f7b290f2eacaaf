//! What frozen embeddings keep of the factors, and how that compares with the theory.
//!
//! Everything is measured on embeddings of held-out samples, in double precision: probes are fitted to the training
//! part, their penalties are chosen on the validation part, and every number and its interval come from the test part.
//! Test samples that belong together are resampled together.
//!
//! | measure | source | meaning |
//! |---|---|---|
//! | `ridge.r2`, `kernel.r2` | z1 z2 both x1 x2 x12 | R² of a factor, mean over its entries |
//! | `ridge.accuracy`, `ridge.balanced_accuracy`, `kernel.…` | the same | accuracy for a factor of classes |
//! | `redundancy.r2`, `redundancy.balanced_accuracy` | x1 x2 | what the *other* sensor's raw view says about a private factor; for shared factors and targets, the smaller of both views. If it is close to what the sensor's own view says, alignment has nothing to lose |
//! | `recall@k` | z1 z2 | finding the partner of this encoder's query in a pool |
//! | `alignment` | both | E‖z_1 − z_2‖² |
//! | `uniformity` | z1 z2 | log E exp(−2‖z − z′‖²) (Wang, Isola 2020) |
//! | `capacity.aligned`, `.private`, `.total`, `.dimension` | z1 z2 | theorem `capacity`: aligned + private ≤ dimension, if the factor is independent of the other view (see `redundancy`) |
//! | `lipschitz.sigma`, `.bound`, `.slack` | z1 z2 | theorem `lipschitz`: sigma ≤ bound |
//! | `theory.linear-contrastive.r2`, `theory.spectral.r2` | z1 z2 both | what the exact linear minimiser of the same dimension keeps, for the Gaussian model of the training part with standardised views: R² on that part (in-sample), without an interval |
//!
//! Raw views of images are averaged over windows until they have at most 512 features.
//!
//! Encoding, training and drawing are left to other modules.

mod error;
mod features;
mod geometry;
mod laws;
mod probe;
mod resample;
mod solve;
mod theory;

pub use error::EvaluationError;

use crate::data::{Evaluation, Factor, Kind, Paired, Role};
use alignloss::linalg::Matrix;
use features::{Features, Parts, above, embedded, raw, require_finite};
use nalgebra::DMatrix;
use probe::{Loss, Predicted, Probe, Target};
use rayon::prelude::*;
use resample::{Estimate, Resamples, r2, r2_columns};
use serde::{Deserialize, Serialize};

/// The embeddings of one part of the held-out data.
#[derive(Debug, Clone, PartialEq)]
pub struct Embeddings {
    /// n × d.
    pub first: DMatrix<f64>,
    /// n × d.
    pub second: DMatrix<f64>,
}

/// One measurement.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Measurement {
    /// The measure: see [the module](self).
    pub measure: String,
    /// The factor.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub factor: Option<String>,
    /// The factor's role.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub role: Option<Role>,
    /// The source: `z1`, `z2`, `both` (encoders), `x1`, `x2`, `x12` (raw views).
    pub source: &'static str,
    /// The value on the test part.
    pub value: f64,
    /// Lower end of its interval, if it has one.
    pub low: Option<f64>,
    /// Upper end of its interval.
    pub high: Option<f64>,
}

/// The section `[evaluation]`: what is measured, and how.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[expect(clippy::struct_excessive_bools, reason = "each turns a group of measures on or off")]
pub struct EvaluationSpec {
    /// Nonlinear probes in addition to linear ones. Without them, measures that need a nonlinear predictor use the ridge.
    pub kernel: bool,
    /// Number of landmarks of the nonlinear probe.
    pub landmarks: usize,
    /// Largest number of training samples used.
    pub fit_at_most: usize,
    /// Probes of the raw views.
    pub raw: bool,
    /// Retrieval, alignment, uniformity and `lipschitz` on unit-length embeddings, as trained by cosine objectives.
    pub normalise: bool,
    /// k of recall@k.
    pub recall_at: Vec<usize>,
    /// Number of candidates per query.
    pub pool: usize,
    /// Measure both sides of `capacity` and `lipschitz`.
    pub laws: bool,
    /// Include the predictions of the linear theory.
    pub theory: bool,
    /// Bootstrap resamples of the test part.
    pub resamples: usize,
    /// Level of the intervals.
    pub level: f64,
}

impl Default for EvaluationSpec {
    fn default() -> Self {
        Self {
            kernel: true,
            landmarks: 300,
            fit_at_most: 8000,
            raw: true,
            normalise: true,
            recall_at: vec![1, 5, 10],
            pool: 256,
            laws: true,
            theory: true,
            resamples: 199,
            level: 0.9,
        }
    }
}

impl EvaluationSpec {
    /// Checks that every setting is in its range.
    ///
    /// # Errors
    /// [`EvaluationError::Setting`].
    pub fn check(&self) -> Result<(), EvaluationError> {
        let wrong = |setting, problem: String| Err(EvaluationError::Setting { setting, problem });
        if self.landmarks == 0 {
            return wrong("landmarks", "0, expected at least 1".into());
        }
        if self.fit_at_most < 2 {
            return wrong("fit_at_most", format!("{}, expected at least 2 samples", self.fit_at_most));
        }
        if self.recall_at.contains(&0) {
            return wrong("recall_at", format!("{:?}, expected numbers of at least 1", self.recall_at));
        }
        if self.pool < 2 {
            return wrong("pool", format!("{}, expected at least 2 candidates", self.pool));
        }
        if self.resamples == 0 {
            return wrong("resamples", "0, expected at least 1".into());
        }
        if !(self.level > 0.0 && self.level < 1.0) {
            return wrong("level", format!("{} is not between 0 and 1", self.level));
        }
        Ok(())
    }
}

/// What all measures share.
struct Subject<'a> {
    spec: &'a EvaluationSpec,
    /// z_1, z_2: entries × samples.
    encoded: [Features; 2],
    raw: [Features; 2],
    factors: Vec<Prepared<'a>>,
    resamples: Resamples,
    seed: u64,
}

/// A factor, as targets of probes.
struct Prepared<'a> {
    factor: &'a Factor,
    /// Numbers, or an indicator of each class: entries × samples.
    values: Parts<Matrix>,
}

/// Predictions of every factor from one source by one probe; for classes, plain and balanced, in this order.
struct Probed {
    probe: Probe,
    source: &'static str,
    /// By factor.
    predictions: Vec<Vec<Predicted>>,
}

/// Measures embeddings of the training, validation and test parts. `groups` says which test samples belong together,
/// for intervals that resample whole groups: [`Source::test_groups`](crate::data::Source::test_groups).
///
/// A pure function of its arguments: the same bytes for any number of threads.
///
/// # Errors
/// [`EvaluationError`].
///
/// # Examples
/// ```
/// use alignloss_train::data::{DataSpec, Paired};
/// use alignloss_train::evaluation::{Embeddings, EvaluationSpec, evaluate};
/// use nalgebra::DMatrix;
/// let spec = "kind = \"nonlinear\"\nsizes = { train = 300, validation = 100, test = 200 }\n";
/// let data = toml::from_str::<DataSpec>(spec)?.open(None)?.evaluation(1)?;
/// // An encoder that does nothing.
/// let encode = |part: &Paired| {
///     let view = |m: usize| DMatrix::from_row_iterator(part.count(), 15, part.views[m].values.iter().map(|&x| f64::from(x)));
///     Embeddings { first: view(0), second: view(1) }
/// };
/// let embeddings = [encode(&data.train), encode(&data.validation), encode(&data.test)];
/// let [train, validation, test] = &embeddings;
/// let found = evaluate(&EvaluationSpec::default(), &data, [train, validation, test], None, 0)?;
/// let content = found.iter().find(|m| m.measure == "ridge.r2" && m.source == "z1" && m.factor.as_deref() == Some("content"));
/// assert!(content.is_some_and(|content| content.value > 0.5));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn evaluate(
    spec: &EvaluationSpec,
    data: &Evaluation,
    embeddings: [&Embeddings; 3],
    groups: Option<&[usize]>,
    seed: u64,
) -> Result<Vec<Measurement>, EvaluationError> {
    let subject = Subject::new(spec, data, embeddings, groups, seed)?;
    let probed = subject.probed()?;
    let mut found = Vec::new();
    for probed in &probed {
        subject.add_probe(probed, &mut found);
    }
    if spec.raw {
        subject.add_redundancy(&probed, &mut found);
    }
    subject.add_geometry(&mut found);
    if spec.laws {
        let laws = [0, 1].into_par_iter().map(|m| subject.laws(m)).collect::<Result<Vec<_>, _>>()?;
        found.extend(laws.into_iter().flatten());
    }
    if spec.theory {
        subject.add_theory(&mut found)?;
    }
    Ok(found)
}

impl<'a> Subject<'a> {
    fn new(
        spec: &'a EvaluationSpec,
        data: &'a Evaluation,
        embeddings: [&Embeddings; 3],
        groups: Option<&[usize]>,
        seed: u64,
    ) -> Result<Self, EvaluationError> {
        spec.check()?;
        let size = |what: String, found: usize, expected: usize| {
            if found == expected { Ok(()) } else { Err(EvaluationError::Size { what, found, expected }) }
        };
        let dim = embeddings[0].first.ncols();
        let parts = [("training", &data.train), ("validation", &data.validation), ("test", &data.test)];
        for ((part, paired), embeddings) in parts.into_iter().zip(embeddings) {
            let count = paired.count();
            if count < 2 {
                return Err(EvaluationError::Size { what: format!("{part} samples"), found: count, expected: 2 });
            }
            size(format!("{part} samples of the second view"), paired.views[1].count(), count)?;
            for (embedding, name) in [(&embeddings.first, "z1"), (&embeddings.second, "z2")] {
                size(format!("{part} samples of {name}"), embedding.nrows(), count)?;
                size(format!("dimensions of {name} in the {part} part"), embedding.ncols(), dim)?;
                require_finite(&format!("{name} in the {part} part"), &embedding.transpose())?;
            }
            for factor in &paired.factors {
                size(format!("{part} samples of {:?}", factor.name), factor.count(), count)?;
            }
            size(format!("factors of the {part} part"), paired.factors.len(), data.train.factors.len())?;
        }
        if dim == 0 {
            return Err(EvaluationError::Size { what: "dimensions of an embedding".into(), found: 0, expected: 1 });
        }
        let limited = |mut features: Features| {
            if features.train.ncols() > spec.fit_at_most {
                features.train = features.train.columns(0, spec.fit_at_most).into_owned();
            }
            features
        };
        let views = [limited(raw(data, 0)), limited(raw(data, 1))];
        for (view, name) in views.iter().zip(["x1", "x2"]) {
            for part in [&view.train, &view.validation, &view.test] {
                require_finite(name, part)?;
            }
        }
        let factors = (0..data.train.factors.len())
            .map(|index| Prepared::new(data, index).map(|prepared| prepared.limited(&limited)))
            .collect::<Result<_, _>>()?;
        Ok(Self {
            spec,
            encoded: [limited(embedded(embeddings, 0)), limited(embedded(embeddings, 1))],
            raw: views,
            factors,
            resamples: Resamples::new(data.test.count(), groups, spec, seed)?,
            seed,
        })
    }

    fn probes(&self) -> Vec<Probe> {
        let mut probes = vec![Probe::Ridge];
        if self.spec.kernel {
            probes.push(self.best_probe());
        }
        probes
    }

    /// The most flexible probe available.
    fn best_probe(&self) -> Probe {
        if self.spec.kernel { Probe::Kernel { landmarks: self.spec.landmarks, seed: self.seed } } else { Probe::Ridge }
    }

    /// Every factor from every source, by every probe.
    fn probed(&self) -> Result<Vec<Probed>, EvaluationError> {
        let both = |features: &[Features; 2]| Parts {
            train: above(&features[0].train, &features[1].train),
            validation: above(&features[0].validation, &features[1].validation),
            test: above(&features[0].test, &features[1].test),
        };
        let (encoded, raw) = (both(&self.encoded), both(&self.raw));
        let mut sources = vec![("z1", &self.encoded[0]), ("z2", &self.encoded[1]), ("both", &encoded)];
        if self.spec.raw {
            sources.extend([("x1", &self.raw[0]), ("x2", &self.raw[1]), ("x12", &raw)]);
        }
        let targets: Vec<Vec<Target>> = self.factors.iter().map(Prepared::targets).collect();
        let flat: Vec<Target> = targets.iter().flatten().cloned().collect();
        let jobs: Vec<_> =
            sources.iter().flat_map(|source| self.probes().into_iter().map(move |probe| (source, probe))).collect();
        jobs.into_par_iter()
            .map(|(&(source, features), probe)| {
                let mut flat = probe.predict(features, &flat)?.into_iter();
                let predictions = targets.iter().map(|targets| flat.by_ref().take(targets.len()).collect()).collect();
                Ok(Probed { probe, source, predictions })
            })
            .collect()
    }

    fn add_probe(&self, probed: &Probed, found: &mut Vec<Measurement>) {
        for (prepared, predictions) in self.factors.iter().zip(&probed.predictions) {
            for (score, estimate) in prepared.scores(predictions, &self.resamples) {
                found.push(prepared.measurement(format!("{}.{score}", probed.probe.name()), probed.source, estimate));
            }
        }
    }

    /// What the other view says, by the probe that predicts the validation part better.
    fn add_redundancy(&self, probed: &[Probed], found: &mut Vec<Measurement>) {
        for (index, prepared) in self.factors.iter().enumerate() {
            let best = |source: &'static str| {
                let candidates = probed.iter().filter(|probed| probed.source == source);
                let loss =
                    |probed: &Probed| probed.predictions[index].last().map_or(f64::NAN, |last| last.validation_loss);
                let best = candidates.min_by(|a, b| loss(a).total_cmp(&loss(b)))?;
                let (score, estimate) = prepared.scores(&best.predictions[index], &self.resamples).pop()?;
                Some((source, score, estimate))
            };
            let other = match prepared.factor.role {
                Role::PrivateFirst => best("x2"),
                Role::PrivateSecond => best("x1"),
                Role::Shared | Role::Target => {
                    [best("x1"), best("x2")].into_iter().flatten().min_by(|a, b| a.2.value.total_cmp(&b.2.value))
                }
            };
            if let Some((source, score, estimate)) = other {
                found.push(prepared.measurement(format!("redundancy.{score}"), source, estimate));
            }
        }
    }

    /// Embeddings as they are compared: of unit length, if requested.
    fn compared(&self) -> [Features; 2] {
        let compare = |features: &Features| {
            if self.spec.normalise { features.map(geometry::normalised) } else { features.clone() }
        };
        [compare(&self.encoded[0]), compare(&self.encoded[1])]
    }

    fn add_geometry(&self, found: &mut Vec<Measurement>) {
        let [first, second] = self.compared().map(|features| features.test);
        let ranks = &self.spec.recall_at;
        let recalls = geometry::recall(&first, &second, self.spec.pool, ranks, &self.resamples, self.seed);
        for (source, recalls) in ["z1", "z2"].into_iter().zip(recalls) {
            for (k, estimate) in ranks.iter().zip(recalls) {
                found.push(measurement(format!("recall@{k}"), None, source, estimate));
            }
        }
        let distances = geometry::squared_distances(&first, &second);
        let column = Matrix::from_column_slice(distances.len(), 1, &distances);
        let alignment = self.resamples.estimate(&column, |sums| sums[1] / sums[0]);
        found.push(measurement("alignment".into(), None, "both", alignment));
        for (source, embedding) in [("z1", &first), ("z2", &second)] {
            found.push(measurement(
                "uniformity".into(),
                None,
                source,
                geometry::uniformity(embedding, &self.resamples),
            ));
        }
    }

    /// `capacity` and `lipschitz` of encoder m.
    fn laws(&self, m: usize) -> Result<Vec<Measurement>, EvaluationError> {
        let mut found = Vec::new();
        let whitened = laws::whitened(&self.encoded[m])?;
        if whitened.train.nrows() == 0 {
            return Ok(found);
        }
        let source = ["z1", "z2"][m];
        let probe = self.best_probe();
        let numbers: Vec<&Prepared> = self.factors.iter().filter(|prepared| prepared.is_number()).collect();
        // Everything the other side knows: its view and its embedding, which for images contains more than window averages.
        let other = joined(&[&self.raw[1 - m], &self.encoded[1 - m]]);
        let target = |values: &Features| Target { values: values.clone(), loss: Loss::Squared };
        let mut targets = vec![target(&whitened)];
        targets.extend(numbers.iter().map(|prepared| target(&prepared.values)));
        let mut from_other = probe.predict(&other, &targets)?;
        let numbers_from_other = from_other.split_off(1);

        let own = if m == 0 { Role::PrivateFirst } else { Role::PrivateSecond };
        let private: Vec<&Prepared> = self.factors.iter().filter(|prepared| prepared.factor.role == own).collect();
        let mut spent: Vec<(Option<&Prepared>, Features)> =
            private.iter().map(|&prepared| (Some(prepared), prepared.values.clone())).collect();
        if private.len() > 1 {
            // All private factors of the modality, stacked.
            spent.push((None, joined(&private.iter().map(|prepared| &prepared.values).collect::<Vec<_>>())));
        }
        for (factor, values) in spent {
            let explained = laws::explained_by(&values, &whitened, probe)?;
            let capacity = laws::capacity(&whitened, &from_other[0].test, &explained, &self.resamples);
            let parts = [("aligned", capacity.aligned), ("private", capacity.private), ("total", capacity.total)];
            for (part, estimate) in parts {
                found.push(measurement(format!("capacity.{part}"), factor, source, estimate));
            }
            found.push(exact("capacity.dimension".into(), factor, source, capacity.dimension as f64));
        }

        let compared = self.compared();
        let distances =
            |part: fn(&Features) -> &Matrix| geometry::squared_distances(part(&compared[0]), part(&compared[1]));
        let distances = [distances(|features| &features.validation), distances(|features| &features.test)];
        for (prepared, predicted) in numbers.iter().zip(&numbers_from_other) {
            let distances = [distances[0].as_slice(), distances[1].as_slice()];
            let law = laws::lipschitz(&compared[m], &prepared.values, &predicted.test, distances, &self.resamples)?;
            if let Some(law) = law {
                for (side, estimate) in [("sigma", law.sigma), ("bound", law.bound), ("slack", law.slack)] {
                    found.push(measurement(format!("lipschitz.{side}"), Some(prepared), source, estimate));
                }
            }
        }
        Ok(found)
    }

    fn add_theory(&self, found: &mut Vec<Measurement>) -> Result<(), EvaluationError> {
        let standard: Vec<(usize, Matrix)> = self
            .factors
            .iter()
            .enumerate()
            .filter(|(_, prepared)| prepared.is_number())
            .map(|(index, prepared)| (index, features::standardised(&prepared.values).train))
            .collect();
        // As encoders see them: the result of `linear-contrastive` depends on the units of the channels.
        let views = self.raw.each_ref().map(features::standardised);
        if views.iter().any(|view| view.train.nrows() == 0) {
            return Ok(());
        }
        let factors: Vec<(usize, &Matrix)> = standard.iter().map(|(index, values)| (*index, values)).collect();
        for predicted in theory::predict(views.each_ref(), &factors, self.encoded[0].train.nrows())? {
            for (source, r2) in ["z1", "z2", "both"].into_iter().zip(predicted.r2) {
                let name = format!("theory.{}.r2", predicted.objective);
                let factor = Some(&self.factors[predicted.factor]);
                found.push(exact(name, factor, source, r2));
            }
        }
        Ok(())
    }
}

impl<'a> Prepared<'a> {
    fn new(data: &'a Evaluation, index: usize) -> Result<Self, EvaluationError> {
        let factor = &data.train.factors[index];
        let part = |paired: &'a Paired| -> Result<Matrix, EvaluationError> {
            let same = &paired.factors[index];
            if same.name != factor.name || same.dims != factor.dims || same.kind != factor.kind {
                return Err(EvaluationError::Size {
                    what: format!("entries of {:?}, which is {:?} in another part", same.name, factor.name),
                    found: same.dims,
                    expected: factor.dims,
                });
            }
            let values = Matrix::from_column_slice(same.dims, same.count(), &same.values);
            require_finite(&factor.name, &values)?;
            match same.kind {
                Kind::Regression => Ok(values),
                Kind::Classification { classes } => indicators(factor, classes, &values),
            }
        };
        let values = Parts { train: part(&data.train)?, validation: part(&data.validation)?, test: part(&data.test)? };
        let constant = |part| EvaluationError::Constant { factor: factor.name.clone(), part };
        for (part, values) in [("training", &values.train), ("test", &values.test)] {
            let varies = |row: nalgebra::MatrixView1xX<'_, f64, nalgebra::U1, nalgebra::Dyn>| row.max() > row.min();
            let varying = values.row_iter().filter(|row| varies(row.as_view())).count();
            let enough = match factor.kind {
                Kind::Regression => values.nrows() > 0 && varying == values.nrows(),
                Kind::Classification { .. } => varying >= 2,
            };
            if !enough {
                return Err(constant(part));
            }
        }
        Ok(Self { factor, values })
    }

    fn limited(self, limit: &impl Fn(Features) -> Features) -> Self {
        Self { values: limit(self.values), ..self }
    }

    fn is_number(&self) -> bool {
        self.factor.kind == Kind::Regression
    }

    fn targets(&self) -> Vec<Target> {
        let target = |loss| Target { values: self.values.clone(), loss };
        match self.factor.kind {
            Kind::Regression => vec![target(Loss::Squared)],
            Kind::Classification { .. } => {
                vec![target(Loss::Classes { balanced: false }), target(Loss::Classes { balanced: true })]
            }
        }
    }

    /// Scores of predictions of its targets.
    fn scores(&self, predictions: &[Predicted], resamples: &Resamples) -> Vec<(&'static str, Estimate)> {
        let truth = &self.values.test;
        match (self.factor.kind, predictions) {
            (Kind::Regression, [predicted]) => {
                vec![("r2", resamples.estimate(&r2_columns(truth, &predicted.test), r2))]
            }
            (Kind::Classification { .. }, [plain, balanced]) => {
                let right = |predicted: &Predicted, sample: usize| {
                    predicted.test.column(sample).imax() == truth.column(sample).imax()
                };
                let plain_right =
                    Matrix::from_fn(truth.ncols(), 1, |sample, _| f64::from(u8::from(right(plain, sample))));
                let classes = truth.nrows();
                // For each class, the number of its samples and of those classified correctly.
                let by_class = Matrix::from_fn(truth.ncols(), 2 * classes, |sample, column| {
                    let member = truth[(column / 2, sample)];
                    if column % 2 == 0 { member } else { member * f64::from(u8::from(right(balanced, sample))) }
                });
                let mean_over_classes = |sums: &[f64]| {
                    let shares =
                        sums[1..].chunks_exact(2).filter(|class| class[0] > 0.0).map(|class| class[1] / class[0]);
                    let (sum, count) = shares.fold((0.0, 0.0), |(sum, count), share| (sum + share, count + 1.0));
                    sum / count
                };
                vec![
                    ("accuracy", resamples.estimate(&plain_right, |sums| sums[1] / sums[0])),
                    ("balanced_accuracy", resamples.estimate(&by_class, mean_over_classes)),
                ]
            }
            _ => Vec::new(),
        }
    }

    fn measurement(&self, measure: String, source: &'static str, estimate: Estimate) -> Measurement {
        measurement(measure, Some(self), source, estimate)
    }
}

/// One row per class, 1 where a sample belongs to it.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a class, just checked")]
fn indicators(factor: &Factor, classes: usize, values: &Matrix) -> Result<Matrix, EvaluationError> {
    let mut result = Matrix::zeros(classes, values.ncols());
    for (sample, &value) in values.row(0).iter().enumerate() {
        if value.fract() != 0.0 || value < 0.0 || value >= classes as f64 {
            return Err(EvaluationError::Class { factor: factor.name.clone(), value, classes });
        }
        result[(value as usize, sample)] = 1.0;
    }
    Ok(result)
}

/// Several features, stacked.
fn joined(parts: &[&Features]) -> Features {
    let mut result = parts[0].clone();
    for part in &parts[1..] {
        result = Parts {
            train: above(&result.train, &part.train),
            validation: above(&result.validation, &part.validation),
            test: above(&result.test, &part.test),
        };
    }
    result
}

/// A number without an interval.
fn exact(measure: String, factor: Option<&Prepared>, source: &'static str, value: f64) -> Measurement {
    let estimate = Estimate { value, low: value, high: value };
    Measurement { low: None, high: None, ..measurement(measure, factor, source, estimate) }
}

fn measurement(measure: String, factor: Option<&Prepared>, source: &'static str, estimate: Estimate) -> Measurement {
    Measurement {
        measure,
        factor: factor.map(|prepared| prepared.factor.name.clone()),
        role: factor.map(|prepared| prepared.factor.role),
        source,
        value: estimate.value,
        low: Some(estimate.low),
        high: Some(estimate.high),
    }
}

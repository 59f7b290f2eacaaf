//! The joint law of two modalities and the targets, computed from the entries as given.

use super::vectors::{Information, Span, Vectors, unit};
use crate::linalg::precise::exact::Rational;
use crate::linalg::precise::{PreciseMatrix, Root, column, length, lift, positive_semidefinite_root, product};
use crate::linalg::{Matrix, power_of_two_near};
use crate::model::{LatentModel, Noise};
use qd::Quad;

/// Largest total of channels of both modalities and rows of a target: beyond it double-double arithmetic takes many seconds.
const LARGEST: usize = 192;

/// Two modalities and the targets of a model in double-double precision.
#[derive(Debug)]
pub(crate) struct Law {
    /// x_1 and x_2, each channel divided by a power of two near its standard deviation.
    pub(crate) observed: [Vectors; 2],
    /// These powers of two.
    pub(crate) scales: [Vec<f64>; 2],
    /// The spans of x_1, x_2 and both.
    pub(crate) spans: [Span; 3],
    /// The targets of the model, in its order.
    pub(crate) targets: Vec<TargetLaw>,
    /// The exact rank of Σ12.
    pub(crate) cross_rank: usize,
    exact: ExactLaw,
}

/// A target.
#[derive(Debug)]
pub(crate) struct TargetLaw {
    /// Its rows, each divided by a power of two near its standard deviation.
    pub(crate) rows: Vectors,
    /// These powers of two.
    pub(crate) scales: Vec<f64>,
    /// Its span.
    pub(crate) span: Span,
    block: Block,
}

/// A vector in exact numbers: loadings on the latents, and the covariance of its noise.
#[derive(Debug, Clone)]
pub(crate) struct Block {
    loading: Rational,
    noise: Rational,
}

/// The exact second moments.
#[derive(Debug)]
struct ExactLaw {
    /// Λ; `None` is the identity.
    latent: Option<Rational>,
    observed: [Block; 2],
}

impl Law {
    /// `None` if the entries do not define a law to more than double precision (a covariance that is singular or
    /// indefinite up to the rounding of its entries), or if the model is too large.
    pub(crate) fn new(model: &LatentModel, modalities: [usize; 2]) -> Option<Self> {
        let channels = model.channels();
        let rows = model.targets().iter().map(|target| target.loading.nrows()).max().unwrap_or(0);
        if channels[modalities[0]] + channels[modalities[1]] + rows > LARGEST || model.latents() > LARGEST {
            return None;
        }
        let latent = match model.given_covariance() {
            None => Root { factor: PreciseMatrix::identity(model.latents(), model.latents()), condition: 1.0 },
            Some(covariance) => positive_semidefinite_root(covariance)?,
        };
        let loadings = modalities.map(|m| loading(model, m));
        let noises = modalities.map(|m| &model.modalities()[m].noise);
        let noise_root = |noise: &Noise, n: usize| positive_semidefinite_root(&noise.covariance(n));
        let own = [noise_root(noises[0], loadings[0].nrows())?, noise_root(noises[1], loadings[1].nrows())?];
        let targets: Vec<Root> = model
            .targets()
            .iter()
            .map(|target| noise_root(&target.noise, target.loading.nrows()))
            .collect::<Option<_>>()?;
        let starts = [latent.factor.ncols(), latent.factor.ncols() + own[0].factor.ncols()];
        let last = starts[1] + own[1].factor.ncols();
        let dimension = last + targets.iter().map(|root| root.factor.ncols()).max().unwrap_or(0);
        let space = Space { latent, dimension };

        let exact = ExactLaw {
            latent: model.given_covariance().map(|covariance| Rational::of(covariance).symmetrised()),
            observed: [0, 1].map(|m| Block::new(&loadings[m], noises[m])),
        };
        let [(first, first_scales), (second, second_scales)] =
            [0, 1].map(|m| space.vectors(&loadings[m], &own[m], starts[m]));
        let both = first.and(&second);
        let rank = |blocks: &[&Block]| Some(exact.rank(blocks));
        let [one, two] = &exact.observed;
        let spans = [first.span(rank(&[one])), second.span(rank(&[two])), both.span(rank(&[one, two]))];
        let target_laws = model
            .targets()
            .iter()
            .zip(&targets)
            .map(|(target, root)| {
                let (rows, scales) = space.vectors(&target.loading, root, last);
                let block = Block::new(&target.loading, &target.noise);
                TargetLaw { span: rows.span(rank(&[&block])), rows, scales, block }
            })
            .collect();
        let cross_rank = exact.cross_rank();
        Some(Self {
            observed: [first, second],
            scales: [first_scales, second_scales],
            spans,
            targets: target_laws,
            cross_rank,
            exact,
        })
    }

    /// The mutual information between x_1 and x_2.
    pub(crate) fn cross_information(&self) -> Information {
        let [one, two] = &self.exact.observed;
        let determined = self.exact.common(&[one], two);
        self.spans[0].information(&self.spans[1], Some(determined))
    }

    /// How many combinations of a target x_1 (0), x_2 (1) or both (2) determine.
    pub(crate) fn determined(&self, source: usize, target: usize) -> usize {
        self.exact.common(&sources(&self.exact.observed, source), &self.targets[target].block)
    }

    /// The information of x_1 (0), x_2 (1) or both (2) about a target.
    pub(crate) fn information(&self, source: usize, target: usize) -> Information {
        self.spans[source].information(&self.targets[target].span, Some(self.determined(source, target)))
    }

    /// Encoders of modality m as exact numbers.
    pub(crate) fn encoded(&self, m: usize, weights: &Matrix) -> Block {
        let (weights, observed) = (Rational::of(weights), &self.exact.observed[m]);
        Block {
            loading: weights.times(&observed.loading),
            noise: weights.times(&observed.noise).times(&weights.transposed()),
        }
    }

    /// The exact rank of vectors with independent noises.
    pub(crate) fn rank(&self, blocks: &[&Block]) -> usize {
        self.exact.rank(blocks)
    }

    /// How many combinations of a target the given encoders determine.
    pub(crate) fn determined_by(&self, blocks: &[&Block], target: usize) -> usize {
        self.exact.common(blocks, &self.targets[target].block)
    }

    /// How many combinations of the second vector the first determines.
    pub(crate) fn common(&self, first: &Block, second: &Block) -> usize {
        self.exact.common(&[first], second)
    }
}

/// The first (0), the second (1) or both (2) of a pair.
pub(super) fn sources(pair: &[Block; 2], source: usize) -> Vec<&Block> {
    let [first, second] = pair;
    match source {
        0 => vec![first],
        1 => vec![second],
        _ => vec![first, second],
    }
}

/// The space of independent standard normals: latents, and one noise after another.
struct Space {
    latent: Root,
    dimension: usize,
}

impl Space {
    /// loading·latents + noise, rows scaled to lengths near one, and the scales.
    fn vectors(&self, loading: &Matrix, own: &Root, start: usize) -> (Vectors, Vec<f64>) {
        let n = loading.nrows();
        let common = product(&lift(loading), &self.latent.factor);
        let mut columns = PreciseMatrix::from_element(self.dimension, n, Quad::ZERO);
        columns.rows_mut(0, common.ncols()).copy_from(&common.transpose());
        columns.rows_mut(start, own.factor.ncols()).copy_from(&own.factor.transpose());
        let part = |rows: &PreciseMatrix, i: usize| rows.row(i).iter().fold(0.0_f64, |sum, x| sum.hypot(x.0));
        let scales: Vec<f64> = (0..n)
            .map(|i| part(&common, i).hypot(part(&own.factor, i)))
            .map(|size| if size > 0.0 { power_of_two_near(size) } else { 1.0 })
            .collect();
        for (j, scale) in scales.iter().enumerate() {
            let inverse = Quad::from_f64(scale.recip());
            columns.column_mut(j).iter_mut().for_each(|entry| *entry *= inverse);
        }
        let unit = unit(self.dimension);
        let errors = (0..n)
            .map(|j| {
                let whole = length(column(&columns, j)).0;
                let own_part = part(&own.factor, j) / scales[j];
                unit * (self.latent.condition * whole + own.condition * own_part)
            })
            .collect();
        (Vectors { columns, errors }, scales)
    }
}

/// [A | 0 | B | 0]: a modality's loading on all latents.
fn loading(model: &LatentModel, m: usize) -> Matrix {
    let modality = &model.modalities()[m];
    let mut loading = Matrix::zeros(modality.shared_loading.nrows(), model.latents());
    loading.columns_mut(0, model.shared()).copy_from(&modality.shared_loading);
    let range = model.private_range(m);
    loading.columns_mut(range.start, range.len()).copy_from(&modality.private_loading);
    loading
}

impl Block {
    fn new(loading: &Matrix, noise: &Noise) -> Self {
        let noise = Rational::of(&noise.covariance(loading.nrows())).symmetrised();
        Self { loading: Rational::of(loading), noise }
    }
}

impl ExactLaw {
    /// The rank of the covariance of vectors with independent noises, all together.
    fn rank(&self, blocks: &[&Block]) -> usize {
        let rows: usize = blocks.iter().map(|block| block.loading.rows()).sum();
        let latents = blocks.first().map_or(0, |block| block.loading.columns());
        let mut loading = Rational::zeros(rows, latents);
        let mut start = 0;
        for block in blocks {
            loading.add_block(start, 0, &block.loading);
            start += block.loading.rows();
        }
        let mut covariance = self.through(&loading).times(&loading.transposed());
        start = 0;
        for block in blocks {
            covariance.add_block(start, start, &block.noise);
            start += block.noise.rows();
        }
        covariance.rank()
    }

    /// The dimension common to the sources and a target: the part of the target that the sources determine.
    fn common(&self, sources: &[&Block], target: &Block) -> usize {
        let all: Vec<&Block> = sources.iter().copied().chain(std::iter::once(target)).collect();
        (self.rank(sources) + self.rank(&[target])).saturating_sub(self.rank(&all))
    }

    fn cross_rank(&self) -> usize {
        let [one, two] = &self.observed;
        self.through(&one.loading).times(&two.loading.transposed()).rank()
    }

    fn through(&self, loading: &Rational) -> Rational {
        self.latent.as_ref().map_or_else(|| loading.clone(), |latent| loading.times(latent))
    }
}

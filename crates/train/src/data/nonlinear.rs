//! Content, style and modality-private latents through invertible networks.

use super::mixing::Mixing;
use super::{DataError, Evaluation, Factor, Kind, Observations, Paired, Role, Sizes, Source, check_batch, held_out};
use alignloss::linalg::{Matrix, product, stacked};
use alignloss::random::{Generator, Stream, fill_standard_normal};
use rand::RngExt;
use serde::{Deserialize, Serialize};

/// Largest number of latents of a view.
const LARGEST: usize = 512;

/// The generator of the identifiability literature.
///
/// Content c is the same in both views. Style s is drawn with the first view and perturbed in the second: each entry
/// changes with probability `change_probability`, by a Gaussian step. Private blocks m_1, m_2 belong to one view each.
/// View k is x_k = f_k(c, s_k, m_k) + noise, with f_k an invertible network ([`Mixing`]).
///
/// - von Kügelgen et al. (2021, arXiv 2106.04619): `one_mixing = true`, `private = [0, 0]`. Statistical dependence draws the
///   covariances of c, of s and of the steps, each on its own, from a Wishart law W_n(I, n); causal dependence adds an affine
///   map of c to s with standard normal entries.
/// - Daunhawer et al. (2023, arXiv 2303.09166): `content = 5`, `style = 5`, `private = [5, 5]`, a network for each view.
///
/// The world (networks, covariances, causal map) is drawn once, from the `seed` of the specification; batches from the
/// seed of the run. The code of von Kügelgen et al. (`ysharma1126/ssl_identifiability`) redraws covariances and the
/// causal map for every batch, so it trains on a mixture over them; here the dependence between factors is fixed.
///
/// The roles of `style 1` and `style 2` are private, although, unless every entry changes (`change_probability` 1 and a
/// large step), each view says something about the other's style: that is measured, not assumed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Nonlinear {
    /// Entries of c.
    pub content: usize,
    /// Entries of s.
    pub style: usize,
    /// Entries of m_1 and m_2.
    pub private: [usize; 2],
    /// Whether content entries, and style entries, are correlated.
    pub statistical_dependence: bool,
    /// Whether style depends on content.
    pub causal_dependence: bool,
    /// Probability that an entry of the style changes between the views.
    pub change_probability: f64,
    /// Scale of the steps, which have variance one without statistical dependence.
    pub change_scale: f64,
    /// The same network for both views (which then need equally many latents).
    pub one_mixing: bool,
    /// Linear layers of a network; 1 is a linear map.
    pub depth: usize,
    /// Largest condition number of a layer.
    pub condition: f64,
    /// Standard deviation of independent noise on every observed entry.
    pub noise: f64,
    /// Seed of the world.
    pub seed: u64,
    /// Held-out pairs.
    pub sizes: Sizes,
}

impl Default for Nonlinear {
    fn default() -> Self {
        Self {
            content: 5,
            style: 5,
            private: [5, 5],
            statistical_dependence: false,
            causal_dependence: false,
            change_probability: 1.0,
            change_scale: 1.0,
            one_mixing: false,
            depth: 3,
            condition: 4.0,
            noise: 0.0,
            seed: 0,
            sizes: Sizes::default(),
        }
    }
}

/// A drawn world.
#[derive(Debug)]
pub(super) struct World {
    spec: Nonlinear,
    /// Roots of the covariances of c, of s given c, and of the steps.
    content_root: Option<Matrix>,
    style_root: Option<Matrix>,
    step_root: Option<Matrix>,
    /// Offset (style × 1) and map (style × content) of the causal dependence.
    causal: Option<(Matrix, Matrix)>,
    mixings: [Mixing; 2],
}

impl Nonlinear {
    /// Validates the specification and draws its world.
    pub(super) fn open(&self) -> Result<World, DataError> {
        let fail = |field: &str, problem: String| Err(DataError::setting(field, problem));
        let dimensions = self.dimensions();
        if let Some(m) = dimensions.iter().position(|&n| n == 0 || n > LARGEST) {
            return fail("content", format!("view {} has {} latents, not 1 to {LARGEST}", m + 1, dimensions[m]));
        }
        if !(0.0..=1.0).contains(&self.change_probability) {
            return fail("change_probability", format!("{} is not between 0 and 1", self.change_probability));
        }
        if !(self.change_scale >= 0.0 && self.change_scale.is_finite()) {
            return fail("change_scale", format!("{} is not a finite number of at least 0", self.change_scale));
        }
        if !(self.noise >= 0.0 && self.noise.is_finite()) {
            return fail("noise", format!("{} is not a finite number of at least 0", self.noise));
        }
        if !(1.0..=1e6).contains(&self.condition) {
            return fail("condition", format!("{} is not between 1 and 1e6", self.condition));
        }
        if !(1..=20).contains(&self.depth) {
            return fail("depth", format!("{} is not between 1 and 20", self.depth));
        }
        if self.one_mixing && dimensions[0] != dimensions[1] {
            return fail(
                "one_mixing",
                format!("{:?} private latents, but one network for both views needs equal sizes", self.private),
            );
        }
        self.sizes.check()?;
        let stream = |cell| Stream { seed: self.seed, experiment: "nonlinear world", cell, replicate: 0 }.generator();
        let root = |cell: u64, size: usize| {
            // W_n(I, n) = G·Gᵀ: G itself is a root of it.
            (self.statistical_dependence && size > 0).then(|| normal(size, size, &mut stream(cell)))
        };
        let causal = (self.causal_dependence && self.style > 0).then(|| {
            let mut generator = stream(2);
            (normal(self.style, 1, &mut generator), normal(self.style, self.content, &mut generator))
        });
        let mixing = |m: usize| Mixing::draw(dimensions[m], self.depth, self.condition, &mut stream(3 + m as u64));
        let first = mixing(0);
        let second = if self.one_mixing { first.clone() } else { mixing(1) };
        Ok(World {
            content_root: root(0, self.content),
            style_root: root(1, self.style),
            step_root: root(5, self.style),
            causal,
            mixings: [first, second],
            spec: self.clone(),
        })
    }

    fn dimensions(&self) -> [usize; 2] {
        self.private.map(|private| self.content + self.style + private)
    }
}

impl World {
    fn draw(&self, size: usize, generator: &mut Generator) -> Result<Paired, DataError> {
        check_batch(size)?;
        let spec = &self.spec;
        let through = |root: &Option<Matrix>, draws: Matrix| {
            root.as_ref().map_or_else(|| draws.clone(), |root| product(root, &draws))
        };
        let content = through(&self.content_root, normal(spec.content, size, generator));
        let mut style = through(&self.style_root, normal(spec.style, size, generator));
        if let Some((offset, map)) = &self.causal {
            style += product(map, &content);
            for mut column in style.column_iter_mut() {
                column += offset;
            }
        }
        let steps = through(&self.step_root, normal(spec.style, size, generator));
        let mut changed = style.clone();
        for (entry, step) in changed.iter_mut().zip(steps.iter()) {
            if generator.random::<f64>() < spec.change_probability {
                *entry += spec.change_scale * step;
            }
        }
        let private = spec.private.map(|count| normal(count, size, generator));
        let views = [0, 1].map(|m| {
            let latents = stacked(&[&content, if m == 0 { &style } else { &changed }, &private[m]]);
            let mut observed = self.mixings[m].apply(&latents);
            if spec.noise > 0.0 {
                observed += normal(observed.nrows(), size, generator) * spec.noise;
            }
            observations(&observed)
        });
        let blocks = [
            ("content", Role::Shared, &content),
            ("style 1", Role::PrivateFirst, &style),
            ("style 2", Role::PrivateSecond, &changed),
            ("private 1", Role::PrivateFirst, &private[0]),
            ("private 2", Role::PrivateSecond, &private[1]),
        ];
        let factors = blocks.iter().filter(|(_, _, values)| values.nrows() > 0);
        Ok(Paired { views, factors: factors.map(|(name, role, values)| factor(name, *role, values)).collect() })
    }
}

impl Source for World {
    fn shapes(&self) -> [Vec<usize>; 2] {
        self.spec.dimensions().map(|dimension| vec![dimension])
    }

    fn batch(&self, seed: u64, step: u64, size: usize) -> Result<Paired, DataError> {
        self.draw(size, &mut Stream { seed, experiment: "nonlinear batch", cell: step, replicate: 0 }.generator())
    }

    fn evaluation(&self, seed: u64) -> Result<Evaluation, DataError> {
        held_out(self.spec.sizes, |part, size| {
            self.draw(
                size,
                &mut Stream { seed, experiment: "nonlinear evaluation", cell: part, replicate: 0 }.generator(),
            )
        })
    }
}

/// Independent standard normals.
fn normal(rows: usize, columns: usize, generator: &mut Generator) -> Matrix {
    let mut draws = Matrix::zeros(rows, columns);
    fill_standard_normal(generator, draws.as_mut_slice());
    draws
}

/// One sample per column, as observations of channels.
#[expect(clippy::cast_possible_truncation, reason = "encoders work in single precision")]
pub(super) fn observations(samples: &Matrix) -> Observations {
    Observations { shape: vec![samples.nrows()], values: samples.iter().map(|&x| x as f32).collect() }
}

/// One sample per column, as a numerical factor.
pub(super) fn factor(name: &str, role: Role, samples: &Matrix) -> Factor {
    Factor {
        name: name.to_owned(),
        role,
        kind: Kind::Regression,
        dims: samples.nrows(),
        values: samples.as_slice().to_vec(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alignloss::linalg::{gram, product_nt};

    fn values(paired: &Paired, name: &str) -> Matrix {
        let factor = paired.factors.iter().find(|factor| factor.name == name).unwrap();
        Matrix::from_column_slice(factor.dims, factor.count(), &factor.values)
    }

    #[test]
    fn the_views_are_the_networks_of_the_factors() {
        let spec = Nonlinear { content: 3, style: 2, private: [1, 4], ..Nonlinear::default() };
        let world = spec.open().unwrap();
        let batch = world.batch(1, 2, 50).unwrap();
        for (m, names) in [["content", "style 1", "private 1"], ["content", "style 2", "private 2"]].iter().enumerate()
        {
            let view = &batch.views[m];
            let observed = Matrix::from_iterator(view.width(), 50, view.values.iter().map(|&x| f64::from(x)));
            let latents = world.mixings[m].invert(&observed);
            let blocks = names.map(|name| values(&batch, name));
            let expected = stacked(&[&blocks[0], &blocks[1], &blocks[2]]);
            assert!((latents - expected).amax() < 1e-3, "single precision");
        }
    }

    #[test]
    fn style_changes_with_the_given_probability() {
        let spec = Nonlinear { change_probability: 0.75, one_mixing: true, private: [0, 0], ..Nonlinear::default() };
        let batch = spec.open().unwrap().batch(1, 0, 4000).unwrap();
        let difference = values(&batch, "style 2") - values(&batch, "style 1");
        let changed = difference.iter().filter(|&&x| x != 0.0).count() as f64 / 20_000.0;
        // Five standard errors.
        assert!((changed - 0.75).abs() < 5.0 * (0.75_f64 * 0.25 / 20_000.0).sqrt(), "{changed}");
        let variance = difference.norm_squared() / 20_000.0;
        assert!((variance - 0.75).abs() < 0.05, "{variance}");
    }

    #[test]
    fn steps_have_a_covariance_of_their_own() {
        let spec = Nonlinear { statistical_dependence: true, ..Nonlinear::default() };
        let world = spec.open().unwrap();
        let batch = world.batch(1, 0, 20_000).unwrap();
        let steps = values(&batch, "style 2") - values(&batch, "style 1");
        let covariance = gram(&steps) / 20_000.0;
        let expected = gram(world.step_root.as_ref().unwrap());
        assert!((&covariance - &expected).amax() < 0.05 * expected.amax(), "{covariance} {expected}");
        let style = gram(world.style_root.as_ref().unwrap());
        assert!((expected - &style).amax() > 0.5 * style.amax(), "not the style's");
    }

    #[test]
    fn causal_style_follows_content() {
        let spec = Nonlinear { causal_dependence: true, statistical_dependence: true, ..Nonlinear::default() };
        let world = spec.open().unwrap();
        let batch = world.batch(1, 0, 20_000).unwrap();
        let (offset, map) = world.causal.as_ref().unwrap();
        let (content, mut style) = (values(&batch, "content"), values(&batch, "style 1"));
        for mut column in style.column_iter_mut() {
            column -= offset;
        }
        let covariance = product_nt(&style, &content) / 20_000.0;
        let root = world.content_root.as_ref().unwrap();
        let expected = product(map, &gram(root));
        assert!((&covariance - &expected).amax() < 0.05 * expected.amax(), "{covariance} {expected}");
    }

    #[test]
    fn a_wrong_setting_is_named_with_its_value() {
        let problem = Nonlinear { change_probability: 1.5, ..Nonlinear::default() }.open().unwrap_err();
        assert_eq!(problem.to_string(), "data.change_probability: 1.5 is not between 0 and 1");
        let problem = Nonlinear { one_mixing: true, private: [1, 2], ..Nonlinear::default() }.open().unwrap_err();
        assert!(problem.to_string().contains("[1, 2]"), "{problem}");
    }
}

//! Statements that resemble `capacity` and are false.

use super::{ID, INFORMATION};
use crate::information::{Capacity, InformationError, Side, Source, TargetGeometry};
use crate::linalg::{Matrix, symmetric_eigen};
use crate::model::Factor;
use crate::theorem::discrete::{Budget, Claim};
use crate::theorem::variants::{LawVariant, Variant, claims, inapplicable, information, with_rhs};
use crate::theorem::{Case, Clause, EvaluatedTarget, Finding};

/// tr K, tr P and d of every private target, against something.
fn traces(case: &Case, sides: impl Fn(f64, f64, f64) -> Option<(f64, f64)>) -> Result<Finding, InformationError> {
    let error = case.subject.error(case.dim() as f64);
    let used = case.capacities.iter().filter(|entry| case.towers.rank(entry.encoder.index()) > 0);
    claims(
        used.filter_map(|entry| {
            let dim = case.towers.rank(entry.encoder.index()) as f64;
            let (lhs, rhs) = sides(entry.capacity.aligned, entry.capacity.private, dim)?;
            Some(Clause::at_most("traces", lhs, rhs, error))
        })
        .collect(),
    )
}

/// A private scalar target stacked over another one, of which almost nothing is left.
fn beside_a_quiet_row(loud: &Factor, other: &Factor) -> Factor {
    let scale = QUIET * loud.common.norm().hypot(loud.own.norm()) / other.common.norm().hypot(other.own.norm());
    let columns = [loud.own.ncols(), other.own.ncols()];
    let mut common = Matrix::zeros(2, loud.common.ncols());
    common.set_row(0, &loud.common.row(0));
    common.set_row(1, &(other.common.row(0) * scale));
    let mut own = Matrix::zeros(2, columns[0] + columns[1]);
    own.view_mut((0, 0), (1, columns[0])).copy_from(&loud.own);
    own.view_mut((1, columns[0]), (1, columns[1])).copy_from(&(&other.own * scale));
    Factor { common, own }
}

/// The capacity law where y counts as private when what x_2 says about all its rows together is small beside the loudest of them.
fn private_by_the_loudest_row(case: &Case) -> Result<Finding, InformationError> {
    let (subject, mut clauses) = (case.subject, Vec::new());
    let scalars: Vec<usize> = (0..case.targets.len()).filter(|&t| case.targets[t].geometry.dimension() == 1).collect();
    for entry in case.capacities.iter().filter(|entry| entry.encoder == Side::First && scalars.contains(&entry.target))
    {
        for &other in scalars.iter().filter(|&&other| other != entry.target) {
            let stacked = beside_a_quiet_row(&subject.factors[entry.target], &subject.factors[other]);
            let geometry = TargetGeometry::new(&subject.pair, &stacked)?;
            if geometry.regression(1).norm() > subject.pair.zero() * geometry.variance().sqrt() {
                continue;
            }
            let capacity = Capacity::new(&subject.pair, &case.towers, &geometry, 0)?;
            let dim = case.towers.rank(0) as f64;
            clauses.push(Clause::at_most("traces", capacity.aligned + capacity.private, dim, subject.error(dim)));
        }
    }
    claims(clauses)
}

/// Those of [`VARIANTS`] that are about discrete laws.
pub(super) static LAW_VARIANTS: &[LawVariant] = &[LawVariant {
    name: "capacity/information-in-any-law",
    claim: Claim::Capacity,
    examine: |instance| {
        let (law, encoder) = (&instance.law, &instance.encoders[0]);
        let Some(Budget { aligned, error, .. }) = Budget::new(law, encoder)? else { return inapplicable() };
        let values = symmetric_eigen(&aligned)?.values;
        let least = values.last().copied().unwrap_or(0.0);
        if least <= error.sqrt() {
            return inapplicable();
        }
        let bound: f64 = values.iter().map(|value| -0.5 * value.ln()).sum();
        let said = law.information_nats(&law.encoded(0, encoder));
        claims(vec![Clause::at_most("I(z1;y)", said, bound, error * (1.0 + values.len() as f64 / least))])
    },
}];

/// Size of the quiet row of a vector target beside the loud one.
const QUIET: f64 = 1e-14;

/// Statements that resemble the theorem and are false.
pub(super) static VARIANTS: &[Variant] = &[
    Variant {
        of: ID,
        name: "capacity/product",
        claim: "tr K + tr P ≤ d − tr K · tr P / d²",
        examine: |case| traces(case, |k, p, dim| Some((k + p, dim - k * p / (dim * dim)))),
    },
    Variant {
        of: ID,
        name: "capacity/one-less",
        claim: "tr K + tr P ≤ d − 1 for d ≥ 2",
        examine: |case| traces(case, |k, p, dim| (dim >= 2.0).then_some((k + p, dim - 1.0))),
    },
    Variant {
        of: ID,
        name: "capacity/root",
        claim: "tr K + √tr P ≤ d for tr P ≤ 1",
        examine: |case| traces(case, |k, p, dim| (p <= 1.0).then(|| (k + p.max(0.0).sqrt(), dim))),
    },
    Variant {
        of: ID,
        name: "capacity/separate-eigenvalues",
        claim: "λ_max(K) + λ_max(P) ≤ 1",
        examine: |case| {
            let mut clauses = Vec::new();
            for entry in case.capacities.iter().filter(|entry| case.towers.rank(entry.encoder.index()) > 0) {
                let across = case.towers.cross_modal_angles(&case.subject.pair, entry.encoder.index())?;
                let own = &case.targets[entry.target].source(entry.encoder.encoded()).angles;
                let largest = |cosines: &[f64]| cosines.first().map_or(0.0, |cosine| cosine * cosine);
                let sum = largest(across.cosines()) + largest(own.cosines());
                clauses.push(Clause::at_most("λ(K) + λ(P)", sum, 1.0, case.subject.error(1.0)));
            }
            claims(clauses)
        },
    },
    Variant {
        of: ID,
        name: "capacity/any-target",
        claim: "tr K + tr P ≤ d, without y ⟂ x2",
        examine: |case| {
            let mut clauses = Vec::new();
            let dim = case.towers.rank(0) as f64;
            for target in &case.targets {
                let capacity = Capacity::new(&case.subject.pair, &case.towers, target.geometry, 0)?;
                let sum = capacity.aligned + capacity.private;
                clauses.push(Clause::at_most(target, sum, dim, case.subject.error(dim)));
            }
            claims(clauses)
        },
    },
    Variant {
        of: ID,
        name: "capacity/quarter-of-the-determinant",
        claim: "I(z1;y) ≤ −¼ log det K",
        examine: |case| with_rhs(ID, case, &[INFORMATION], |clause| 0.5 * clause.rhs),
    },
    Variant {
        of: ID,
        name: "capacity/determinant-of-any-target",
        claim: "I(z1;y) ≤ −½ log det K, without y ⟂ x2",
        examine: |case| {
            let aligned = case.towers.cross_modal_angles(&case.subject.pair, 0)?;
            let bound: f64 = aligned.cosines().iter().map(|cosine| -cosine.ln()).sum();
            let of = |target: &EvaluatedTarget| {
                let error = case.subject.information_error(&target.source(Source::EncodedFirst).angles);
                Clause::at_most(target, information(target, Source::EncodedFirst), bound, error)
            };
            claims(case.targets.iter().map(of).collect())
        },
    },
    Variant {
        of: ID,
        name: "capacity/information-in-any-law",
        claim: "any law  ⟹  I(z1;y) ≤ −½ log det K",
        examine: |_| inapplicable(),
    },
    Variant {
        of: ID,
        name: "capacity/private-by-the-loudest-row",
        claim: "tr K + tr P ≤ d for a vector y of which x2 says little beside its loudest row",
        examine: private_by_the_loudest_row,
    },
];

//! `capacity`: the trade-off law. Every dimension is spent either on alignment or on private content.

use super::{Case, Clause, Finding, Question, Theorem};
use crate::information::InformationError;

/// K + P ⪯ I_d for y ⟂ x_other and whitened z, hence tr K + tr P ≤ d.
#[derive(Debug, Clone, Copy)]
pub(super) struct CapacityLaw;

impl Theorem for CapacityLaw {
    fn id(&self) -> &'static str {
        "capacity"
    }

    fn statement(&self) -> &'static str {
        "y ⟂ x2, z1 whitened  ⟹  tr Cov(E[z1|x2]) + tr Cov(E[z1|y]) ≤ d, and the sum ⪯ I"
    }

    fn examine(&self, case: &Case) -> Result<Finding, InformationError> {
        let error = case.subject.error(case.dim() as f64);
        let clauses: Vec<Clause> = case
            .capacities
            .iter()
            .filter(|entry| case.towers.rank(entry.encoder) > 0)
            .flat_map(|entry| {
                let name = format!("z{} and {}", entry.encoder + 1, case.targets[entry.target].name);
                // An encoder with fewer independent outputs than rows has only that many dimensions to spend.
                let dim = case.towers.rank(entry.encoder) as f64;
                [
                    Clause::at_most(
                        format!("traces of {name}"),
                        entry.capacity.aligned + entry.capacity.private,
                        dim,
                        error,
                    ),
                    Clause::at_most(
                        format!("largest eigenvalue of {name}"),
                        entry.capacity.largest_eigenvalue,
                        1.0,
                        error,
                    ),
                ]
            })
            .collect();
        Ok(if clauses.is_empty() {
            Finding::Inapplicable("no target is private to one modality".into())
        } else {
            Finding::Checked(clauses)
        })
    }

    fn predict(&self, case: &Case, question: &Question) -> Result<Option<f64>, InformationError> {
        let Question { quantity, target, .. } = *question;
        let entry = case.capacities.iter().find(|entry| entry.target == target);
        Ok(match (quantity, entry) {
            ("capacity.private", Some(entry)) => Some(case.dim() as f64 - entry.capacity.aligned),
            ("capacity.aligned", Some(entry)) => Some(case.dim() as f64 - entry.capacity.private),
            _ => None,
        })
    }
}

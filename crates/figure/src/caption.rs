//! Captions: describe a figure in words, from the experiment file alone.

use super::compose::overlays;
use super::labels::value_name;
use alignloss::experiment::{Estimator, Experiment, FigureKind, FigureSpec, describe};
use serde_json::Value;

/// The caption of one `[[figure]]` section: what the experiment is about, what is plotted against what, which theory is shown, the
/// model, and how results were computed. Subscripts and superscripts are written as `σ_{w}` and `ε^{2}`.
pub fn caption(experiment: &Experiment, spec: &FigureSpec) -> String {
    let mut sentences: Vec<String> =
        experiment.about().map(|about| about.trim().replace('\n', " ")).into_iter().collect();
    sentences.push(drawn(experiment, spec));
    sentences.extend(chosen(spec));
    sentences.extend(theory(spec));
    sentences.extend(model(experiment));
    sentences.push(estimated(experiment));
    sentences.iter().map(|sentence| closed(sentence)).collect::<Vec<_>>().join(" ")
}

/// What is plotted against what.
fn drawn(experiment: &Experiment, spec: &FigureSpec) -> String {
    let axis = |column: &str, label: Option<&String>| {
        let (name, unit) = describe(column);
        match (label, unit) {
            (Some(label), _) => label.clone(),
            (None, Some(unit)) => format!("{name} in {unit}"),
            (None, None) => name,
        }
    };
    let (x, y) = (axis(&spec.x, spec.x_label.as_ref()), axis(&spec.y, spec.y_label.as_ref()));
    let value = spec.value.as_deref().map(|column| axis(column, None)).unwrap_or_default();
    let mut text = match spec.kind {
        FigureKind::Curve | FigureKind::Scatter | FigureKind::Frontier => format!("{y} against {x}"),
        FigureKind::Heatmap => format!("{value} over {x} and {y}"),
        FigureKind::Phase => format!("where {value} exceeds {}, over {x} and {y}", spec.threshold),
    };
    for (column, what) in [(&spec.series, series_mark(spec.kind)), (&spec.panels, "panel")] {
        let Some(column) = column.as_deref().filter(|column| several(experiment, spec, column)) else { continue };
        text.push_str(", one ");
        text.push_str(what);
        text.push_str(" per ");
        text.push_str(&describe(column).0);
    }
    text
}

fn series_mark(kind: FigureKind) -> &'static str {
    match kind {
        FigureKind::Curve | FigureKind::Frontier => "line",
        FigureKind::Scatter => "colour",
        FigureKind::Heatmap | FigureKind::Phase => "boundary",
    }
}

/// Whether a column takes more than one value in a figure. A column that is no axis of the grid (the target) may.
fn several(experiment: &Experiment, spec: &FigureSpec, column: &str) -> bool {
    match spec.filter.get(column) {
        Some(Value::Array(values)) => values.len() > 1,
        Some(_) => false,
        None => experiment.axis_values(column).len() != 1,
    }
}

/// The selected rows, unless the panels already say so.
fn chosen(spec: &FigureSpec) -> Option<String> {
    let named = |column: &str, value: &Value| match value {
        Value::Array(values) => values.iter().map(|value| plain(column, value)).collect::<Vec<_>>().join(", "),
        value => plain(column, value),
    };
    let shown = [spec.series.as_deref(), spec.panels.as_deref()];
    let parts: Vec<String> = spec
        .filter
        .iter()
        .filter(|(column, value)| !(shown.contains(&Some(column.as_str())) && value.is_array()))
        .map(|(column, value)| match column.as_str() {
            "target" => format!("target y: {}", named(column, value)),
            column => format!("{}: {}", describe(column).0, named(column, value)),
        })
        .collect();
    (!parts.is_empty()).then(|| parts.join("; "))
}

fn plain(column: &str, value: &Value) -> String {
    value_name(column, &value.as_str().map_or_else(|| value.to_string(), str::to_owned))
}

fn theory(spec: &FigureSpec) -> Option<String> {
    let labels: Vec<String> = overlays(spec).into_iter().map(|(_, label)| label).collect();
    if labels.is_empty() {
        return None;
    }
    let what = match spec.kind {
        FigureKind::Heatmap | FigureKind::Phase => "Black lines show theory",
        _ => "Thin dashed lines show theory",
    };
    let fit = if spec.fit { "; and a power law fitted to the distance from it" } else { "" };
    Some(format!("{what}: {}{fit}", labels.join("; ")))
}

fn model(experiment: &Experiment) -> Option<String> {
    let family = experiment.family()?;
    let fixed = |name: &str| experiment.axis_values(&format!("model.{name}")).is_empty();
    let parameters: Vec<String> = family
        .iter()
        .filter(|(name, _)| *name != "kind" && fixed(name))
        .map(|(name, value)| format!("{} {}", name.replace('_', " "), value.to_string().replace(',', ", ")))
        .collect();
    let kind = match (fixed("kind"), family.get("kind").and_then(Value::as_str)) {
        (true, Some(kind)) => format!("Model: {kind}"),
        _ => "Model: several families".to_owned(),
    };
    Some(format!("{kind}{}{}", if parameters.is_empty() { "" } else { ", " }, parameters.join(", ")))
}

fn estimated(experiment: &Experiment) -> String {
    let count = experiment.replicates();
    let repeated = if count > 1 { format!("; mean and central 90% of {count} replicates") } else { String::new() };
    let how = match experiment.estimator() {
        Estimator::Population => "Exact population values",
        Estimator::Sample => "Closed form fitted to samples",
        Estimator::Sgd => "Trained by stochastic gradients",
        Estimator::Adversary => "Found by adversarial search",
    };
    format!("{how}{repeated}")
}

/// Capitalises a sentence and ends it with a full stop. Leading symbols, such as R², are left alone.
fn closed(sentence: &str) -> String {
    let mut letters = sentence.chars();
    let first = letters.next().map(|first| {
        let word = letters.clone().next().is_some_and(char::is_lowercase);
        if word { first.to_uppercase().collect() } else { first.to_string() }
    });
    let stop = if sentence.ends_with(['.', '!', '?']) { "" } else { "." };
    format!("{}{}{stop}", first.unwrap_or_default(), letters.as_str())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_caption_says_what_is_plotted_for_which_model_and_how() {
        let source = "title = \"T\"\nabout = \"What it is about.\"\nshows = \"leakage\"\nreplicates = 3\n[model.family]\nkind = \"random\"\n\
                      shared = 1\n[grid]\nobjective = [\"cca\", \"pca\"]\ndim = [1, 2]\n\"model.noise\" = [0.1, 0.2]\n\
                      [[figure]]\nkind = \"curve\"\nx = \"dim\"\ny = \"mi.z1\"\nseries = \"objective\"\n\
                      where = { target = \"private 1\" }\noverlay = [\"leakage\"]\noverlay_label = \"the bound\"\n";
        let experiment = Experiment::parse("t", source).expect("a good file");
        assert_eq!(
            caption(&experiment, &experiment.figures()[0]),
            "What it is about. Information I(z₁; y) in nats against embedding dimension d, one line per objective. \
             Target y: private factors u_{1}. Thin dashed lines show theory: the bound. Model: random, shared 1. \
             Exact population values; mean and central 90% of 3 replicates."
        );
    }
}

//! A setting in reusable form: a model file, a command, an experiment file.

use super::control::Axis;
use super::setting::{SHARED_STD, Setting};
use super::view::COMPARED;
use std::fmt::Write as _;

/// The body of the `[family]` section.
fn family(setting: &Setting) -> String {
    format!(
        "kind = \"interfering\"\nshared = {}\nprivate = {}\nobserved = {}\nshared_std = {:?}\nprivate_std = {:?}\nnoise = {:?}\n\
         angle_degrees = {:?}\nnuisance_correlation = {:?}\nprivate_fraction = {:?}\n",
        setting.shared,
        setting.private,
        setting.observed,
        &SHARED_STD[..setting.shared.min(SHARED_STD.len())],
        setting.private_std,
        setting.noise_variance(),
        setting.angle_degrees,
        setting.nuisance_correlation,
        setting.private_fraction
    )
}

/// The model file of a setting.
pub(super) fn model_file(setting: &Setting) -> String {
    format!("name = \"explorer\"\n[family]\n{}", family(setting))
}

/// Shell lines that write the model file and evaluate it: the same numbers as on the page, from the command line.
pub(super) fn command(setting: &Setting) -> String {
    let mut line = format!("alignloss eval model.toml --objective {} --dim {}", setting.objective, setting.dim);
    if setting.has_lambda() {
        let _ = write!(line, " -p lambda={}", setting.lambda);
    }
    format!("cat > model.toml <<'END'\n{}END\n{line}\n", model_file(setting))
}

/// The experiment file that computes a setting's curves along an axis.
pub(super) fn experiment_file(setting: &Setting, axis: Axis) -> String {
    let control = axis.control();
    let range = |from: f64, to: f64| format!("{{ from = {from:?}, to = {to:?}, steps = 41 }}");
    let (column, values) = match axis {
        Axis::SnrDb => {
            let noise = |snr_db| Setting { snr_db, ..setting.clone() }.noise_variance();
            let (least, most) = (noise(control.to), noise(control.from));
            ("model.noise".to_owned(), format!("{{ from = {least:?}, to = {most:?}, steps = 41, scale = \"log\" }}"))
        }
        Axis::Dim => ("dim".to_owned(), format!("{{ from = {}, to = {} }}", control.from, control.to)),
        Axis::Lambda => ("objective.lambda".to_owned(), range(control.from, control.to)),
        _ => (format!("model.{}", control.name), range(control.from, control.to)),
    };
    let mut objectives: Vec<&str> = COMPARED.to_vec();
    if !objectives.contains(&setting.objective.as_str()) {
        objectives.push(&setting.objective);
    }
    let mut grid = format!("objective = {objectives:?}\n{column:?} = {values}\n");
    if axis != Axis::Dim {
        let _ = writeln!(grid, "dim = [{}]", setting.dim);
    }
    if axis != Axis::Lambda {
        let _ = writeln!(grid, "\"objective.lambda\" = [{:?}]", setting.lambda);
    }
    let log = if axis == Axis::SnrDb { "x_log = true\n" } else { "" };
    format!(
        "# From `alignloss explore`. Run it: alignloss sweep explorer.toml\ntitle = \"Information loss from the explorer\"\n\
         shows = [\"capacity\", \"selection\"]\n\n[model.family]\n{}\n[grid]\n{grid}\n[[figure]]\nkind = \"curve\"\nx = {column:?}\n\
         y = \"information_loss.z1\"\nseries = \"objective\"\nwhere = {{ target = \"mixture\" }}\n{log}",
        family(setting)
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use alignloss::experiment::Experiment;
    use alignloss::model::{Format, LatentModel};

    #[test]
    fn what_is_copied_can_be_read_back() {
        let setting =
            Setting { objective: "supervised".into(), snr_db: -3.5, shared: 4, private: 4, ..Setting::default() };
        let model = LatentModel::parse(&model_file(&setting), Format::Toml).expect("a model");
        assert_eq!(model.channels(), [8, 8]);
        for axis in Axis::ALL {
            let experiment = Experiment::parse("explorer", &experiment_file(&setting, axis));
            assert!(experiment.is_ok(), "{axis:?}: {experiment:?}");
        }
    }
}

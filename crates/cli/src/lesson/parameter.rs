//! The parameters of a lesson.

/// A number in a range, changed in steps.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Parameter {
    /// The name, one word.
    pub name: &'static str,
    /// What it means.
    pub meaning: &'static str,
    /// The smallest value.
    pub from: f64,
    /// The largest value.
    pub to: f64,
    /// The change per key press.
    pub step: f64,
    /// The starting value.
    pub default: f64,
}

impl Parameter {
    /// The value some number of steps away, clamped to the range and on the grid of steps.
    pub fn moved(&self, value: f64, steps: i32) -> f64 {
        let place = ((value - self.from) / self.step).round() + f64::from(steps);
        // Rounded to the resolution of the steps, so that 0.1 + 0.2 shows as 0.3.
        let value = self.from + place * self.step;
        ((value * 1e6).round() / 1e6).clamp(self.from, self.to)
    }
}

/// The values of a lesson's parameters.
#[derive(Debug, Clone, PartialEq)]
pub struct Values {
    parameters: &'static [Parameter],
    values: Vec<f64>,
}

impl Values {
    /// Every parameter at its default.
    pub fn new(parameters: &'static [Parameter]) -> Self {
        Self { parameters, values: parameters.iter().map(|parameter| parameter.default).collect() }
    }

    /// The value at an index.
    pub fn at(&self, place: usize) -> f64 {
        self.values[place]
    }

    /// The value of a parameter, by name.
    ///
    /// # Panics
    /// If there is no such parameter: a bug in the lesson.
    pub fn get(&self, name: &str) -> f64 {
        let place = self.parameters.iter().position(|parameter| parameter.name == name);
        self.values[place.unwrap_or_else(|| panic!("{name:?} is not a parameter of this lesson"))]
    }

    /// The value of a parameter that is a count.
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "counts are small and positive")]
    pub fn count(&self, name: &str) -> usize {
        self.get(name).round() as usize
    }

    /// The parameters not at their defaults, as `name=value,…`.
    pub fn changed(&self) -> String {
        let pairs = self.parameters.iter().zip(&self.values);
        let changed = pairs.filter(|(parameter, value)| (**value - parameter.default).abs() > 1e-9);
        changed.map(|(parameter, value)| format!("{}={value}", parameter.name)).collect::<Vec<_>>().join(",")
    }

    /// Moves the parameter at an index.
    pub fn step(&mut self, place: usize, steps: i32) {
        self.values[place] = self.parameters[place].moved(self.values[place], steps);
    }

    /// Sets the parameter at an index, clamped to its range and on its grid.
    pub fn set(&mut self, place: usize, value: f64) {
        self.values[place] = self.parameters[place].moved(value, 0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    static ONE: [Parameter; 1] =
        [Parameter { name: "noise", meaning: "noise", from: 0.0, to: 1.0, step: 0.1, default: 0.2 }];

    #[test]
    fn steps_stay_on_the_grid_and_within_the_ends() {
        let mut values = Values::new(&ONE);
        values.step(0, 1);
        assert!((values.get("noise") - 0.3).abs() < f64::EPSILON);
        assert_eq!(values.changed(), "noise=0.3");
        values.step(0, 100);
        assert!((values.at(0) - 1.0).abs() < f64::EPSILON);
        values.set(0, -3.0);
        assert!(values.at(0).abs() < f64::EPSILON);
    }
}

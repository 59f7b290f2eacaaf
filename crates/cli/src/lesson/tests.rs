//! What every lesson must do.

use super::*;

/// Every corner of a lesson's parameters, and its defaults.
fn corners(lesson: &dyn Lesson) -> Vec<Values> {
    let parameters = lesson.parameters();
    let mut all = vec![Values::new(parameters)];
    for corner in 0..1_usize << parameters.len() {
        let mut values = Values::new(parameters);
        for (place, parameter) in parameters.iter().enumerate() {
            values.set(place, if corner >> place & 1 == 0 { parameter.from } else { parameter.to });
        }
        all.push(values);
    }
    all
}

#[test]
fn charts_are_finite_at_every_corner() {
    for lesson in LESSONS {
        for values in corners(lesson) {
            let name = lesson.name();
            let Study { chart, answer } =
                lesson.study(&values).unwrap_or_else(|error| panic!("{name} {values:?}: {error}"));
            assert!(chart.series.iter().all(|series| !series.points.is_empty()), "{name} {values:?}");
            assert!(!chart.numbers.is_empty(), "{name}");
            for (x, y) in chart.points() {
                assert!(x.is_finite() && y.is_finite(), "{name} {values:?}: ({x}, {y})");
            }
            for number in &chart.numbers {
                assert!(number.value.is_finite(), "{name} {values:?}: {number:?}");
            }
            assert!(chart.numbers.iter().any(|number| number.found.is_some()), "{name}");
            assert!(!answer.contains("NaN") && !answer.contains("inf "), "{name}: {answer}");
        }
    }
}

#[test]
fn theorems_exist_and_parameters_start_within_their_ends() {
    for lesson in LESSONS {
        alignloss::theorem::find(lesson.theorem()).expect("a theorem of the registry");
        assert!((2..=3).contains(&lesson.parameters().len()), "{}", lesson.name());
        for parameter in lesson.parameters() {
            assert!(
                (parameter.moved(parameter.default, 0) - parameter.default).abs() < 1e-12,
                "{} {}",
                lesson.name(),
                parameter.name
            );
        }
    }
}

#[test]
fn every_parameter_changes_what_is_shown() {
    for lesson in LESSONS {
        for place in 0..lesson.parameters().len() {
            let mut values = Values::new(lesson.parameters());
            let before = lesson.study(&values).expect("a study");
            let parameter = &lesson.parameters()[place];
            let is_near_end = parameter.to - parameter.default < parameter.default - parameter.from;
            values.set(place, if is_near_end { parameter.from } else { parameter.to });
            assert_ne!(before, lesson.study(&values).expect("a study"), "{} {}", lesson.name(), parameter.name);
        }
    }
}

#[test]
fn names_are_unique_and_near_misses_are_recognised() {
    for (place, lesson) in LESSONS.iter().enumerate() {
        assert_eq!(find(lesson.name()), Ok(place));
    }
    assert!(find("capasity").expect_err("unknown").to_string().ends_with("did you mean \"capacity\"?"));
}

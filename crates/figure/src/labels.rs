//! Printed names for the values of columns.

use alignloss::objective;

/// The printed value of a column: objectives and targets get names, other values print as they are.
pub(super) fn value_name(column: &str, value: &str) -> String {
    match (column, value) {
        ("objective", id) => objective::entry(id).map_or_else(|_| id.to_owned(), |entry| entry.label.to_owned()),
        ("target", "shared") => "shared factors s".into(),
        ("target", name) => match name.strip_prefix("private ") {
            Some(index) => format!("private factors u_{{{index}}}"),
            None => name.to_owned(),
        },
        _ => value.to_owned(),
    }
}

/// The symbol at the end of a label, if it has one: "interference angle θ" has θ.
pub(super) fn symbol(label: &str) -> Option<&str> {
    label.split(' ').next_back().filter(|symbol| symbol.chars().count() <= 2)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_those_of_the_literature() {
        assert_eq!(value_name("objective", "infonce"), "InfoNCE");
        assert_eq!(value_name("target", "private 2"), "private factors u_{2}");
        assert_eq!(value_name("dim", "3"), "3");
        assert_eq!(symbol("interference angle θ"), Some("θ"));
        assert_eq!(symbol("learning rate"), None);
    }
}

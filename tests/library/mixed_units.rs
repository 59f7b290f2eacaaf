//! Every number of `eval` for 500 random models in mixed units, against a reference at 150 digits
//! (`tests/fixtures/mixed_units.py`): dense latent covariances, full noise, and channels, latents and targets whose units
//! differ by powers of two up to 2^±40 each.

#[test]
fn models_in_mixed_units_agree_with_the_reference() {
    let cells = crate::reference_values::fixture("mixed_units.json");
    assert_eq!(cells.len(), 500);
    let crate::reference_values::Outcome { compared, excused, account } = crate::reference_values::compare(&cells);
    assert!(compared > 25_000, "{compared} numbers compared");
    assert!(account.is_empty(), "{account}");
    assert_eq!(excused, 0, "numbers that `eval` itself calls uncertain");
}

//! Seeded numbers never change: as long as these tests pass, results can be reproduced from a seed. A commit that
//! changes one of them says so.

use alignloss::arithmetic;
use alignloss::linalg::{Matrix, product, singular_values};
use alignloss::model::{Format, LatentModel};
use alignloss::objective;
use alignloss::objective::minibatch::{Critic, Direction, InfoNce, MinibatchLoss, Parameters};
use alignloss::random::{Stream, fill_standard_normal};
use alignloss::sample::Sampler;
use alignloss::theorem::Subject;
use rand::{Rng, RngExt};
use rand_distr::StandardNormal;

#[test]
fn the_first_draws_of_a_stream_never_change() {
    let mut generator = Stream { seed: 1, experiment: "test", cell: 2, replicate: 3 }.generator();
    let words: Vec<u64> = (0..3).map(|_| generator.next_u64()).collect();
    assert_eq!(words, [1_110_621_306_976_494_531, 4_878_508_094_089_795_410, 11_529_657_853_302_334_547]);
    let normals: Vec<f64> = (0..3).map(|_| generator.sample(StandardNormal)).collect();
    let pinned = [1.490_586_944_767_293_f64, -0.244_077_709_840_758_66, 0.056_416_734_136_233_916];
    assert_eq!(
        normals.iter().map(|value| value.to_bits()).collect::<Vec<_>>(),
        pinned.map(f64::to_bits),
        "{normals:?}"
    );
}

#[test]
fn the_loadings_of_a_family_never_change() {
    let model = LatentModel::parse("[family]\nkind = \"random\"\nseed = 5\n", Format::Toml).expect("a model");
    let first = model.modalities()[0].shared_loading[(0, 0)];
    let last = model.modalities()[1].private_loading[(3, 1)];
    assert_eq!(
        [first, last].map(f64::to_bits),
        [0.144_363_873_072_387_46_f64, -0.505_938_800_026_837_9].map(f64::to_bits),
        "{first:?} {last:?}"
    );
    // Orthonormal loadings pass through sums, whose last digit may differ between machines.
    let model = LatentModel::parse("[family]\nkind = \"orthogonal\"\nseed = 5\n", Format::Toml).expect("a model");
    let entry = model.modalities()[0].shared_loading[(0, 0)];
    assert!((entry - 0.733_352_514_983_330_3).abs() < 1e-14, "{entry:?}");
}

#[test]
fn random_encoders_never_change() {
    let model = LatentModel::parse("[family]\nkind = \"random\"\nseed = 5\n", Format::Toml).expect("a model");
    let subject = Subject::new(&model, [0, 1]).expect("a subject");
    let weights = |seed| {
        subject
            .learner(seed)
            .minimise(objective::find("random").expect("a known id").as_ref(), 2)
            .expect("encoders")
            .encoders
    };
    let (one, two) = (weights(9).first[(0, 0)], weights(9).second[(1, 3)]);
    assert_eq!(
        [one, two].map(f64::to_bits),
        [0.080_260_041_441_746_78_f64, -0.013_090_251_303_470_166].map(f64::to_bits),
        "{one:?} {two:?}"
    );
    assert_ne!(weights(9), weights(10));
}

#[test]
fn seeds_modalities_and_families_have_draws_of_their_own() {
    let loading = |kind: &str, seed: u64, m: usize| {
        let model = LatentModel::parse(&format!("[family]\nkind = \"{kind}\"\nseed = {seed}\n"), Format::Toml)
            .expect("a model");
        model.modalities()[m].shared_loading.clone()
    };
    assert_eq!(loading("random", 1, 0), loading("random", 1, 0));
    assert_ne!(loading("random", 1, 0), loading("random", 2, 0));
    assert_ne!(loading("random", 1, 0), loading("random", 1, 1));
    // `multi` is `random` with more modalities: the same seed gives the same first sensors.
    assert_eq!(loading("random", 1, 1), loading("multi", 1, 1));
}

#[test]
fn bulk_normals_never_change() {
    let mut generator = Stream { seed: 1, experiment: "test", cell: 2, replicate: 3 }.generator();
    let (mut double, mut single) = ([0.0_f64; 3], [0.0_f32; 3]);
    fill_standard_normal(&mut generator, &mut double);
    fill_standard_normal(&mut generator, &mut single);
    // The rare cases, wedges and tail, through everything that a million draws take.
    let mut many = vec![0.0_f64; 1 << 20];
    fill_standard_normal(&mut generator, &mut many);
    let bits = many.iter().fold(0_u64, |hash, value| hash.rotate_left(5) ^ value.to_bits());
    let largest = many.iter().fold(0.0_f64, |largest, value| largest.max(value.abs()));
    assert_eq!(
        (double.map(f64::to_bits), single.map(f32::to_bits), bits, largest.to_bits()),
        (
            [0.129_270_728_199_630_42_f64, 0.989_135_626_919_303_2, -1.396_423_809_968_939_2].map(f64::to_bits),
            [0.124_227_464_f32, -0.041_905_31, -0.496_371_48].map(f32::to_bits),
            2_331_109_398_641_098_136,
            4.922_914_481_332_103_f64.to_bits(),
        ),
        "{double:?} {single:?} {bits} {largest:?}"
    );
}

/// One number from each kind of kernel, whose last digits depend on the class of arithmetic.
fn computed() -> [(&'static str, f64); 6] {
    let mut generator = Stream { seed: 1, experiment: "arithmetic", cell: 0, replicate: 0 }.generator();
    let mut gaussian = |rows: usize, columns: usize| {
        let mut matrix = Matrix::zeros(rows, columns);
        fill_standard_normal(&mut generator, matrix.as_mut_slice());
        matrix
    };
    let small = product(&gaussian(9, 40), &gaussian(40, 7));
    let large = product(&gaussian(90, 400), &gaussian(400, 70));
    let values = singular_values(&small).expect("singular values");
    let x = [gaussian(6, 64), gaussian(5, 64)];
    let parameters = Parameters { weights: [gaussian(2, 6), gaussian(2, 5)], log_temperature: None };
    let mut gradient = parameters.zeros_like();
    let loss = InfoNce::new(Critic::Cosine, Direction::Symmetric, 0.7)
        .evaluate([&x[0], &x[1]], &parameters, &mut gradient)
        .expect("a loss");
    let model = LatentModel::parse("[family]\nkind = \"random\"\nseed = 5\n", Format::Toml).expect("a model");
    let mut sampler = Sampler::<f64>::of_model(&model).expect("a sampler");
    let mut draws = sampler.buffers(100);
    sampler.draw_into(&mut generator, &mut draws).expect("draws");
    [
        ("a small product", small.iter().sum()),
        ("a large product", large.iter().sum()),
        ("the last singular value", values[6]),
        ("a loss over a minibatch", loss),
        ("its gradient", gradient.slices().flatten().sum()),
        ("joint draws", draws.iter().flatten().sum()),
    ]
}

/// [`computed`] in the classes that could be tried: `cargo xtask processors` runs this test in both.
const PINNED: [(&str, [f64; 6]); 2] = [
    (
        "x86-64-no-fma",
        [
            5.550_701_027_605_726,
            1_217.869_952_723_407_3,
            5.446_331_911_237_316_5,
            0.605_096_515_713_796_6,
            0.004_381_512_137_107_892,
            -2.973_806_181_705_560_5,
        ],
    ),
    (
        "x86-64-avx2-fma",
        [
            5.550_701_027_605_703,
            1_217.869_952_723_407_8,
            5.446_331_911_237_316,
            0.605_096_515_713_796_6,
            0.004_381_512_137_108_134_5,
            -2.973_806_181_705_546_3,
        ],
    ),
];

#[test]
fn the_numbers_of_a_class_of_arithmetic_never_change() {
    let (class, computed) = (arithmetic::class(), computed());
    let found = computed.map(|(_, value)| value);
    match PINNED.iter().find(|(pinned, _)| *pinned == class) {
        Some((_, pinned)) => {
            assert_eq!(found.map(f64::to_bits), pinned.map(f64::to_bits), "{class}: {found:?}");
        }
        None => eprintln!("no numbers are pinned for {class}; here they are {found:?}"),
    }
    // Classes differ in rounding only: terms that add up to less than 10⁶ in size, 2⁻⁵³ of it.
    for (class, pinned) in PINNED {
        for ((name, value), expected) in computed.iter().zip(pinned) {
            assert!((value - expected).abs() < 1e-10, "{name}: {value} here, {expected} with {class}");
        }
    }
}

#[test]
fn classes_of_arithmetic_are_told_apart_since_their_numbers_differ() {
    let [(_, one), (_, two)] = PINNED;
    assert!(one.iter().zip(two).filter(|(one, two)| one.to_bits() != two.to_bits()).count() >= 5, "{one:?} {two:?}");
}

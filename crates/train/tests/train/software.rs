//! The GPU path, on Mesa's software Vulkan device: `cargo xtask gpu`.

use super::common::{SMALL, losses, results, run, written};

/// Both devices start from the same numbers and see the same batches; single precision sums in another order, and Adam divides
/// by roots of small numbers: measured 3e-5 after 10 steps of a wider network.
const TOLERANCE: f64 = 2e-3;

#[test]
fn the_software_device_follows_the_loss_of_the_cpu() {
    let folder = tempfile::tempdir().expect("a folder");
    let (cpu, software) = (folder.path().join("cpu"), folder.path().join("software"));
    let text = SMALL.replace("steps = 40", "steps = 12").replace("[20]", "[]");
    let file = written(folder.path(), &text);
    run(&cpu, &file, "cpu").assert().success();
    // Fails where the device is missing: cargo xtask tools installs it.
    run(&software, &file, "software").assert().success();
    let (cpu, software) = (results(&cpu), results(&software));
    for objective in ["infonce", "decoupled"] {
        let (cpu, software) = (losses(&cpu, objective), losses(&software, objective));
        assert_eq!(cpu.len(), 12, "one loss a step");
        assert_eq!(software.len(), 12);
        for (step, (cpu, software)) in cpu.iter().zip(&software).enumerate() {
            let error = (cpu - software).abs() / cpu.abs().max(1.0);
            assert!(error < TOLERANCE, "{objective}, step {step}: {cpu} on the CPU, {software} on the software device");
        }
        assert!(cpu[11] < cpu[0], "{objective} learns");
    }
}

//! A killed training ends with the same numbers as an uninterrupted one.

use super::common::{SMALL, program, results, run, written};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// The checkpoint of a run under way, once there is one.
fn wait_for(folder: &Path, deadline: Instant) -> bool {
    let has_some = |folder: &Path| std::fs::read_dir(folder).is_ok_and(|mut entries| entries.next().is_some());
    while Instant::now() < deadline {
        if has_some(&folder.join("results/small/checkpoints")) {
            return true;
        }
        std::thread::sleep(Duration::from_millis(2));
    }
    false
}

#[test]
fn a_run_killed_again_and_again_ends_with_the_same_numbers() {
    let folder = tempfile::tempdir().expect("a folder");
    let (whole, killed) = (folder.path().join("whole"), folder.path().join("killed"));
    std::fs::create_dir_all(&whole).expect("writable");
    std::fs::create_dir_all(&killed).expect("writable");
    // A checkpoint after every step, so that kills hit every moment; more steps, so that there is time to kill.
    let text = SMALL.replace("steps = 40", "steps = 300\ncheckpoint_seconds = 0.0").replace("[20]", "[20, 150]");
    let file = written(folder.path(), &text);
    run(&whole, &file, "cpu").assert().success();
    let mut kills = 0;
    for attempt in 0..6_u64 {
        let mut child = Command::new(env!("CARGO_BIN_EXE_alignloss-train"))
            .args(["--quiet", "run", "--backend", "cpu", "--out"])
            .arg(killed.join("results"))
            .arg("--figures")
            .arg(killed.join("figures"))
            .arg(&file)
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("the program starts");
        let deadline = Instant::now() + Duration::from_mins(1);
        if wait_for(&killed, deadline) {
            std::thread::sleep(Duration::from_millis(40 + 67 * attempt));
        }
        if child.try_wait().expect("a child").is_none() {
            // SIGKILL: no handler, no destructor.
            child.kill().expect("still there");
            kills += 1;
        }
        child.wait().expect("a child");
    }
    assert!(kills >= 2, "the run was too fast to be killed: {kills}");
    run(&killed, &file, "cpu").assert().success();
    assert_eq!(results(&whole), results(&killed));
    let left = std::fs::read_dir(killed.join("results/small/checkpoints")).map_or(0, Iterator::count);
    assert_eq!(left, 0, "checkpoints of finished trainings are removed");
}

#[test]
fn results_of_another_experiment_are_not_overwritten() {
    let folder = tempfile::tempdir().expect("a folder");
    let small = SMALL.replace("steps = 40", "steps = 2").replace("[20]", "[]");
    let file = written(folder.path(), &small);
    run(folder.path(), &file, "cpu").assert().success();
    let file = written(folder.path(), &small.replace("seed = 3", "seed = 4"));
    run(folder.path(), &file, "cpu").assert().code(2).stderr(predicates::str::contains("--fresh"));
    run(folder.path(), &file, "cpu").arg("--fresh").assert().success();
    program().arg("run").arg(&file).arg("--draw-only").current_dir(folder.path()).assert().code(2);
}

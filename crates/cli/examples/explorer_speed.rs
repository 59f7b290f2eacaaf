//! Times each part of the explorer, with the fewest and the most channels.
#![expect(clippy::print_stdout, reason = "an example talks to its user")]

use alignloss_cli::explorer::view::{Curves, Detail, Frontier, Phase, Report, TargetName};
use alignloss_cli::explorer::{Axis, Setting};
use std::time::Instant;

fn main() {
    for (observed, shared, private, dim) in [(8, 2, 1, 2), (32, 4, 4, 4)] {
        for objective in ["cca", "alignment-fidelity"] {
            let setting = Setting { observed, shared, private, dim, objective: objective.into(), ..Setting::default() };
            let time = |name: &str, work: &dyn Fn()| {
                work();
                let start = Instant::now();
                for _ in 0..5 {
                    work();
                }
                println!("n={observed} {objective} {name}: {:.1} ms", start.elapsed().as_secs_f64() * 200.0);
            };
            time("report", &|| drop(Report::new(&setting, Axis::PrivateFraction).expect("a report")));
            for detail in [Detail::Coarse, Detail::Fine] {
                for axis in [Axis::PrivateFraction, Axis::SnrDb, Axis::Dim, Axis::Lambda] {
                    time(&format!("curves {axis:?} {detail:?}"), &|| {
                        drop(Curves::new(&setting, axis, TargetName::Mixture, detail).expect("curves"));
                    });
                }
                time(&format!("frontier {detail:?}"), &|| drop(Frontier::new(&setting, detail).expect("a frontier")));
                time(&format!("phase {detail:?}"), &|| drop(Phase::new(&setting, detail).expect("a phase diagram")));
            }
        }
    }
}

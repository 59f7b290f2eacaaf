//! The explorer's server as a client sees it: answers that match `eval`, and hostile requests.

#![expect(clippy::print_stdout, reason = "what was measured is reported with `--no-capture`")]

use crate::explorer_process::{Explorer, Reply};
use serde_json::{Value, json};
use std::io::{Read as _, Write as _};
use std::time::{Duration, Instant};

fn parsed(reply: &Reply) -> Value {
    serde_json::from_str(&reply.body).unwrap_or_else(|error| panic!("{error} in {reply:?}"))
}

/// What the command that the page offers prints, as JSON.
fn by_command(command: &str) -> Value {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let binary = assert_cmd::cargo::cargo_bin!("alignloss");
    let script = command.replace("alignloss eval", &format!("'{}' eval", binary.display())).trim_end().to_owned();
    let output = std::process::Command::new("sh")
        .current_dir(folder.path())
        .arg("-c")
        .arg(script + " --format json")
        .output()
        .expect("sh starts");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).expect("JSON")
}

#[test]
fn reports_are_what_eval_prints() {
    let explorer = Explorer::start();
    for setting in [
        json!({}),
        json!({"objective": "prediction", "dim": 3, "observed": 32, "shared": 4, "private": 4}),
        json!({"objective": "alignment-fidelity", "lambda": 0.3, "angle_degrees": 90, "snr_db": 13.5}),
        json!({"objective": "supervised", "nuisance_correlation": 0.7, "private_fraction": 0.9, "dim": 1}),
    ] {
        let reply = explorer.post("report", &json!({"setting": setting}).to_string());
        assert_eq!(reply.status, 200, "{reply:?}");
        let report = parsed(&reply);
        assert_eq!(report["evaluation"], by_command(report["command"].as_str().expect("text")), "{setting}");
    }
}

#[test]
fn curves_frontier_and_phase_pass_through_the_report() {
    let explorer = Explorer::start();
    let setting = json!({"objective": "alignment-fidelity", "lambda": 0.25, "dim": 2, "private_fraction": 0.5});
    let ask = |question: &str, extra: Value| {
        let mut body = json!({"setting": setting});
        body.as_object_mut().expect("an object").extend(extra.as_object().expect("an object").clone());
        parsed(&explorer.post(question, &body.to_string()))
    };
    let report = ask("report", json!({}));
    let task = &report["evaluation"]["targets"];
    let task = task.as_array().expect("targets").iter().find(|target| target["name"] == "mixture").expect("the task");
    let curves = ask("curves", json!({"axis": "private_fraction"}));
    let x = curves["x"].as_array().expect("numbers");
    let place = x.iter().position(|x| (x.as_f64().expect("a number") - 0.5).abs() < 1e-12).expect("the current place");
    let curve =
        curves["curves"].as_array().expect("curves").iter().find(|curve| curve["objective"] == "alignment-fidelity");
    let lost = curve.expect("the objective")["information_loss"][place].as_f64().expect("a number");
    assert!((lost - task["information_loss"]["z1"].as_f64().expect("a number")).abs() < 1e-10);
    let available = curves["available"][place].as_f64().expect("a number");
    assert!((available - task["mi"]["x1"].as_f64().expect("a number")).abs() < 1e-12);

    let frontier = ask("frontier", json!({}));
    let points = frontier["points"].as_array().expect("points");
    let point = points.iter().find(|point| point["lambda"] == 0.25).expect("the setting's own λ");
    let aligned = report["evaluation"]["alignment"]["mi_z1_z2"].as_f64().expect("a number");
    // Local maxima may be found from either of two starts: equal up to the solver's tolerance.
    assert!((point["mi_z1_z2"].as_f64().expect("a number") - aligned).abs() < 1e-5);

    let phase = ask("phase", json!({"detail": "coarse"}));
    assert_eq!(phase["r2"].as_array().expect("rows").len(), phase["y"].as_array().expect("numbers").len());
}

#[test]
fn the_boundary_of_the_phase_diagram_is_the_theorems() {
    let explorer = Explorer::start();
    let body = json!({"setting": {"objective": "prediction", "angle_degrees": 90, "shared": 1, "dim": 1}});
    let phase = parsed(&explorer.post("phase", &body.to_string()));
    let (mut kept, mut lost) = (0, 0);
    for (row, margins) in phase["r2"].as_array().expect("rows").iter().zip(phase["margin"].as_array().expect("rows")) {
        for (r2, margin) in row.as_array().expect("cells").iter().zip(margins.as_array().expect("cells")) {
            if let (Some(r2), Some(margin)) = (r2.as_f64(), margin.as_f64())
                && margin.abs() > 1e-6
            {
                assert_eq!(r2 > 0.5, margin > 0.0, "R² {r2}, margin {margin}");
                if margin > 0.0 { kept += 1 } else { lost += 1 }
            }
        }
    }
    assert!(kept > 20 && lost > 20, "{kept} kept, {lost} lost");
}

#[test]
fn the_copied_experiment_computes_the_curves() {
    let explorer = Explorer::start();
    let body = json!({"setting": {"dim": 1}, "axis": "angle_degrees"}).to_string();
    let report = parsed(&explorer.post("report", &body));
    let curves = parsed(&explorer.post("curves", &body));
    let folder = tempfile::tempdir().expect("a temporary folder");
    let text = report["experiment_file"].as_str().expect("text");
    std::fs::write(folder.path().join("explorer.toml"), text).expect("a writable folder");
    let run = |arguments: &[&str]| {
        let output = assert_cmd::cargo::cargo_bin_cmd!("alignloss")
            .current_dir(folder.path())
            .args(arguments)
            .output()
            .expect("it starts");
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).expect("text")
    };
    run(&["sweep", "explorer.toml", "--quiet", "--out", "out"]);
    let mut checked = 0;
    for part in std::fs::read_dir(folder.path().join("out"))
        .expect("results")
        .flat_map(|entry| walk(entry.expect("an entry").path()))
    {
        if part.extension().is_none_or(|extension| extension != "csv") {
            continue;
        }
        let mut rows = csv::Reader::from_path(&part).expect("a table");
        let headers = rows.headers().expect("a header").clone();
        let column = |name: &str| {
            headers.iter().position(|header| header == name).unwrap_or_else(|| panic!("no {name} in {headers:?}"))
        };
        let columns = ["target", "objective", "model.angle_degrees", "information_loss.z1"].map(column);
        for row in rows.records() {
            let row = row.expect("a row");
            let [target, objective, angle, loss] = columns.map(|column| &row[column]);
            if target != "mixture" {
                continue;
            }
            let angle: f64 = angle.parse().expect("a number");
            let place = curves["x"]
                .as_array()
                .expect("numbers")
                .iter()
                .position(|x| (x.as_f64().unwrap() - angle).abs() < 1e-9);
            let curve =
                curves["curves"].as_array().expect("curves").iter().find(|curve| curve["objective"] == objective);
            let drawn =
                curve.expect("the objective")["information_loss"][place.expect("the same grid")].as_f64().unwrap();
            assert!((drawn - loss.parse::<f64>().expect("a number")).abs() < 1e-9, "{objective} at {angle}");
            checked += 1;
        }
    }
    assert_eq!(checked, 5 * 41);
}

fn walk(path: std::path::PathBuf) -> Vec<std::path::PathBuf> {
    if path.is_dir() {
        std::fs::read_dir(&path).expect("a folder").flat_map(|entry| walk(entry.expect("an entry").path())).collect()
    } else {
        vec![path]
    }
}

/// A small generator of our own kind of nonsense; seeded, so that a failure can be repeated.
struct Nonsense(u64);

impl Nonsense {
    fn next(&mut self, below: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).expect("31 bits") % below
    }

    fn value(&mut self) -> String {
        const VALUES: [&str; 24] = [
            "NaN",
            "Infinity",
            "-Infinity",
            "1e999",
            "-1e308",
            "1e308",
            "99999999999999999999",
            "-1",
            "null",
            "true",
            "\"\"",
            "\"cca\"",
            "[]",
            "{}",
            "[[[[]]]]",
            "1.5",
            "\"\\u0000\"",
            "\"../../etc/passwd\"",
            "0x10",
            "1e-400",
            "{\"$\":0}",
            "\"𝛼\"",
            "18446744073709551616",
            "9",
        ];
        VALUES[self.next(VALUES.len())].to_owned()
    }

    /// One request as bytes, wrong in some way.
    fn request(&mut self, port: u16) -> Vec<u8> {
        const FIELDS: [&str; 11] = [
            "private_fraction",
            "snr_db",
            "angle_degrees",
            "nuisance_correlation",
            "private_std",
            "dim",
            "lambda",
            "shared",
            "private",
            "observed",
            "objective",
        ];
        const PATHS: [&str; 8] = [
            "/../../etc/passwd",
            "/%2e%2e/%2e%2e/etc/passwd",
            "/api/../../x",
            "//etc/passwd",
            "/api/report%00",
            "/app.js/..%2f..",
            "/api/",
            "/api/%ff",
        ];
        let question = ["report", "curves", "frontier", "phase"][self.next(4)];
        let post = |head: &str, body: &[u8]| {
            [
                format!("POST /api/{question} HTTP/1.1\r\nHost: localhost:{port}\r\nConnection: close\r\n{head}\r\n")
                    .as_bytes(),
                body,
            ]
            .concat()
        };
        let json = |body: &str| {
            post(&format!("Content-Type: application/json\r\nContent-Length: {}\r\n", body.len()), body.as_bytes())
        };
        match self.next(9) {
            0 | 1 => {
                let (field, value) = (FIELDS[self.next(FIELDS.len())], self.value());
                // The only value that a field of this list may have is a good one for `dim`-like fields or the objective: made wrong.
                json(&format!("{{\"setting\":{{\"{field}\":{value},\"extra\":{value}}}}}"))
            }
            2 => {
                let field = FIELDS[self.next(10)];
                let value = ["-1e308", "1e308", "-1000", "1e6", "1e999", "NaN", "null", "\"1\"", "[1]"][self.next(9)];
                json(&format!("{{\"setting\":{{\"{field}\":{value}}}}}"))
            }
            3 => {
                let path = PATHS[self.next(PATHS.len())];
                format!("GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n").into_bytes()
            }
            4 => json(&"[".repeat(self.next(8000))),
            5 => json(&" ".repeat(8193 + self.next(4000))),
            6 => {
                let host = ["evil.example", "localhost.evil.example", "127.0.0.2", ""][self.next(4)];
                format!("GET / HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n").into_bytes()
            }
            7 => {
                let bytes: Vec<u8> =
                    (0..self.next(300)).map(|_| u8::try_from(self.next(256)).expect("a byte")).collect();
                post(&format!("Content-Type: application/json\r\nContent-Length: {}\r\n", bytes.len()), &bytes)
            }
            _ => {
                let method = ["PUT", "DELETE", "PATCH", "POST", "BREW"][self.next(5)];
                format!(
                    "{method} /index.html HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"
                )
                .into_bytes()
            }
        }
    }
}

#[test]
fn a_thousand_hostile_requests_get_a_clear_refusal_and_memory_stays_flat() {
    let explorer = Explorer::start();
    let mut nonsense = Nonsense(20_250_917);
    let valid = json!({"setting": {"observed": 32, "shared": 4, "private": 4, "dim": 4}}).to_string();
    for question in ["report", "curves", "frontier", "phase"] {
        assert_eq!(explorer.post(question, &valid).status, 200);
    }
    for _ in 0..100 {
        explorer.raw(&nonsense.request(explorer.port));
    }
    let before = explorer.memory_kib();
    let start = Instant::now();
    for index in 0..1000 {
        let request = nonsense.request(explorer.port);
        let reply = explorer.raw(&request);
        let shown = String::from_utf8_lossy(&request);
        assert!((400..500).contains(&reply.status), "request {index}: {reply:?} to {shown}");
        // Bytes that are no HTTP are refused without a body; everything else says what is wrong.
        if !reply.body.is_empty() {
            assert!(parsed(&reply)["error"].as_str().is_some_and(|error| !error.is_empty()), "{reply:?} to {shown}");
        }
    }
    println!("1000 hostile requests in {:.2} s", start.elapsed().as_secs_f64());
    let after = explorer.memory_kib();
    println!("memory before {before} KiB, after {after} KiB");
    // An allocator keeps a few pages here and there; a leak of one request body each would be 8 MiB.
    assert!(after < before + 2048, "{before} KiB before, {after} KiB after");
    assert_eq!(explorer.post("report", &valid).status, 200, "it still answers");
    assert_eq!(explorer.stderr(), "", "no panic");
}

#[test]
fn slow_heads_and_slow_bodies_are_ended_and_do_not_keep_others_waiting() {
    let explorer = Explorer::start();
    let slow = |text: &str| {
        let mut stream = explorer.connect();
        stream.write_all(text.as_bytes()).expect("it listens");
        stream
    };
    let body = format!(
        "POST /api/report HTTP/1.1\r\nHost: localhost:{}\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{{",
        explorer.port
    );
    let mut bodies: Vec<_> = (0..20).map(|_| slow(&body)).collect();
    let mut heads: Vec<_> = (0..20).map(|_| slow("GET / HTTP/1.1\r\nHo")).collect();
    let start = Instant::now();
    assert_eq!(explorer.post("report", "{}").status, 200);
    assert!(start.elapsed() < Duration::from_secs(2), "{:?}", start.elapsed());
    for stream in &mut bodies {
        let mut reply = String::new();
        stream.read_to_string(&mut reply).expect("an answer and the end");
        assert!(reply.starts_with("HTTP/1.1 408 "), "{reply}");
    }
    for stream in &mut heads {
        // Without a head there is nothing to answer: the connection ends.
        let mut reply = Vec::new();
        let _ = stream.read_to_end(&mut reply);
        assert!(reply.is_empty() || reply.starts_with(b"HTTP/1.1 4"), "{}", String::from_utf8_lossy(&reply));
    }
    assert!(start.elapsed() < Duration::from_secs(12), "{:?}", start.elapsed());
}

#[test]
fn other_sites_are_refused() {
    let explorer = Explorer::start();
    let get = |head: &str| {
        explorer.raw(format!("GET /api/about HTTP/1.1\r\nConnection: close\r\n{head}\r\n").as_bytes()).status
    };
    let own = format!("localhost:{}", explorer.port);
    assert_eq!(get(&format!("Host: {own}\r\n")), 200);
    assert_eq!(get(&format!("Host: {own}\r\nOrigin: http://{own}\r\n")), 200);
    assert_eq!(get(&format!("Host: {own}\r\nOrigin: https://evil.example\r\n")), 403);
    assert_eq!(get(&format!("Host: {own}\r\nOrigin: http://localhost:1\r\n")), 403);
    assert_eq!(get(&format!("Host: {own}\r\nOrigin: null\r\n")), 403);
    assert_eq!(get("Host: evil.example\r\n"), 421);
    assert_eq!(get(&format!("Host: {own}\r\nHost: evil.example\r\n")), 421);
}

#[test]
fn errors_name_the_field() {
    let explorer = Explorer::start();
    for (body, expected) in [
        (r#"{"setting": {"dim": 9}}"#, "dim = 9, expected a number from 1 to 8"),
        (r#"{"setting": {"dimm": 2}}"#, "did you mean `dim`?"),
        (r#"{"setting": {"dim": 1.5}}"#, "setting.dim: "),
        (r#"{"setting": {"objective": "ccaa"}}"#, "did you mean \"cca\"?"),
        (r#"{"axis": "time"}"#, "axis: "),
        ("", "EOF"),
    ] {
        let reply = explorer.post("report", body);
        let error = parsed(&reply)["error"].as_str().expect("text").to_owned();
        assert!((400..500).contains(&reply.status) && error.contains(expected), "{body}: {error}");
    }
}

//! The explorer as a user sees it: headless Chromium moves sliders and reads the page.
//!
//! `cargo xtask tools` installs Chromium and axe-core. If `ALIGNLOSS_SCREENSHOTS` names a folder, screenshots are saved there.

#![expect(clippy::print_stdout, reason = "what was measured is reported with `--no-capture`")]

use crate::explorer_process::Explorer;
use headless_chrome::protocol::cdp::{Emulation, Page};
use headless_chrome::{Browser, LaunchOptions, Tab};
use serde_json::{Value, json};
use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

/// How long the page may take for anything: a busy machine is slow.
const PATIENCE: Duration = Duration::from_secs(30);

/// A browser with one page; the profile goes with it.
struct Session {
    tab: Arc<Tab>,
    _browser: Browser,
    _profile: tempfile::TempDir,
}

impl Session {
    fn open(url: &str) -> Self {
        let chromium = ["chromium", "chromium-browser", "google-chrome"]
            .iter()
            .find_map(|name| on_path(name))
            .expect("no chromium on the PATH: `cargo xtask tools` installs it");
        let profile = tempfile::tempdir().expect("a temporary folder");
        let arguments = [
            "--disable-gpu",
            "--disable-quic",
            "--no-first-run",
            "--disable-background-networking",
            "--disable-component-update",
            "--disable-sync",
            "--disable-dev-shm-usage",
        ];
        let options = LaunchOptions::default_builder()
            .path(Some(chromium))
            .user_data_dir(Some(profile.path().to_owned()))
            .sandbox(false)
            .window_size(Some((1280, 900)))
            .idle_browser_timeout(Duration::from_mins(5))
            .args(arguments.iter().map(OsStr::new).collect())
            .build()
            .expect("options");
        let browser = Browser::new(options).expect("chromium starts");
        let tab = browser.new_tab().expect("a tab");
        tab.set_default_timeout(PATIENCE);
        let session = Self { tab, _browser: browser, _profile: profile };
        session.go(url);
        session
    }

    fn go(&self, url: &str) {
        self.tab.navigate_to(url).expect("an address").wait_until_navigated().expect("a page");
        self.settle();
    }

    /// The value of an expression, awaited.
    fn value(&self, expression: &str) -> Value {
        let wrapped = format!(
            "Promise.resolve({expression}).then((value) => JSON.stringify(value === undefined ? null : value))"
        );
        let answer = self.tab.evaluate(&wrapped, true).unwrap_or_else(|error| panic!("{expression}: {error}"));
        let text = answer.value.as_ref().unwrap_or_else(|| panic!("{expression}: {answer:?}"));
        serde_json::from_str(text.as_str().expect("text")).expect("JSON")
    }

    /// Waits until what is shown is what the sliders say, in full detail.
    fn settle(&self) {
        let start = Instant::now();
        loop {
            let shown = self.value("document.body && document.body.dataset.detail === 'fine' && window.alignloss && window.alignloss.settled()");
            if shown == json!(true) {
                return;
            }
            assert!(
                start.elapsed() < PATIENCE,
                "the page does not settle: {}",
                self.value("document.getElementById('status').textContent")
            );
            std::thread::sleep(Duration::from_millis(30));
        }
    }

    /// Moves a slider as a hand does, to a value.
    fn slide(&self, name: &str, value: f64) {
        self.value(&format!(
            "(() => {{ const slider = document.getElementById('control-{name}'); slider.value = '{value}'; slider.dispatchEvent(new Event('input', {{ bubbles: true }})); }})()"
        ));
        self.settle();
    }

    fn choose(&self, id: &str, value: &str) {
        self.value(&format!(
            "(() => {{ const select = document.getElementById('{id}'); select.value = '{value}'; select.dispatchEvent(new Event('change', {{ bubbles: true }})); }})()"
        ));
        self.settle();
    }

    fn text(&self, id: &str) -> String {
        self.value(&format!("document.getElementById('{id}').textContent")).as_str().expect("text").to_owned()
    }

    /// A number on the page, at full precision.
    fn number(&self, id: &str) -> Value {
        self.value(&format!("JSON.parse(document.getElementById('number-{id}').dataset.value)"))
    }

    fn emulate(&self, width: u32, height: u32, mobile: bool, scheme: &str) {
        self.tab
            .call_method(Emulation::SetDeviceMetricsOverride {
                width,
                height,
                device_scale_factor: 1.0,
                mobile,
                scale: None,
                screen_width: None,
                screen_height: None,
                position_x: None,
                position_y: None,
                dont_set_visible_size: None,
                screen_orientation: None,
                viewport: None,
                display_feature: None,
                device_posture: None,
            })
            .expect("a size");
        let feature = Emulation::MediaFeature { name: "prefers-color-scheme".into(), value: scheme.into() };
        self.tab
            .call_method(Emulation::SetEmulatedMedia { media: None, features: Some(vec![feature]) })
            .expect("a scheme");
        self.settle();
        // Charts are redrawn at the new width in the next frame.
        self.value("new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(() => done(1))))");
    }

    /// A picture of the whole page in a window of this width, kept if pictures are wanted.
    fn picture(&self, name: &str, width: u32, mobile: bool, scheme: &str) {
        // What lies below the window is not drawn: the window is made as high as the page.
        let height = self.value("document.documentElement.scrollHeight").as_u64().expect("a number");
        self.emulate(width, u32::try_from(height).expect("a height"), mobile, scheme);
        let format = Page::CaptureScreenshotFormatOption::Png;
        let bytes = self.tab.capture_screenshot(format, None, None, true).expect("a picture");
        assert!(bytes.len() > 10_000, "{name}: an empty picture");
        if let Some(folder) = std::env::var_os("ALIGNLOSS_SCREENSHOTS") {
            let folder = PathBuf::from(folder);
            std::fs::create_dir_all(&folder).expect("a folder for pictures");
            std::fs::write(folder.join(format!("{name}.png")), bytes).expect("a writable folder");
        }
    }

    /// Serious findings of axe-core.
    fn serious_findings(&self) -> Vec<String> {
        let path = axe();
        let script = std::fs::read_to_string(&path)
            .unwrap_or_else(|error| panic!("{}: {error}: `cargo xtask tools` fetches it", path.display()));
        // The page's own policy forbids foreign scripts; the protocol's evaluation is not subject to it.
        self.tab.evaluate(&script, false).expect("axe-core loads");
        let found = self.value(
            "axe.run(document, { resultTypes: ['violations'] }).then((result) => result.violations.map((one) => ({ id: one.id, impact: one.impact, where: one.nodes.map((node) => node.target.join(' ') + ': ' + node.failureSummary) })))",
        );
        let serious = |finding: &&Value| finding["impact"] == "serious" || finding["impact"] == "critical";
        let all = found.as_array().expect("findings");
        println!(
            "axe-core: {} findings: {:?}",
            all.len(),
            all.iter().map(|finding| &finding["id"]).collect::<Vec<_>>()
        );
        all.iter().filter(serious).map(Value::to_string).collect()
    }
}

fn on_path(name: &str) -> Option<PathBuf> {
    let paths = std::env::var_os("PATH")?;
    std::env::split_paths(&paths).map(|folder| folder.join(name)).find(|path| path.is_file())
}

/// Where `cargo xtask tools` puts axe-core: `tools` in cargo's target folder, in which this test runs.
fn axe() -> PathBuf {
    let target = Path::new(env!("CARGO_TARGET_TMPDIR")).parent().expect("the target folder");
    target.join("tools/package/axe.min.js")
}

/// What the command on the page prints, as JSON.
fn evaluated(command: &str) -> Value {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let binary = assert_cmd::cargo::cargo_bin!("alignloss");
    let script = command.replace("alignloss eval", &format!("'{}' eval", binary.display()));
    let output = std::process::Command::new("sh")
        .current_dir(folder.path())
        .arg("-c")
        .arg(script.trim_end().to_owned() + " --format json")
        .output()
        .expect("sh starts");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).expect("JSON")
}

/// Whether two JSON numbers (or words for infinities) are the same to the last bit: JavaScript writes 0.0 as 0.
fn same(shown: &Value, exact: &Value) -> bool {
    match (shown.as_f64(), exact.as_f64()) {
        (Some(shown), Some(exact)) => shown.to_bits() == exact.to_bits(),
        _ => shown == exact,
    }
}

/// Every number on the page against `eval` run on the command that the page offers.
fn assert_page_agrees_with_eval(session: &Session) {
    let evaluation = evaluated(&session.text("text-command"));
    let task = evaluation["targets"].as_array().expect("targets").iter().find(|target| target["name"] == "mixture");
    let task = task.expect("the task");
    let confirm = |id: &str, exact: &Value| {
        let shown = session.number(id);
        assert!(same(&shown, exact), "{id}: {shown} on the page, {exact} by eval");
    };
    for source in ["x1", "x2", "x12", "z1", "z2", "z12"] {
        confirm(&format!("mi-{source}"), &task["mi"][source]);
    }
    for encoder in ["z1", "z2", "z12"] {
        confirm(&format!("loss-{encoder}"), &task["information_loss"][encoder]);
    }
    for part in ["unique1", "unique2", "synergy", "redundancy"] {
        confirm(part, &task["pid"][part]);
    }
    confirm("alignment-error", &evaluation["alignment"]["error"]);
    for theorem in evaluation["theorems"].as_array().expect("theorems") {
        let word = theorem["verdict"].as_str().expect("a word").replace('-', " ");
        assert_eq!(session.text(&format!("verdict-{}", theorem["id"].as_str().expect("an id"))), word, "{theorem}");
    }
}

#[test]
fn sliders_move_numbers_that_eval_confirms() {
    let explorer = Explorer::start();
    let session = Session::open(&explorer.url);
    assert_page_agrees_with_eval(&session);
    let before = session.number("loss-z1");
    session.slide("private_fraction", 0.9);
    assert_ne!(session.number("loss-z1"), before);
    assert_page_agrees_with_eval(&session);
    for (name, value) in [
        ("snr_db", 3.5),
        ("angle_degrees", 25.0),
        ("nuisance_correlation", 0.6),
        ("private_std", 2.0),
        ("dim", 3.0),
        ("observed", 32.0),
        ("shared", 3.0),
        ("private", 2.0),
    ] {
        session.slide(name, value);
    }
    assert_page_agrees_with_eval(&session);
    session.choose("control-objective", "alignment-fidelity");
    session.slide("lambda", 0.35);
    assert_page_agrees_with_eval(&session);
    session.choose("choice-axis", "snr_db");
    session.choose("choice-target", "private 1");
    assert!(session.text("text-command").contains("--objective alignment-fidelity --dim 3 -p lambda=0.35"));
    assert_eq!(session.text("status"), "");
}

/// Forty moves, half of them of a slider that changes everything. Prints; speed is no matter of a test.
#[test]
#[ignore = "a measurement; cargo test --release -p alignloss-cli --test browser latency -- --ignored --nocapture"]
fn latency_of_slider_moves() {
    let explorer = Explorer::start();
    let session = Session::open(&format!("{}#observed=32&shared=4&private=4&dim=4", explorer.url));
    session.value("window.alignloss.latenciesMs.length = 0");
    for step in 0..20 {
        session.slide("private_fraction", 0.2 + 0.02 * f64::from(step));
    }
    for step in 0..20 {
        session.slide("snr_db", f64::from(step) / 2.0);
    }
    let latencies = session.value("window.alignloss.latenciesMs");
    let mut latencies: Vec<f64> = latencies.as_array().expect("numbers").iter().filter_map(Value::as_f64).collect();
    assert!(latencies.len() >= 40, "{latencies:?}");
    latencies.sort_by(f64::total_cmp);
    let (median, most) = (latencies[latencies.len() / 2], latencies[latencies.len() * 9 / 10]);
    println!("n = 32, from input to picture: median {median:.1} ms, nine in ten within {most:.1} ms");
}

#[test]
fn links_lead_back_to_the_same_page() {
    let explorer = Explorer::start();
    let session = Session::open(&explorer.url);
    session.slide("dim", 3.0);
    session.choose("control-objective", "pca");
    session.choose("choice-axis", "dim");
    let link = session.value("location.href").as_str().expect("text").to_owned();
    assert!(link.ends_with("#dim=3&objective=pca&axis=dim"), "{link}");
    let lost = session.number("loss-z1");
    let again = Session::open(&link);
    assert_eq!(again.number("loss-z1"), lost);
    assert_eq!(again.value("document.getElementById('choice-axis').value"), "dim");
    // A broken link is a default, not a broken page.
    let broken = Session::open(&format!("{}#dim=1e9&lambda=NaN&objective=%00&axis=x&foo=1", explorer.url));
    assert_eq!(broken.value("document.getElementById('value-dim').textContent"), "2");
    assert_page_agrees_with_eval(&broken);
}

#[test]
fn the_keyboard_is_enough() {
    let explorer = Explorer::start();
    let session = Session::open(&explorer.url);
    session.tab.press_key("Tab").expect("a key");
    assert_eq!(session.value("document.activeElement.className"), "skip");
    let mut seen = Vec::new();
    for _ in 0..30 {
        session.tab.press_key("Tab").expect("a key");
        seen.push(session.value("document.activeElement.id").as_str().expect("text").to_owned());
        if seen.last().is_some_and(|id| id == "control-dim") {
            break;
        }
    }
    assert!(
        seen.contains(&"control-objective".to_owned()) && seen.last().is_some_and(|id| id == "control-dim"),
        "{seen:?}"
    );
    session.tab.press_key("ArrowRight").expect("a key");
    session.settle();
    assert_eq!(session.text("value-dim"), "3");
    assert_page_agrees_with_eval(&session);
}

#[test]
fn no_serious_accessibility_finding_and_nothing_sticks_out_in_light_dark_and_at_phone_width() {
    let explorer = Explorer::start();
    let session = Session::open(&format!("{}#private_fraction=0.6&snr_db=12", explorer.url));
    for (name, width, height, mobile, scheme) in [
        ("light", 1280, 900, false, "light"),
        ("dark", 1280, 900, false, "dark"),
        ("phone", 375, 740, true, "light"),
        ("phone-dark", 375, 740, true, "dark"),
    ] {
        session.emulate(width, height, mobile, scheme);
        session.picture(name, width, mobile, scheme);
        session.emulate(width, height, mobile, scheme);
        assert_eq!(session.serious_findings(), Vec::<String>::new(), "{name}");
        let sticks_out = session.value("document.documentElement.scrollWidth - document.documentElement.clientWidth");
        assert_eq!(sticks_out, 0, "{name}: the page scrolls sideways");
    }
}

#[test]
fn an_export_works_from_the_file_system() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let output = assert_cmd::cargo::cargo_bin_cmd!("alignloss")
        .current_dir(folder.path())
        .args(["explore", "--export", "page"])
        .output()
        .expect("it starts");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    println!("{}", String::from_utf8_lossy(&output.stderr));
    let session = Session::open(&format!("file://{}/page/index.html", folder.path().display()));
    let close = |session: &Session| {
        let evaluation = evaluated(&session.text("text-command"));
        let targets = evaluation["targets"].as_array().expect("targets");
        let task = targets.iter().find(|target| target["name"] == "mixture").expect("the task");
        let (shown, exact) = (session.number("loss-z1"), &task["information_loss"]["z1"]);
        match (shown.as_f64(), exact.as_f64()) {
            // Six digits are stored.
            (Some(shown), Some(exact)) => {
                assert!((shown - exact).abs() <= 1e-5 * exact.abs().max(1e-7), "{shown} {exact}");
            }
            _ => assert_eq!(shown, *exact),
        }
    };
    close(&session);
    // Positions, not values: a static page has as many as were computed.
    for (name, place) in [
        ("private_fraction", 3.0),
        ("snr_db", 2.0),
        ("angle_degrees", 0.0),
        ("nuisance_correlation", 1.0),
        ("dim", 2.0),
    ] {
        session.slide(name, place);
        close(&session);
    }
    session.choose("control-objective", "alignment-fidelity");
    session.slide("lambda", 1.0);
    close(&session);
    for axis in ["dim", "lambda", "private_fraction"] {
        session.choose("choice-axis", axis);
    }
    assert_eq!(session.text("status"), "");
    session.picture("export", 1280, false, "light");
    assert_eq!(session.serious_findings(), Vec::<String>::new());
}

//! Programs that tests need besides Rust: a browser, an accessibility checker, a terminal, a software Vulkan device, a
//! processor emulator.

use anyhow::{Context, ensure};
use std::path::Path;
use std::process::Command;

/// Checks pages for accessibility; kept out of the repository (MPL-2.0, 650 kB).
const AXE: &str = "axe-core@4.14.1";

/// Runs programs for x86-64 as on a processor of one's choice.
pub(crate) const EMULATOR: &str = "qemu-x86_64";

/// Where Debian's Mesa says which Vulkan drivers there are.
const VULKAN_DRIVERS: &str = "/usr/share/vulkan/icd.d";

/// Makes sure that Chromium, tmux and an emulator are there, and axe-core in the target folder; installs what is missing.
pub(crate) fn require(target: &Path) -> anyhow::Result<()> {
    if std::env::consts::ARCH == "x86_64" {
        require_emulator()?;
    }
    if !runs("chromium", "--version") {
        install("chromium")?;
    }
    if !runs("tmux", "-V") {
        install("tmux")?;
    }
    let folder = target.join("tools");
    if folder.join("package/axe.min.js").is_file() {
        return Ok(());
    }
    if !runs("npm", "--version") {
        install("npm")?;
    }
    std::fs::create_dir_all(&folder).with_context(|| folder.display().to_string())?;
    println!("xtask: fetching {AXE}");
    let packed = Command::new("npm").args(["pack", "--silent", AXE]).current_dir(&folder).output().context("npm")?;
    ensure!(packed.status.success(), "npm pack {AXE}: {}", String::from_utf8_lossy(&packed.stderr));
    let archive = String::from_utf8_lossy(&packed.stdout).trim().to_owned();
    let status = Command::new("tar")
        .args(["xzf", &archive, "package/axe.min.js"])
        .current_dir(&folder)
        .status()
        .context("tar")?;
    ensure!(status.success(), "tar can't unpack {archive} ({status})");
    Ok(())
}

/// Makes sure that there is an emulator of processors.
pub(crate) fn require_emulator() -> anyhow::Result<()> {
    if runs(EMULATOR, "--version") { Ok(()) } else { install("qemu-user") }
}

/// Makes sure that there is a software Vulkan device, for the test of the GPU path.
pub(crate) fn require_vulkan() -> anyhow::Result<()> {
    if !has_software_vulkan() {
        install("mesa-vulkan-drivers")?;
        install("libvulkan1")?;
    }
    Ok(())
}

/// Mesa's lavapipe, by the file that announces it.
fn has_software_vulkan() -> bool {
    let announces = |entry: &std::fs::DirEntry| entry.file_name().to_string_lossy().starts_with("lvp_icd");
    let loader = ["/usr/lib", "/lib"].iter().any(|folder| {
        std::fs::read_dir(folder).is_ok_and(|entries| {
            let folders = entries.filter_map(Result::ok).map(|entry| entry.path());
            std::iter::once(Path::new(folder).to_owned())
                .chain(folders)
                .any(|path| path.join("libvulkan.so.1").exists())
        })
    });
    let drivers = std::fs::read_dir(VULKAN_DRIVERS);
    loader && drivers.is_ok_and(|mut entries| entries.any(|entry| entry.is_ok_and(|entry| announces(&entry))))
}

fn runs(program: &str, argument: &str) -> bool {
    Command::new(program).arg(argument).output().is_ok_and(|output| output.status.success())
}

/// Installs a Debian package.
fn install(package: &str) -> anyhow::Result<()> {
    let is_root = Command::new("id").arg("-u").output().is_ok_and(|output| output.stdout.trim_ascii() == b"0");
    ensure!(is_root && runs("apt-get", "--version"), "the tests need {package}; on Debian: apt-get install {package}");
    println!("xtask: installing {package}");
    for arguments in [&["update", "-qq"][..], &["install", "-y", "-qq", "--no-install-recommends", package]] {
        let status = Command::new("apt-get").env("DEBIAN_FRONTEND", "noninteractive").args(arguments).status()?;
        ensure!(status.success(), "apt-get {} failed ({status})", arguments.join(" "));
    }
    Ok(())
}

//! What must be there before anything can be built or tested, and how it gets there.
//!
//! On Debian and its kin missing packages are installed. On another system this says what to install. A second run
//! finds everything in place, and asks no server for anything.

use std::{
    env, fs,
    io::{self, IsTerminal},
    path::Path,
    process::Command,
};

use anyhow::{Result, bail, ensure};

use crate::step::{self, cargo, npm, target};

/// Something that a command builds upon.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Need {
    /// The system's libraries that the window is built with.
    Window,
    /// A display, a browser driver, a session bus and a keychain of the tests' own.
    Desktop,
    /// Node and the UI's packages.
    Node,
    /// rustfmt and clippy.
    RustTools,
    /// cargo-deny, of [`DENY`].
    Deny,
}

impl Need {
    /// Everything.
    pub(crate) const ALL: &[Self] = if cfg!(target_os = "linux") {
        &[Self::Window, Self::Desktop, Self::Node, Self::RustTools, Self::Deny]
    } else {
        &[Self::Window, Self::Node, Self::RustTools, Self::Deny]
    };

    /// The Debian packages that serve it.
    fn packages(self) -> &'static [&'static str] {
        match self {
            Self::Window => {
                &["gcc", "libc6-dev", "pkg-config", "libwebkit2gtk-4.1-dev", "libayatana-appindicator3-dev"]
            }
            Self::Desktop => &[
                "xvfb",
                "webkit2gtk-driver",
                "dbus",
                "gnome-keyring",
                "python3-gi",
                "libxtst6",
                "imagemagick",
                "procps",
            ],
            Self::Node | Self::RustTools | Self::Deny => &[],
        }
    }

    /// The programs that serve it on a Linux whose packages we do not know.
    fn programs(self) -> &'static [&'static str] {
        match self {
            Self::Window => &["cc", "pkg-config"],
            Self::Desktop => {
                &["Xvfb", "WebKitWebDriver", "dbus-daemon", "gnome-keyring-daemon", "python3", "import"]
            }
            Self::Node | Self::RustTools | Self::Deny => &[],
        }
    }
}

/// The version of cargo-deny that the gates were written for.
const DENY: &str = "0.20.2";

/// A copy of the lock file that `node_modules` was installed from. `npm ci` removes it with the rest.
const INSTALLED: &str = "node_modules/.installed-lock.json";

const ELSEWHERE: &str = "\
Paydesk needs what Tauri needs, and its window tests need a little more. Install this and run the command again.

  Fedora         sudo dnf install gcc pkgconf-pkg-config webkit2gtk4.1-devel libayatana-appindicator-gtk3-devel
                 tests: xorg-x11-server-Xvfb dbus-daemon gnome-keyring python3-gobject libXtst ImageMagick
  Arch           sudo pacman -S --needed base-devel webkit2gtk-4.1 libayatana-appindicator
                 tests: xorg-server-xvfb dbus gnome-keyring python-gobject libxtst imagemagick
                 on both: a package that brings the program WebKitWebDriver
  macOS          xcode-select --install                       (window tests need Linux)
  Windows        Microsoft C++ Build Tools (\"Desktop development with C++\") and WebView2, which Windows 11 has
                 (window tests need Linux)";

/// Sees to it that everything that is needed is there.
pub(crate) fn set_up(needs: &[Need]) -> Result<()> {
    let debian = on_path("dpkg-query") && on_path("apt-get");
    if debian {
        install_packages(needs)?;
    } else {
        look_for_programs(needs)?;
    }
    if needs.contains(&Need::RustTools) {
        install_rust_tools()?;
    }
    if needs.contains(&Need::Node) {
        install_node_packages()?;
    }
    if needs.contains(&Need::Deny) {
        install_deny()?;
    }
    Ok(())
}

/// Whether a program of this name is found.
pub(crate) fn on_path(program: &str) -> bool {
    let file = format!("{program}{}", env::consts::EXE_SUFFIX);
    env::var_os("PATH").is_some_and(|path| env::split_paths(&path).any(|folder| folder.join(&file).is_file()))
}

/// cargo-deny: our own, or one of the same version that is installed already.
pub(crate) fn deny() -> Command {
    let ours = target().join("tools/bin").join(format!("cargo-deny{}", env::consts::EXE_SUFFIX));
    Command::new(if ours.is_file() { ours.as_os_str() } else { "cargo-deny".as_ref() })
}

fn install_packages(needs: &[Need]) -> Result<()> {
    let wanted: Vec<&str> = needs.iter().flat_map(|need| need.packages()).copied().collect();
    if wanted.is_empty() {
        return Ok(());
    }
    // It fails when it does not know one of the names, and still lists the others.
    let answer = Command::new("dpkg-query")
        .args(["-W", "-f", "${Package} ${db:Status-Status}\n"])
        .args(&wanted)
        .output()?;
    let missing = missing(&wanted, &String::from_utf8_lossy(&answer.stdout));
    if missing.is_empty() {
        return Ok(());
    }
    println!("{} Debian packages are missing: {}", missing.len(), missing.join(" "));
    let by_hand =
        format!("sudo apt-get update && sudo apt-get install --no-install-recommends {}", missing.join(" "));
    let Some(root) = as_root() else {
        println!("run this, and then the same command again:\n\n  {by_hand}\n");
        bail!("{} Debian packages are missing, and this user cannot install them", missing.len());
    };
    let apt = |arguments: &[&str]| {
        let mut words =
            root.iter().copied().chain(["env", "DEBIAN_FRONTEND=noninteractive", "apt-get", "--quiet"]);
        let mut command = Command::new(words.next().unwrap_or("env"));
        command.args(words).args(arguments);
        command
    };
    // sudo may ask for the password, so that these steps speak for themselves where it does.
    let step = |label: &str, command: &mut Command| match root {
        ["sudo"] => step::run_aloud(label, command),
        _ => step::run(label, command).map(drop),
    };
    step("apt-get update", &mut apt(&["update"]))?;
    let mut install = apt(&["install", "--yes", "--no-install-recommends"]);
    step("apt-get install", install.args(&missing))
}

/// Those of the wanted packages that `dpkg-query`'s answer does not name as installed.
fn missing<'a>(wanted: &[&'a str], answer: &str) -> Vec<&'a str> {
    let installed: Vec<&str> = answer.lines().filter_map(|line| line.strip_suffix(" installed")).collect();
    wanted.iter().copied().filter(|package| !installed.contains(package)).collect()
}

/// What to put before a command so that it runs as root; nothing when we are root.
fn as_root() -> Option<&'static [&'static str]> {
    if step::ask(Command::new("id").arg("-u")).is_some_and(|id| id == "0") {
        return Some(&[]);
    }
    if !on_path("sudo") {
        return None;
    }
    if step::ask(Command::new("sudo").args(["-n", "true"])).is_some() {
        return Some(&["sudo", "-n"]);
    }
    let somebody_is_there = io::stdin().is_terminal() && env::var_os("CI").is_none();
    somebody_is_there.then_some(&["sudo"])
}

fn look_for_programs(needs: &[Need]) -> Result<()> {
    if cfg!(windows) {
        return Ok(()); // Tauri's own build says what is missing.
    }
    let mut missing: Vec<&str> = needs
        .iter()
        .flat_map(|need| need.programs())
        .copied()
        .filter(|program| cfg!(target_os = "linux") || *program == "cc")
        .filter(|program| !on_path(program))
        .collect();
    if cfg!(target_os = "linux")
        && needs.contains(&Need::Window)
        && step::ask(Command::new("pkg-config").args(["--exists", "webkit2gtk-4.1"])).is_none()
    {
        missing.push("webkit2gtk-4.1 (development files)");
    }
    if !missing.is_empty() {
        println!("{ELSEWHERE}\n");
        bail!("missing: {}", missing.join(", "));
    }
    Ok(())
}

fn install_rust_tools() -> Result<()> {
    if step::ask(&mut cargo(["fmt", "--version"])).is_some()
        && step::ask(&mut cargo(["clippy", "--version"])).is_some()
    {
        return Ok(());
    }
    ensure!(on_path("rustup"), "rustfmt and clippy are missing; install them as you installed Rust");
    step::run(
        "rustup component add rustfmt clippy",
        Command::new("rustup").args(["component", "add", "rustfmt", "clippy"]),
    )?;
    Ok(())
}

fn install_node_packages() -> Result<()> {
    const ASK: &str =
        "Paydesk's UI is built with Node 20.19 or later of 20, 22.12 or later (https://nodejs.org)";
    let Some(version) = step::ask(Command::new("node").arg("--version")) else {
        bail!("{ASK}, and no `node` was found");
    };
    ensure!(node_is_recent(&version), "{ASK}, and `node --version` says {version}");
    ensure!(step::ask(&mut npm(["--version"])).is_some(), "{ASK} with npm, and no `npm` was found");
    let lock = fs::read("package-lock.json")?;
    if fs::read(INSTALLED).is_ok_and(|installed| installed == lock) {
        return Ok(());
    }
    step::run("npm ci", &mut npm(["ci", "--include", "dev"]))?;
    Ok(fs::write(INSTALLED, lock)?)
}

/// Whether Vite 8 runs on it: 20.19 and later of 20, 22.12 and later.
fn node_is_recent(version: &str) -> bool {
    let mut numbers =
        version.trim_start_matches('v').split('.').map_while(|number| number.parse::<u32>().ok());
    match (numbers.next(), numbers.next()) {
        (Some(20), Some(minor)) => minor >= 19,
        (Some(22), Some(minor)) => minor >= 12,
        (Some(major), Some(_)) => major > 22,
        _ => false,
    }
}

fn install_deny() -> Result<()> {
    let version = format!("cargo-deny {DENY}");
    if step::ask(deny().arg("--version")).is_some_and(|answer| answer == version) {
        return Ok(());
    }
    // Unoptimised: it builds in a fourth of the time and still answers within seconds.
    let root = target().join("tools");
    let mut install =
        cargo(["install", "cargo-deny", "--version", DENY, "--locked", "--debug", "--force", "--root"]);
    step::run(
        "cargo install cargo-deny (once)",
        install.arg(Path::new(&root)).env("CARGO_PROFILE_DEV_DEBUG", "0"),
    )?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_package_that_is_installed_counts_as_there() {
        let answer = "gcc installed\nxvfb config-files\npkg-config installed\n";
        assert_eq!(missing(&["gcc", "xvfb", "pkg-config", "dbus"], answer), ["xvfb", "dbus"]);
        assert_eq!(missing(&["gcc"], "gcc-12 installed\n"), ["gcc"], "a longer name is another package");
        assert_eq!(missing(&["gcc"], ""), ["gcc"]);
    }

    #[test]
    fn a_node_that_vite_cannot_run_on_is_refused() {
        let check = |version, recent| assert_eq!(node_is_recent(version), recent, "{version}");
        check("v20.19.0", true);
        check("v20.18.9", false);
        check("v18.20.4", false);
        check("v21.7.3", false);
        check("v22.11.0", false);
        check("v22.12.0", true);
        check("v24.0.1", true);
        check("nonsense", false);
        check("", false);
    }

    #[test]
    fn a_program_is_found_where_the_shell_would_find_it() {
        assert!(on_path("cargo"));
        assert!(!on_path("no-such-program-anywhere"));
    }
}

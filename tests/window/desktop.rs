//! A private desktop: display, session bus, keychain, notification daemon, home.

use std::{
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError},
};

use anyhow::{Context, Result};
use serde::Deserialize;
use tempfile::TempDir;
use tokio::process::Command;

use crate::{process::Program, program, repository, wait_for};

/// Whether the desktop has a secret service.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Keychain {
    /// gnome-keyring, unlocked.
    Unlocked,
    /// None at all.
    Missing,
}

/// A notification that the desktop was handed.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Notification {
    /// The program that sent it.
    pub app: String,
    /// Its title.
    pub title: String,
    /// Its text.
    pub body: String,
}

/// A desktop that belongs to one test.
#[derive(Debug)]
pub struct Desktop {
    folder: TempDir,
    display: String,
    bus: String,
    told: Arc<Mutex<Vec<Notification>>>,
    _programs: Vec<Program>,
}

impl Desktop {
    /// Starts a desktop with a screen of 1400 by 1000.
    ///
    /// # Errors
    /// When a program that it needs is missing or does not start.
    pub async fn start(keychain: Keychain) -> Result<Self> {
        let folder = tempfile::tempdir()?;
        for private in ["home", "run", "home/data", "home/config", "home/cache"] {
            let path = folder.path().join(private);
            std::fs::create_dir(&path)?;
            std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o700))?;
        }
        let (screen, mut lines) = Program::listen(Command::new("Xvfb").args([
            "-displayfd",
            "1",
            "-screen",
            "0",
            // The pointer is in its middle, and there no window reaches: it hovers over nothing.
            "2800x2000x24",
            "-nolisten",
            "tcp",
        ]))?;
        let display = format!(":{}", lines.next_line().await?.context("Xvfb names its display")?);
        let config = format!("--config-file={}", repository("tests/window/bus.conf").display());
        let (bus_daemon, mut lines) = Program::listen(Command::new("dbus-daemon").args([
            config.as_str(),
            "--nofork",
            "--nopidfile",
            "--print-address=1",
        ]))?;
        let bus = lines.next_line().await?.context("dbus-daemon names its address")?;
        let told = Arc::default();
        let mut desktop = Self { folder, display, bus, told, _programs: vec![screen, bus_daemon] };
        desktop.catch_notifications().await?;
        if keychain == Keychain::Unlocked {
            desktop.unlock_keychain().await?;
        }
        Ok(desktop)
    }

    /// The X display.
    pub(crate) fn display(&self) -> &str {
        &self.display
    }

    /// A command that runs on this desktop, in its own home.
    pub fn command(&self, program: impl AsRef<std::ffi::OsStr>) -> Command {
        let mut command = Command::new(program);
        let home = self.home();
        command
            .env("DISPLAY", &self.display)
            .env("DBUS_SESSION_BUS_ADDRESS", &self.bus)
            .env("HOME", &home)
            .env("XDG_DATA_HOME", home.join("data"))
            .env("XDG_CONFIG_HOME", home.join("config"))
            .env("XDG_CACHE_HOME", home.join("cache"))
            .env("XDG_RUNTIME_DIR", self.folder.path().join("run"))
            .env("LANG", "C.UTF-8")
            .env("NO_AT_BRIDGE", "1")
            .env_remove("WAYLAND_DISPLAY");
        command
    }

    /// Paydesk itself, as a command on this desktop.
    pub fn paydesk(&self) -> Command {
        self.command(paydesk_binary())
    }

    /// The home of the desktop's owner.
    pub fn home(&self) -> PathBuf {
        self.folder.path().join("home")
    }

    /// The notifications so far.
    pub fn notifications(&self) -> Vec<Notification> {
        self.told.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Writes all that goes over the session bus from now on to a file.
    ///
    /// # Errors
    /// When nothing listens.
    pub async fn overhear_bus(&mut self, file: &Path) -> Result<()> {
        let mut command = self.command("dbus-monitor");
        self._programs.push(Program::start_into(command.arg("--session"), file)?);
        wait_for("what goes over the bus", async || {
            let ping = ["--session", "--dest=org.freedesktop.DBus", "/", "org.freedesktop.DBus.Peer.Ping"];
            self.command("dbus-send").args(ping).status().await?;
            Ok(std::fs::read_to_string(file)?.contains("member=Ping").then_some(()))
        })
        .await
    }

    async fn catch_notifications(&mut self) -> Result<()> {
        let mut command = self.command("/usr/bin/python3");
        let (catcher, mut lines) = Program::listen(command.arg(repository("tests/window/notifications.py")))?;
        lines.next_line().await?.context("the notification daemon is ready")?;
        let told = Arc::clone(&self.told);
        tokio::spawn(async move {
            while let Ok(Some(line)) = lines.next_line().await {
                if let Ok(notification) = serde_json::from_str(&line) {
                    told.lock().unwrap_or_else(PoisonError::into_inner).push(notification);
                }
            }
        });
        self._programs.push(catcher);
        Ok(())
    }

    async fn unlock_keychain(&mut self) -> Result<()> {
        let mut command = self.command("gnome-keyring-daemon");
        command.args(["--foreground", "--unlock", "--components=secrets"]);
        let daemon = Program::start_with_input(&mut command, b"a password for tests").await?;
        self._programs.push(daemon);
        wait_for("the secret service", async || {
            let answer = self
                .command("dbus-send")
                .args(["--session", "--print-reply=literal", "--dest=org.freedesktop.DBus", "/"])
                .args(["org.freedesktop.DBus.NameHasOwner", "string:org.freedesktop.secrets"])
                .output()
                .await?;
            Ok(String::from_utf8_lossy(&answer.stdout).contains("true").then_some(()))
        })
        .await
    }
}

pub(crate) fn paydesk_binary() -> PathBuf {
    program("PAYDESK_BINARY", "paydesk")
}

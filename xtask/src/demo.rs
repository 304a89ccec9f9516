//! Paydesk on the demo shop: in a window, or in pictures where there is no display.

use std::{
    env, fs,
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::{Result, ensure};

use crate::{
    gates,
    setup::{self, Need},
    step::{self, built, root, target},
};

/// The ends of the names of those pictures that are kept.
const KEPT: [&str; 2] = ["-light-large.png", "-dark-small.png"];

/// Builds Paydesk and opens it; without a display takes the tour instead.
pub(crate) fn open() -> Result<String> {
    let display =
        ["DISPLAY", "WAYLAND_DISPLAY"].iter().any(|name| env::var_os(name).is_some_and(|it| !it.is_empty()));
    if cfg!(target_os = "linux") && !display {
        println!("there is no display here: the demo shop is toured under Xvfb instead, and photographed");
        return tour();
    }
    gates::build_app()?;
    println!("Paydesk opens on the demo shop; it ends with Quit in its tray, or with Ctrl-C here");
    step::run_aloud("paydesk --demo", Command::new(built("paydesk")).arg("--demo"))?;
    Ok("the demo shop was closed".to_owned())
}

/// Drives the demo shop through its main journey and leaves numbered pictures.
pub(crate) fn tour() -> Result<String> {
    ensure!(cfg!(target_os = "linux"), "the tour needs Linux: it drives the window through WebKitWebDriver");
    setup::set_up(&[Need::Window, Need::Desktop, Need::Node])?;
    gates::build_app()?;
    let folder = target().join("tour");
    if folder.exists() {
        fs::remove_dir_all(&folder)?;
    }
    step::run(
        "the tour",
        gates::window_tests().args(["--test", "tour", "--", "--nocapture"]).env("PAYDESK_TOUR_PICTURES", "1"),
    )?;
    let count = pictures_in(&folder)?.len();
    ensure!(count > 0, "the tour left no picture in {}", folder.display());
    Ok(format!("{count} numbered pictures of the demo shop are in {}, made", folder.display()))
}

/// Takes the tour and keeps two pictures of each screen in the repository, in colours few enough for them to be small.
pub(crate) fn pictures() -> Result<String> {
    tour()?;
    let kept = root().join("docs/pictures");
    if kept.exists() {
        fs::remove_dir_all(&kept)?;
    }
    fs::create_dir_all(&kept)?;
    let mut pictures = pictures_in(&target().join("tour"))?;
    let is_kept =
        |file: &Path| file.to_str().is_some_and(|name| KEPT.iter().any(|form| name.ends_with(form)));
    pictures.retain(|file| is_kept(file));
    let mut shrink = Command::new("mogrify");
    shrink
        .args(["-strip", "+dither", "-colors", "128", "-define", "png:compression-level=9", "-path"])
        .arg(&kept);
    step::run("pictures", shrink.args(&pictures))?;
    Ok(format!("{} pictures are in {}, made", pictures.len(), kept.display()))
}

fn pictures_in(folder: &Path) -> Result<Vec<PathBuf>> {
    let files = fs::read_dir(folder)?.map(|entry| Ok(entry?.path())).collect::<Result<Vec<_>>>()?;
    Ok(files.into_iter().filter(|file| file.extension().is_some_and(|it| it == "png")).collect())
}

//! axe-core, run inside the real window.

use anyhow::{Result, bail};
use serde_json::{Value, json};
use thirtyfour::WebDriver;

use crate::repository;

/// Checks the screen as it is, in both themes.
pub(crate) async fn check(driver: &WebDriver, screen: &str) -> Result<()> {
    let axe = std::fs::read_to_string(repository("node_modules/axe-core/axe.min.js"))?;
    driver.execute(format!("if (!window.axe) {{ {axe} }}"), vec![]).await?;
    for theme in ["light", "dark"] {
        set_theme(driver, json!(theme)).await?;
        let found = driver.execute_async(RUN, vec![]).await?;
        match found.json() {
            Value::Array(violations) if violations.is_empty() => {}
            violations => bail!("axe-core on {screen}, {theme}: {violations:#}"),
        }
    }
    set_theme(driver, Value::Null).await
}

/// Sets the theme that the settings would; with `null` the one that they did set.
pub(crate) async fn set_theme(driver: &WebDriver, theme: Value) -> Result<()> {
    driver.execute_async(SET_THEME, vec![theme]).await?;
    Ok(())
}

/// Motion is waited out: a colour halfway between two themes is nobody's.
const SET_THEME: &str = "
    const [theme, done] = arguments;
    const root = document.documentElement;
    window.ownTheme ??= root.dataset.theme ?? '';
    const wanted = theme ?? window.ownTheme;
    if (wanted) root.dataset.theme = wanted; else delete root.dataset.theme;
    requestAnimationFrame(() => requestAnimationFrame(() => {
        const ends = animation => animation.effect?.getComputedTiming().endTime !== Infinity;
        Promise.all(document.getAnimations().filter(ends).map(animation => animation.finished.catch(() => {}))).then(() => done());
    }));
";

/// What is chosen from floats beside all landmarks for as long as it is open; it is held against nobody.
const RUN: &str = "
    const region = { enabled: !document.querySelector('[role=listbox], [role=menu]') };
    const done = arguments[arguments.length - 1];
    const told = violation => ({
        id: violation.id, impact: violation.impact, help: violation.help,
        nodes: violation.nodes.map(node => node.html.slice(0, 300) + ' — ' + node.failureSummary),
    });
    axe.run(document, { resultTypes: ['violations'], rules: { region } })
        .then(result => done(result.violations.map(told)), error => done([{ id: String(error) }]));
";

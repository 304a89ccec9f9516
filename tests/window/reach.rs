//! Whether all that can be pressed can be reached by keyboard, and what a screen offers from the palette, too.

use anyhow::{Result, bail};
use serde_json::Value;
use thirtyfour::WebDriver;

/// Fails when a control cannot get the focus, or an action of the screen's or the side panel's own is not in the palette.
pub(crate) async fn check(driver: &WebDriver, screen: &str) -> Result<()> {
    let found = driver.execute_async(UNREACHED, vec![]).await?;
    match found.json() {
        Value::Array(unreached) if unreached.is_empty() => Ok(()),
        unreached => bail!("not reached on {screen}: {unreached:#}"),
    }
}

/// Opens the palette by its keys, unless a dialog or a menu has the keyboard, and closes it again.
const UNREACHED: &str = r#"
    const [done] = arguments;
    const found = [];
    const visible = element => element.checkVisibility({ checkOpacity: true, checkVisibilityCSS: true });
    const name = element => (element.getAttribute('aria-label') ?? element.innerText ?? '').replace(/\s+/g, ' ').trim();
    const open = [...document.querySelectorAll('[role=dialog], [role=alertdialog], [role=listbox], [role=menu]')].filter(visible).pop();
    const controls = 'button, a[href], input, select, textarea, summary, [role=button], [role=tab], [role=option], [role=menuitem], [role=radio], [role=checkbox], [role=switch]';
    for (const control of (open ?? document).querySelectorAll(controls)) {
        if (control.disabled || !visible(control) || control.closest('[aria-hidden=true], [inert]')) continue;
        const moves = control.closest('[role=grid], [role=listbox], [role=menu], [role=tablist], [role=radiogroup], [role=toolbar], [cmdk-root], [data-command-root]');
        const focus = moves && [moves, ...moves.querySelectorAll('*')].some(element => element.tabIndex >= 0);
        if (control.tabIndex < 0 && !focus && !document.querySelector('[aria-activedescendant]')) found.push('not by keyboard: ' + name(control));
    }
    if (open) return done(found);
    const own = [...document.querySelectorAll('main .screen > section > header .actions :is(button, a), main .screen > aside > footer :is(button, a)')];
    const wanted = own.filter(control => visible(control) && !control.disabled).map(name);
    if (wanted.length === 0) return done(found);
    const focused = document.activeElement;
    const key = key => (document.activeElement ?? document.body).dispatchEvent(new KeyboardEvent('keydown', { key, ctrlKey: key === 'k', bubbles: true, cancelable: true }));
    const until = (holds, then, tries = 300) => holds() || tries === 0 ? then() : requestAnimationFrame(() => until(holds, then, tries - 1));
    const palette = () => document.querySelector('.palette');
    const bare = text => text.replace(/…$/, '').trim().toLowerCase();
    key('k');
    until(() => palette()?.querySelector('.popover-item'), () => {
        const offered = [...document.querySelectorAll('.palette .popover-item')].map(item => bare(name(item)));
        for (const action of wanted) if (!offered.some(label => label.includes(bare(action)))) found.push('not in the palette: ' + action);
        if (!palette()) found.push('the palette did not open');
        key('Escape');
        until(() => !palette(), () => { focused?.focus?.({ preventScroll: true }); done(found); });
    });
"#;

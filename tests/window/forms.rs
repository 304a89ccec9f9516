//! A screen in other forms than the one that it was made for: with longer words, from right to left, with larger text.
//! In each of them all of it must be there to be read.

use anyhow::{Result, bail};
use serde_json::{Value, json};
use thirtyfour::WebDriver;

/// In what form a screen is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// As it was written.
    Plain,
    /// Each word longer and with marks above it: what a language may need that nobody has translated yet.
    Longer,
    /// From right to left.
    RightToLeft,
    /// With text of twice the size.
    Larger,
}

impl Form {
    /// Its name in the name of a picture.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Plain => "plain",
            Self::Longer => "longer",
            Self::RightToLeft => "right-to-left",
            Self::Larger => "larger",
        }
    }
}

/// Shows the screen in a form, from whichever it is in.
pub(crate) async fn show(driver: &WebDriver, language: &str, form: Form) -> Result<()> {
    let size = if form == Form::Larger { "largest" } else { "normal" };
    let set = driver.execute_async(SET, vec![json!(language), json!(size)]).await?;
    if let Value::String(trouble) = set.json() {
        bail!("the settings stay as they are: {trouble}");
    }
    let direction = if form == Form::RightToLeft { "rtl" } else { "ltr" };
    driver.execute_async(SHAPE, vec![json!(direction), json!(form == Form::Longer)]).await?;
    Ok(())
}

/// Fails when any text is cut off, or cannot be scrolled to.
pub(crate) async fn is_whole(driver: &WebDriver, screen: &str, form: Form) -> Result<()> {
    let cut = driver.execute(CUT_OFF, vec![]).await?;
    match cut.json() {
        Value::Array(cut) if cut.is_empty() => Ok(()),
        cut => bail!("cut off on {screen}, {}: {cut:#}", form.name()),
    }
}

/// Changes language and size as Settings does, and waits until the window has them and has drawn what core says in that language.
const SET: &str = "
    const [language, size, done] = arguments;
    const root = document.documentElement;
    const scale = size === 'largest' ? '200%' : '';
    const isSet = () => root.lang === language && root.style.fontSize === scale;
    if (isSet()) return done(null);
    const invoke = window.__TAURI_INTERNALS__.invoke;
    invoke('app_state')
        .then(({ settings }) => invoke('save_settings', { settings: { ...settings, language, text_size: size } }))
        .then(function spoken() {
            if (!isSet()) return requestAnimationFrame(spoken);
            return invoke('app_state').then(state => state.spoken === language
                ? setTimeout(() => requestAnimationFrame(() => done(null)), 100)
                : requestAnimationFrame(spoken));
        })
        .catch(error => done(JSON.stringify(error)));
";

/// Sets the direction, and makes words longer or as they were. Data is left alone: what holds a digit, a code, or an address.
const SHAPE: &str = r#"
    const [direction, longer, done] = arguments;
    document.documentElement.dir = direction;
    window.asWritten ??= new Map();
    for (const [node, [written, shown]] of window.asWritten) if (node.nodeValue === shown) node.nodeValue = written;
    window.asWritten.clear();
    if (longer) {
        const marks = { a: 'á', e: 'é', i: 'í', o: 'ó', u: 'ú', A: 'Á', E: 'É', I: 'Í', O: 'Ó', U: 'Ú', n: 'ñ', y: 'ý' };
        const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
        for (let node = texts.nextNode(); node; node = texts.nextNode()) {
            const written = node.nodeValue;
            if (!/[a-z]{3}/.test(written) || /[0-9@/]/.test(written)) continue;
            if (node.parentElement.closest('.money, .address, code, kbd, pre, script, style, [role=gridcell]')) continue;
            const marked = written.replace(/[aeiouAEIOUny]/g, letter => marks[letter]);
            const shown = marked + ' ' + 'lóñgér '.repeat(Math.ceil(written.trim().length / 20)).trim();
            window.asWritten.set(node, [written, shown]);
            node.nodeValue = shown;
        }
    }
    requestAnimationFrame(() => requestAnimationFrame(() => done()));
"#;

/// All visible text that does not show whole. In a row of a list words may end in dots, since its details show them whole, and so may
/// what somebody has called something in a title; amounts may not. A toast slides in from below the window, and out again.
const CUT_OFF: &str = r#"
    const found = new Set();
    const scrolls = style => /auto|scroll/.test(style);
    const visible = element => element.checkVisibility({ checkOpacity: true, checkVisibilityCSS: true });
    const open = [...document.querySelectorAll('[role=dialog], [role=alertdialog], [role=listbox], [role=menu]')].filter(visible).pop();
    const texts = document.createTreeWalker(open ?? document.body, NodeFilter.SHOW_TEXT);
    for (let node = texts.nextNode(); node; node = texts.nextNode()) {
        const text = node.nodeValue.trim();
        const element = node.parentElement;
        if (!text || !element || !visible(element) || element.closest('script, style, title, option, [aria-hidden=true], .visually-hidden, [data-sonner-toast]')) continue;
        const range = document.createRange();
        range.selectNodeContents(node);
        const rects = [...range.getClientRects()].filter(rect => rect.width > 0 && rect.height > 0);
        if (rects.length === 0) continue;
        const box = {
            left: Math.min(...rects.map(rect => rect.left)), right: Math.max(...rects.map(rect => rect.right)),
            top: Math.min(...rects.map(rect => rect.top)), bottom: Math.max(...rects.map(rect => rect.bottom)),
        };
        const inRow = element.closest('[role=row]') && !element.closest('.money');
        let [across, down] = [true, true];
        for (let around = element; around; around = around.parentElement) {
            const style = getComputedStyle(around);
            const edge = around.getBoundingClientRect();
            if (style.clip !== 'auto' || style.clipPath !== 'none') { across = down = false; break; }
            if (around === document.documentElement || around === document.body) break;
            if (across && style.overflowX !== 'visible') {
                if (scrolls(style.overflowX)) across = false;
                else if (box.right > edge.right + 1.5 || box.left < edge.left - 1.5) {
                    if (!(inRow && style.textOverflow === 'ellipsis')) found.add('across: ' + text.slice(0, 80));
                    across = false;
                }
            }
            if (down && style.overflowY !== 'visible') {
                if (scrolls(style.overflowY)) down = false;
                else if (box.bottom > edge.bottom + 3 || box.top < edge.top - 3) {
                    if (!(inRow || around.title) || style.webkitLineClamp === 'none') found.add('down: ' + text.slice(0, 80));
                    down = false;
                }
            }
            if (style.position === 'fixed') break;
        }
        if (across && (box.right > innerWidth + 1.5 || box.left < -1.5)) found.add('beside the window: ' + text.slice(0, 80));
        if (down && (box.bottom > innerHeight + 3 || box.top < -3)) found.add('below the window: ' + text.slice(0, 80));
    }
    return [...found];
"#;

//! Native notifications. Core decides what is told, and hands each out once; a click on one shows what it is about.

use std::time::Duration;

use paydesk_core::{Changed, Core, language::words, notifications::Notification};
use serde::Deserialize;
use tauri::AppHandle;
use tauri_plugin_notification::{ActionPerformed, NotificationBuilder, NotificationExt};
use tokio::sync::broadcast::error::RecvError;

use crate::tray;

/// While something waits for the end of quiet hours, of a pause, or of a busy minute, core is asked again after this time.
const AGAIN: Duration = Duration::from_secs(15);

/// Shows what core decides to tell, from now on.
pub(crate) fn start(app: &AppHandle, core: &Core) {
    let (clicked, of) = (app.clone(), core.clone());
    let listening = app.notification().on_action(move |action| open(&clicked, &of, action));
    if let Err(error) = listening {
        tracing::warn!(%error, "clicks on notifications are not heard");
    }
    let (app, core) = (app.clone(), core.clone());
    let mut changes = core.changes();
    tauri::async_runtime::spawn(async move {
        let mut waiting = show(&app, &core).await;
        let mut paused = tray::update(&app, &core).await;
        loop {
            let changed = tokio::select! {
                changed = changes.recv() => changed,
                () = tokio::time::sleep(AGAIN), if waiting > 0 || paused => Ok(Changed::Notifications),
            };
            match changed {
                Ok(Changed::Notifications | Changed::Shops | Changed::Lock | Changed::Everything)
                | Err(RecvError::Lagged(_)) => {
                    waiting = show(&app, &core).await;
                    paused = tray::update(&app, &core).await;
                }
                // What core has decided to tell of payments and subscriptions, it has not announced on its own.
                Ok(Changed::Payments | Changed::Subscriptions) => {
                    let waited = waiting;
                    waiting = show(&app, &core).await;
                    if waiting != waited {
                        paused = tray::update(&app, &core).await;
                    }
                }
                Ok(_) => {}
                Err(RecvError::Closed) => return,
            }
        }
    });
}

/// Shows what is to be told now; says how many wait.
async fn show(app: &AppHandle, core: &Core) -> u32 {
    if core.is_locked() {
        // What it is about is for whoever has the PIN.
        let news = core.take_news().await;
        if news > 0 {
            let body = words!(
                en: "{}. Unlock Paydesk to read what it is about.",
                de: "{}. Entsperren Sie Paydesk, um zu lesen, worum es geht.",
                tray::news(u32::try_from(news).unwrap_or(u32::MAX)),
            );
            tell(app, "Paydesk", &body);
        }
        return 0;
    }
    let Ok(shop) = core.shop() else { return 0 };
    let taken = match shop.notifications.take().await {
        Ok(taken) => taken,
        Err(failure) => {
            tracing::warn!(%failure, "notifications could not be read");
            return 0;
        }
    };
    if !taken.now.is_empty() {
        tray::update(app, core).await;
    }
    for Notification { title, body, subject, .. } in taken.now {
        let told = app.notification().builder().extra("shop", &shop.shop.id).extra("subject", subject);
        hand_over(told, &title, &body);
    }
    taken.waiting
}

/// Tells something that core has not decided on. A click on it opens the window.
pub(crate) fn tell(app: &AppHandle, title: &str, body: &str) {
    hand_over(app.notification().builder(), title, body);
}

fn hand_over(notification: NotificationBuilder<tauri::Wry>, title: &str, body: &str) {
    let shown = notification.title(without_markup(title)).body(without_markup(body)).show();
    if let Err(error) = shown {
        tracing::warn!(%error, "the desktop did not take a notification");
    }
}

/// Some desktops read `<b>` and `&amp;` as markup, others show them as they are, and escaped they would look wrong there:
/// signs that look alike stand in for them.
fn without_markup(text: &str) -> String {
    text.replace('<', "‹").replace('>', "›").replace('&', "＆")
}

/// A notification was clicked. What it is about is shown unless another shop has been opened since.
fn open(app: &AppHandle, core: &Core, action: &ActionPerformed) {
    if action.action_id() != "tap" {
        return;
    }
    tray::show(app);
    let Some(clicked) = action.notification() else { return };
    let told = clicked.extra();
    if let (Some(shop), Ok(open)) = (told.get("shop").and_then(|shop| shop.as_str()), core.shop())
        && open.shop.id == shop
    {
        let subject = told.get("subject").and_then(|subject| Option::deserialize(subject).ok()).flatten();
        core.announce(Changed::Show { subject });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_desktop_finds_markup_in_what_it_is_handed() {
        let shown = without_markup("25.00 EUR for order <img src=\"http://x\"/> &lt;b&gt; Tom & Co.");
        assert_eq!(shown, "25.00 EUR for order ‹img src=\"http://x\"/› ＆lt;b＆gt; Tom ＆ Co.");
    }
}

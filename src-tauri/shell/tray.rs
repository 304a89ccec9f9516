//! The tray keeps Paydesk alive when its window is closed, so that payouts are followed and notifications come. Its menu
//! shows what is new.

use paydesk_core::{
    Changed, Core,
    language::{said, words},
    notifications::{Notification, NotificationList, Pause},
};
use tauri::{
    AppHandle, Manager, Wry,
    menu::{Menu, MenuItem, PredefinedMenuItem},
    tray::{MouseButton, MouseButtonState, TrayIconBuilder, TrayIconEvent},
};

use crate::notify;

const ID: &str = "paydesk";
/// How many of the new notifications are in the menu, and how much of each.
const NEWEST: usize = 5;
const LONGEST: usize = 70;
/// What the id of a menu item begins with that stands for a notification; its key follows.
const NOTIFICATION: &str = "notification:";

pub(crate) fn build(app: &AppHandle) -> tauri::Result<()> {
    let mut tray = TrayIconBuilder::with_id(ID)
        .tooltip("Paydesk")
        .menu(&menu(app, None)?)
        .show_menu_on_left_click(false)
        .on_menu_event(|app, event| {
            let (app, id) = (app.clone(), event.id.as_ref().to_owned());
            tauri::async_runtime::spawn(async move { chosen(&app, &id).await });
        })
        .on_tray_icon_event(|tray, event| {
            if let TrayIconEvent::Click {
                button: MouseButton::Left,
                button_state: MouseButtonState::Up,
                ..
            } = event
            {
                show(tray.app_handle());
            }
        });
    if let Some(icon) = app.default_window_icon() {
        tray = tray.icon(icon.clone());
    }
    tray.build(app)?;
    Ok(())
}

/// Shows in the tray what is new at the moment; says whether the owner has paused notifications.
pub(crate) async fn update(app: &AppHandle, core: &Core) -> bool {
    let list = match core.shop() {
        Ok(shop) => shop.notifications.list().await.ok(),
        Err(_) => None,
    };
    let paused = list.as_ref().is_some_and(|list| list.paused_until.is_some());
    let Some(tray) = app.tray_by_id(ID) else { return paused };
    let unread = list.as_ref().map_or(0, |list| list.unread);
    let shown = menu(app, list.as_ref())
        .and_then(|menu| tray.set_menu(Some(menu)))
        .and_then(|()| tray.set_tooltip(Some(tooltip(unread))));
    if let Err(error) = shown {
        tracing::warn!(%error, "the tray does not show what is new");
    }
    paused
}

fn tooltip(unread: u32) -> String {
    match unread {
        0 => "Paydesk".to_owned(),
        unread => format!("Paydesk: {}", news(unread)),
    }
}

/// How many notifications are new.
pub(crate) fn news(unread: u32) -> String {
    words!(
        one: unread, en: "1 new notification", de: "1 neue Mitteilung",
        more: en: "{unread} new notifications", de: "{unread} neue Mitteilungen",
    )
}

fn menu(app: &AppHandle, list: Option<&NotificationList>) -> tauri::Result<Menu<Wry>> {
    let menu = Menu::new(app)?;
    let item = |id: &str, text: &str| MenuItem::with_id(app, id, text, true, None::<&str>);
    let line = || PredefinedMenuItem::separator(app);
    if let Some(list) = list.filter(|list| list.unread > 0) {
        menu.append(&MenuItem::new(app, news(list.unread), false, None::<&str>)?)?;
        for entry in list.entries.iter().filter(|entry| !entry.read).take(NEWEST) {
            let Notification { key, title, body, .. } = &entry.notification;
            menu.append(&item(&format!("{NOTIFICATION}{key}"), &label(title, body))?)?;
        }
        menu.append(&item("read", said!(en: "Mark all as read", de: "Alle als gelesen markieren"))?)?;
        menu.append(&line()?)?;
    }
    menu.append(&item("open", said!(en: "Open Paydesk", de: "Paydesk öffnen"))?)?;
    if let Some(list) = list {
        menu.append(&line()?)?;
        if list.paused_until.is_some() {
            menu.append(&item("resume", said!(en: "Tell me again", de: "Wieder benachrichtigen"))?)?;
        } else {
            menu.append(&item(
                "pause-hour",
                said!(
                    en: "Pause notifications for an hour",
                    de: "Eine Stunde keine Mitteilungen",
                ),
            )?)?;
            menu.append(&item(
                "pause-tomorrow",
                said!(
                    en: "Pause notifications until tomorrow",
                    de: "Bis morgen keine Mitteilungen",
                ),
            )?)?;
        }
    }
    menu.append(&line()?)?;
    menu.append(&item("quit", said!(en: "Quit", de: "Beenden"))?)?;
    Ok(menu)
}

/// A notification as one line of the menu, where `&` would mark a key.
fn label(title: &str, body: &str) -> String {
    let whole = format!("{title}: {body}");
    let cut: String = whole.chars().take(LONGEST).collect();
    let more = if cut.len() < whole.len() { "…" } else { "" };
    format!("{}{more}", cut.replace('&', "&&"))
}

async fn chosen(app: &AppHandle, id: &str) {
    match id {
        "open" => return show(app),
        "quit" => return app.exit(0),
        _ => {}
    }
    let Ok(shop) = app.state::<Core>().shop() else { return };
    let notifications = &shop.notifications;
    let done = match id {
        "pause-hour" => notifications.pause(Pause::Hour).await,
        "pause-tomorrow" => notifications.pause(Pause::UntilTomorrow).await,
        "resume" => notifications.pause(Pause::Over).await,
        other => match notifications.list().await {
            Ok(list) if other == "read" => match list.entries.first() {
                Some(newest) => notifications.mark_all_read(newest.notification.at).await,
                None => Ok(()),
            },
            Ok(list) => {
                let key = other.strip_prefix(NOTIFICATION);
                let entry = list.entries.into_iter().find(|entry| Some(&*entry.notification.key) == key);
                let Some(Notification { key, subject, .. }) = entry.map(|entry| entry.notification) else {
                    return;
                };
                show(app);
                app.state::<Core>().announce(Changed::Show { subject });
                notifications.mark_read(vec![key]).await
            }
            Err(failure) => Err(failure),
        },
    };
    if let Err(failure) = done {
        tracing::warn!(%failure, "what was chosen in the tray was not done");
    }
}

/// Brings the window to the front.
pub(crate) fn show(app: &AppHandle) {
    if let Some(window) = app.get_webview_window("main") {
        let _ = window.show();
        let _ = window.unminimize();
        let _ = window.set_focus();
    }
}

/// The window was closed and Paydesk goes on in the tray: said once, since it is not what every program does.
pub(crate) async fn explain(app: &AppHandle) {
    let Some(core) = app.try_state::<Core>() else { return };
    match core.is_first_time("tray").await {
        Ok(true) => notify::tell(
            app,
            said!(en: "Paydesk keeps running", de: "Paydesk läuft weiter"),
            said!(
                en: "It follows your payments and payouts, and tells you of them. Its icon in the tray opens it \
                     again and quits it; starting it again opens it, too.",
                de: "Es folgt Ihren Zahlungen und Auszahlungen und meldet, was geschieht. Sein Symbol im Infobereich \
                     öffnet es wieder und beendet es; ein neuer Start öffnet es auch.",
            ),
        ),
        Ok(false) => {}
        Err(failure) => tracing::warn!(%failure, "whether this was explained before is not known"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_of_the_menu_is_short_and_marks_no_key() {
        assert_eq!(label("Paid", "Tom & Co."), "Paid: Tom && Co.");
        let long = label("Payment received", &"ü&".repeat(100));
        assert_eq!(long.replace("&&", "&").chars().count(), LONGEST + 1);
        assert!(long.ends_with('…'));
    }

    #[test]
    fn the_tooltip_says_how_much_is_new() {
        assert_eq!(
            [0, 1, 3].map(tooltip),
            ["Paydesk", "Paydesk: 1 new notification", "Paydesk: 3 new notifications"]
        );
    }
}

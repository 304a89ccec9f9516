//! Native notifications. Core decides what is told, and hands each out once.

use paydesk_core::{Changed, Core};
use tauri::AppHandle;
use tauri_plugin_notification::NotificationExt;
use tokio::sync::broadcast::error::RecvError;

/// Shows what core decides to tell, from now on.
pub(crate) fn start(app: &AppHandle, core: &Core) {
    let (app, core) = (app.clone(), core.clone());
    let mut changes = core.changes();
    tauri::async_runtime::spawn(async move {
        show(&app, &core).await;
        loop {
            match changes.recv().await {
                Ok(Changed::Notifications | Changed::Shops) | Err(RecvError::Lagged(_)) => {
                    show(&app, &core).await;
                }
                Ok(_) => {}
                Err(RecvError::Closed) => return,
            }
        }
    });
}

async fn show(app: &AppHandle, core: &Core) {
    let Ok(shop) = core.shop() else { return };
    let told = match shop.notifications.take().await {
        Ok(told) => told,
        Err(failure) => {
            tracing::warn!(%failure, "notifications could not be read");
            return;
        }
    };
    for notification in told {
        let shown = app.notification().builder().title(notification.title).body(notification.body).show();
        if let Err(error) = shown {
            tracing::warn!(%error, "the desktop did not take a notification");
        }
    }
}

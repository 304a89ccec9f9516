//! What the desktop does for the owner outside the window: file dialogs and the browser. The window itself may do
//! none of it.

use std::path::PathBuf;

use futures_util::future::BoxFuture;
use paydesk_core::Failure;
use tauri::AppHandle;
use tauri_plugin_dialog::DialogExt;
use tauri_plugin_opener::OpenerExt;

type Choose = dyn Fn() -> BoxFuture<'static, Option<PathBuf>> + Send + Sync;
type Name = dyn Fn(String) -> BoxFuture<'static, Option<PathBuf>> + Send + Sync;
type Open = dyn Fn(&str) -> Result<(), String> + Send + Sync;

/// The desktop, as functions, so that tests can stand in for the owner.
pub struct Desktop {
    /// Lets the owner choose a file to read.
    pub choose: Box<Choose>,
    /// Lets the owner name a file to write; a name is suggested.
    pub name: Box<Name>,
    /// Opens an address in the browser.
    pub open: Box<Open>,
}

impl Desktop {
    pub(crate) fn native(app: &AppHandle) -> Self {
        let (chooser, namer, opener) = (app.clone(), app.clone(), app.clone());
        Self {
            choose: Box::new(move || {
                let (send, receive) = tokio::sync::oneshot::channel();
                chooser.dialog().file().add_filter("CSV", &["csv", "txt"]).pick_file(|path| {
                    let _ = send.send(path);
                });
                Box::pin(async { receive.await.ok().flatten()?.into_path().ok() })
            }),
            name: Box::new(move |suggestion| {
                let (send, receive) = tokio::sync::oneshot::channel();
                namer.dialog().file().set_file_name(suggestion).save_file(|path| {
                    let _ = send.send(path);
                });
                Box::pin(async { receive.await.ok().flatten()?.into_path().ok() })
            }),
            open: Box::new(move |address| {
                opener.opener().open_url(address, None::<&str>).map_err(|error| error.to_string())
            }),
        }
    }

    pub(crate) async fn choose_file(&self) -> Option<PathBuf> {
        (self.choose)().await
    }

    pub(crate) async fn save_file(
        &self,
        suggestion: &str,
        content: &[u8],
    ) -> Result<Option<String>, Failure> {
        let Some(path) = (self.name)(suggestion.to_owned()).await else { return Ok(None) };
        let shown = path.display().to_string();
        match tokio::fs::write(&path, content).await {
            Ok(()) => Ok(Some(shown)),
            Err(error) => Err(Failure::other(format!(
                "The file {shown} could not be written: {error}. Choose another place."
            ))),
        }
    }

    pub(crate) fn open(&self, address: &str) -> Result<(), Failure> {
        (self.open)(address).map_err(|error| {
            Failure::other(format!("The browser could not be opened ({error}). The page is {address}"))
        })
    }
}

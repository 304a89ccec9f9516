//! Pictures of the screens, and a look at each in all its forms.

use std::path::PathBuf;

use anyhow::{Result, ensure};
use paydesk_window_tests::{Form, Window, repository};

/// The sizes of the window that pictures are taken at.
const SIZES: [(&str, u32, u32); 2] = [("large", 1280, 800), ("small", 900, 600)];

/// Takes pictures and numbers them.
pub(crate) struct Tour<'a> {
    pub(crate) window: &'a Window,
    /// Where the pictures go; `None` when nobody wants any.
    folder: Option<PathBuf>,
    taken: u32,
    troubles: Vec<String>,
}

impl<'a> Tour<'a> {
    pub(crate) fn begin(window: &'a Window) -> Result<Self> {
        let wanted = std::env::var_os("PAYDESK_TOUR_PICTURES").is_some();
        let folder = wanted.then(|| repository("target/tour"));
        if let Some(folder) = &folder {
            if folder.exists() {
                std::fs::remove_dir_all(folder)?;
            }
            std::fs::create_dir_all(folder.join("forms"))?;
        }
        Ok(Self { window, folder, taken: 0, troubles: Vec::new() })
    }

    /// Pictures of the screen as it is now, in both themes at both sizes, and a look at whether it is accessible.
    pub(crate) async fn picture(&mut self, name: &str) -> Result<()> {
        self.taken += 1;
        if let Some(folder) = &self.folder {
            for (size, width, height) in SIZES {
                self.window.resize(width, height).await?;
                for theme in ["light", "dark"] {
                    self.window.set_theme(Some(theme)).await?;
                    let file = format!("{:02}-{name}-{theme}-{size}.png", self.taken);
                    self.window.photograph(&folder.join(file)).await?;
                }
            }
            self.window.set_theme(None).await?;
            let (_, width, height) = SIZES[0];
            self.window.resize(width, height).await?;
        }
        self.note(self.window.is_accessible(name).await);
        self.note(self.window.is_reachable(name).await);
        self.forms(name).await
    }

    /// A look at the screen in its other forms: whether it is accessible in German, too, and whether nothing is ever cut off.
    async fn forms(&mut self, name: &str) -> Result<()> {
        let (_, width, height) = SIZES[0];
        self.form(name, Form::Plain).await?;
        self.form(name, Form::Larger).await?;
        let (_, small_width, small_height) = SIZES[1];
        self.window.resize(small_width, small_height).await?;
        for form in [Form::Plain, Form::Longer, Form::RightToLeft, Form::German] {
            self.form(name, form).await?;
        }
        self.note(self.window.is_accessible(&format!("{name}, German")).await);
        self.window.show_as(Form::Plain).await?;
        self.window.resize(width, height).await
    }

    async fn form(&mut self, name: &str, form: Form) -> Result<()> {
        self.window.show_as(form).await?;
        self.note(self.window.is_whole(name, form).await);
        if let Some(folder) = self.folder.as_ref().filter(|_| form != Form::Plain) {
            let file = format!("forms/{:02}-{name}-{}.png", self.taken, form.name());
            self.window.photograph(&folder.join(file)).await?;
        }
        Ok(())
    }

    fn note(&mut self, result: Result<()>) {
        if let Err(trouble) = result {
            self.troubles.push(format!("{trouble:#}"));
        }
    }

    /// Tells what is not as it should be, on all screens together, and how the walk ended.
    pub(crate) fn end(mut self, walked: Result<()>) -> Result<()> {
        if let Err(error) = &walked {
            self.troubles.push(format!("the walk came no further: {error:#}"));
        }
        ensure!(self.troubles.is_empty(), "{}", self.troubles.join("\n"));
        walked
    }
}

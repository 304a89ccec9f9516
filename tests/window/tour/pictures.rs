//! Pictures of the screens, and a look at each in all its forms.

use std::path::PathBuf;

use anyhow::{Result, ensure};
use paydesk_window_tests::{Form, Window, repository};

use crate::{Language, Part};

/// The sizes of the window that pictures are taken at.
const SIZES: [(&str, u32, u32); 2] = [("large", 1280, 800), ("small", 900, 600)];

/// Takes pictures and numbers them.
pub(crate) struct Tour<'a> {
    pub(crate) window: &'a Window,
    part: Part,
    language: Language,
    /// Where the pictures go; `None` when nobody wants any.
    folder: Option<PathBuf>,
    taken: u32,
    troubles: Vec<String>,
}

impl<'a> Tour<'a> {
    pub(crate) fn begin(window: &'a Window, part: Part, language: Language) -> Result<Self> {
        let wanted = std::env::var_os("PAYDESK_TOUR_PICTURES").is_some();
        let folder = wanted.then(|| repository("target/tour"));
        if let Some(folder) = &folder {
            std::fs::create_dir_all(folder.join("forms"))?;
        }
        Ok(Self { window, part, language, folder, taken: 0, troubles: Vec::new() })
    }

    /// A look at the screen as it is now, in all its forms, and pictures of it, in both themes at both sizes.
    pub(crate) async fn picture(&mut self, name: &str) -> Result<()> {
        self.taken += 1;
        match self.language {
            Language::English => self.english(name).await,
            Language::German => self.german(name).await,
        }
    }

    /// Whether the screen is accessible, and whether nothing is ever cut off.
    async fn english(&mut self, name: &str) -> Result<()> {
        if let Some(folder) = &self.folder {
            for (size, width, height) in SIZES {
                self.window.resize(width, height).await?;
                for theme in ["light", "dark"] {
                    self.window.set_theme(Some(theme)).await?;
                    let file = format!("{}-{theme}-{size}.png", self.called(name));
                    self.window.photograph(&folder.join(file)).await?;
                }
            }
            self.window.set_theme(None).await?;
        }
        let [(_, width, height), (_, small_width, small_height)] = SIZES;
        self.window.resize(width, height).await?;
        self.note(self.window.is_accessible(name).await);
        self.note(self.window.is_reachable(name).await);
        self.form(name, Form::Plain).await?;
        self.form(name, Form::Larger).await?;
        self.window.resize(small_width, small_height).await?;
        for form in [Form::Plain, Form::Larger, Form::Longer, Form::RightToLeft] {
            self.form(name, form).await?;
        }
        self.window.show_as(Form::Plain).await?;
        self.window.resize(width, height).await
    }

    /// Whether all of the screen is German, accessible, and not cut off in the smallest window.
    async fn german(&mut self, name: &str) -> Result<()> {
        let [(_, width, height), (_, small_width, small_height)] = SIZES;
        self.window.resize(small_width, small_height).await?;
        self.form(&format!("{name}, in German"), Form::Plain).await?;
        self.note(self.window.is_in_its_language(name).await);
        self.note(self.window.is_accessible(&format!("{name}, in German")).await);
        if let Some(folder) = &self.folder {
            self.window.photograph(&folder.join(format!("forms/{}-german.png", self.called(name)))).await?;
        }
        self.window.resize(width, height).await
    }

    async fn form(&mut self, name: &str, form: Form) -> Result<()> {
        self.window.show_as(form).await?;
        self.note(self.window.is_whole(name, form).await);
        if let Some(folder) = self.folder.as_ref().filter(|_| form != Form::Plain) {
            let file = format!("forms/{}-{}.png", self.called(name), form.name());
            self.window.photograph(&folder.join(file)).await?;
        }
        Ok(())
    }

    /// What the pictures of a screen are called.
    fn called(&self, name: &str) -> String {
        let part = match self.part {
            Part::Payments => "payments",
            Part::Account => "account",
            Part::Payouts => "payouts",
        };
        format!("{part}-{:02}-{name}", self.taken)
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

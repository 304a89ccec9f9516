//! The app: its shops and settings, and the one shop that is open.

mod guard;
mod keys;
mod shop;

use std::{
    fs::{File, TryLockError},
    path::{Path, PathBuf},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use nowpayments::{Client, Login, Retry};
use secrecy::SecretString;
use serde::{Deserialize, Serialize};
use specta::Type;
use sqlx::SqlitePool;
use tokio::sync::{broadcast, watch};

pub use self::guard::{GuardingPin, Removal};
use crate::{
    attention::Attention,
    audit::{self, Audit, Head},
    backup,
    balances::Balance,
    callbacks::Callbacks,
    changes::Changed,
    conversions::Conversions,
    custody::Custody,
    data::Jobs,
    drafts::Drafts,
    exports::Exports,
    failure::{Failure, FailureCode},
    fiat::{self, FIRST_CURRENCY},
    fiat_payouts::FiatPayouts,
    invoices::Invoices,
    language::{Formats, Language, WeekStart, said, words},
    moves::Moves,
    notifications::Notifications,
    payments::{self, Payments},
    payouts::Payouts,
    screen_lock::{LockState, ScreenLock},
    second_factor::SecondFactors,
    secrets::Secret,
    shops::{self, Bases, ConnectionReport, DemoConnection, Environment, NewShop, Shop, ShopContext},
    store,
    subscriptions::Subscriptions,
    surroundings::Surroundings,
    takings::Takings,
};

/// The name of the app's own database.
pub(crate) const DATABASE: &str = "paydesk.sqlite";
/// The id of the demo shop.
const DEMO: &str = "demo";
/// What the settings are called that name shops which are being added.
const HALF_SHOP: &str = "half-shop:";
/// What the language is kept under that the window spoke last.
const LANGUAGE: &str = "language";

/// What the window needs to begin.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Type)]
pub struct AppState {
    /// The shops, oldest first.
    pub shops: Vec<Shop>,
    /// The shop that is open.
    pub open: Option<String>,
    /// Why the shop that was open last could not be opened again, in words.
    pub trouble: Option<Failure>,
    /// The settings.
    pub settings: Settings,
    /// The tag of what core speaks, with the region whose forms it writes; empty until a window has said it. One with another tag
    /// says so ([`Core::speak`]).
    pub spoken: String,
    /// The lock of the app. While it is locked nothing is told of shops.
    pub lock: LockState,
    /// The version of Paydesk.
    pub version: String,
}

/// What the owner has set.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, Type)]
pub struct Settings {
    /// Light, dark, or as the system says.
    pub theme: Theme,
    /// How large text is.
    pub text_size: TextSize,
    /// A BCP 47 tag; `None`: as the system says.
    pub language: Option<String>,
    /// How numbers and days are written.
    pub formats: Formats,
    /// The day that weeks begin with.
    pub week_start: WeekStart,
}

/// Settings as they were kept. What an earlier Paydesk knew nothing of is as it is at first.
#[derive(Default, Deserialize)]
#[serde(default)]
struct KeptSettings {
    theme: Theme,
    text_size: TextSize,
    language: Option<String>,
    formats: Formats,
    week_start: WeekStart,
}

impl From<KeptSettings> for Settings {
    fn from(KeptSettings { theme, text_size, language, formats, week_start }: KeptSettings) -> Self {
        Self { theme, text_size, language, formats, week_start }
    }
}

/// How large text is, and all that goes with it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, Type)]
#[serde(rename_all = "snake_case")]
pub enum TextSize {
    /// As it was drawn: 100 %.
    #[default]
    Normal,
    /// 125 %.
    Large,
    /// 150 %.
    Larger,
    /// 200 %, the size to which WCAG 2 (1.4.4) wants text to grow without loss.
    Largest,
}

/// Light or dark.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, Type)]
#[serde(rename_all = "snake_case")]
pub enum Theme {
    /// As the system says.
    #[default]
    System,
    /// Light.
    Light,
    /// Dark.
    Dark,
}

/// The app's core. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Core {
    pub(crate) inner: Arc<Inner>,
}

#[derive(Debug)]
pub(crate) struct Inner {
    pub(crate) surroundings: Surroundings,
    bases: Bases,
    pub(crate) db: SqlitePool,
    pub(crate) screen_lock: Arc<ScreenLock>,
    changes: broadcast::Sender<Changed>,
    /// Whether what works by itself may begin.
    may_begin: watch::Sender<bool>,
    current: Mutex<Current>,
    /// Held while shops are added, opened, closed and removed.
    pub(crate) switching: tokio::sync::Mutex<()>,
    /// Backups and what else takes its time beside the shops.
    pub(crate) jobs: Jobs,
    /// Locked as long as this process has the databases open.
    lock: Mutex<Option<File>>,
}

/// What is open at the moment.
#[derive(Debug, Default)]
struct Current {
    shop: Option<Arc<OpenShop>>,
    trouble: Option<Failure>,
}

/// A shop with its database open and its background work running. Dropping the last handle does not end that work;
/// switching shops and [`Core::close`] do.
#[derive(Debug)]
pub struct OpenShop {
    /// The shop.
    pub shop: Shop,
    /// Its payments.
    pub payments: Payments,
    /// Its invoices.
    pub invoices: Invoices,
    /// Its payments as files.
    pub exports: Exports,
    /// Its payouts.
    pub payouts: Payouts,
    /// What it holds.
    pub balance: Balance,
    /// What came in.
    pub takings: Takings,
    /// The moves of money inside its account.
    pub moves: Moves,
    /// Its users with balances of their own.
    pub custody: Custody,
    /// Its conversions.
    pub conversions: Conversions,
    /// Its payouts to accounts at banks.
    pub fiat_payouts: FiatPayouts,
    /// Its plans and their subscribers.
    pub subscriptions: Subscriptions,
    /// What needs the owner.
    pub attention: Attention,
    /// How codes are given.
    pub second_factor: SecondFactors,
    /// What was done with money.
    pub audit: Audit,
    /// What was typed into forms and not yet sent.
    pub drafts: Drafts,
    /// What the owner is told.
    pub notifications: Notifications,
    /// What NOWPayments tells by itself.
    pub callbacks: Callbacks,
    ctx: Arc<ShopContext>,
}

impl OpenShop {
    fn start(ctx: Arc<ShopContext>) -> Arc<Self> {
        let payments = Payments::new(ctx.clone());
        let payouts = Payouts::new(ctx.clone());
        let moves = Moves::new(ctx.clone(), payouts.clone());
        let shop = Self {
            shop: ctx.shop.clone(),
            invoices: Invoices::new(ctx.clone(), payments.clone()),
            exports: Exports::new(ctx.clone(), payments.clone()),
            attention: Attention::new(ctx.clone(), payouts.clone()),
            callbacks: Callbacks::new(ctx.clone(), payments.clone(), payouts.clone()),
            balance: Balance::new(ctx.clone()),
            takings: Takings::new(ctx.clone()),
            custody: Custody::new(ctx.clone(), moves.clone()),
            conversions: Conversions::new(ctx.clone(), moves.clone()),
            fiat_payouts: FiatPayouts::new(ctx.clone(), moves.clone()),
            payments,
            payouts,
            moves,
            subscriptions: Subscriptions::new(ctx.clone()),
            second_factor: SecondFactors::new(ctx.clone()),
            audit: Audit::new(ctx.clone()),
            drafts: Drafts::new(ctx.clone()),
            notifications: Notifications::new(ctx.clone()),
            ctx,
        };
        shop.ctx.by_itself(shop.payments.clone().run());
        shop.ctx.by_itself(shop.payments.clone().mind());
        shop.ctx.by_itself(shop.invoices.clone().settle());
        shop.ctx.by_itself(shop.payouts.clone().run());
        shop.ctx.by_itself(shop.balance.clone().run());
        shop.ctx.by_itself(shop.takings.clone().run());
        shop.ctx.by_itself(shop.moves.clone().run());
        shop.ctx.by_itself(shop.subscriptions.clone().run());
        shop.ctx.by_itself(shop.attention.clone().run());
        shop.ctx.by_itself(shop.callbacks.clone().run());
        Arc::new(shop)
    }
}

impl Core {
    /// Opens the app's own database under `surroundings.data`. Only one process at a time may have it open.
    ///
    /// # Errors
    /// When another Paydesk has it open, or the folder or the database cannot be used.
    pub async fn open(surroundings: Surroundings) -> Result<Self, Failure> {
        Self::open_with(surroundings, Bases::default()).await
    }

    /// The same with a NOWPayments elsewhere: a simulator, for tests.
    ///
    /// # Errors
    /// Those of [`Core::open`].
    pub async fn open_with(surroundings: Surroundings, bases: Bases) -> Result<Self, Failure> {
        let data = &surroundings.data;
        make_private_folder(&data.join("shops")).map_err(|error| {
            Failure::other(words!(
                en: "Paydesk cannot make its folder {} ({error}).",
                de: "Paydesk kann seinen Ordner {} nicht anlegen ({error}).",
                data.display(),
            ))
        })?;
        let lock = lock(&data.join("lock"))?;
        backup::clear_up(&data.join("shops"));
        let db = store::open(&data.join(DATABASE), &store::APP).await?;
        let inner = Inner {
            surroundings,
            bases,
            db,
            screen_lock: Arc::default(),
            // More than a window can be behind in any sane moment; it reads everything again when it was.
            changes: broadcast::channel(256).0,
            may_begin: watch::Sender::new(true),
            current: Mutex::default(),
            switching: tokio::sync::Mutex::default(),
            jobs: Jobs::default(),
            lock: Mutex::new(Some(lock)),
        };
        let core = Self { inner: Arc::new(inner) };
        // Until the window says so itself: what is told right after a start, perhaps without a window, is in its language.
        if let Some(kept) = core.setting(LANGUAGE).await?
            && let Some(language) = Language::of_tag(&kept)
        {
            language.speak();
            Formats::of_system(&kept).are_those_of_the_system();
        }
        let settings = core.settings().await?;
        settings.formats.write();
        settings.week_start.begin();
        core.begin_locked().await?;
        core.clear_up_halves().await?;
        core.clear_up_half_shops().await?;
        Ok(core)
    }

    pub(crate) fn of(inner: Arc<Inner>) -> Self {
        Self { inner }
    }

    /// Holds back what works by itself, as the sync does, from beginning until [`Self::begin`]: a window that is being drawn
    /// has the computer for itself. What is asked for is done all the same.
    pub fn hold_back(&self) {
        self.inner.may_begin.send_replace(false);
    }

    /// Lets begin what was held back.
    pub fn begin(&self) {
        self.inner.may_begin.send_replace(true);
    }

    /// Listens to what changes.
    pub fn changes(&self) -> broadcast::Receiver<Changed> {
        self.inner.changes.subscribe()
    }

    /// Announces a change that happened outside core.
    pub fn announce(&self, changed: Changed) {
        let _ = self.inner.changes.send(changed); // nobody listening is no failure
    }

    /// What the window needs to begin.
    ///
    /// # Errors
    /// When the app's database fails.
    pub async fn state(&self) -> Result<AppState, Failure> {
        let shops = sqlx::query_as::<_, StoredShop>("SELECT * FROM shops ORDER BY added_at, id")
            .fetch_all(&self.inner.db)
            .await?;
        let settings = self.settings().await?;
        let lock = self.lock_state().await?;
        let spoken = self.setting(LANGUAGE).await?.unwrap_or_default();
        if lock.locked {
            let version = env!("CARGO_PKG_VERSION").to_owned();
            return Ok(AppState {
                shops: Vec::new(),
                open: None,
                trouble: None,
                settings,
                spoken,
                lock,
                version,
            });
        }
        let current = self.current();
        Ok(AppState {
            lock,
            shops: shops.into_iter().map(Shop::from).collect(),
            open: current.shop.as_ref().map(|open| open.shop.id.clone()),
            trouble: current.trouble.clone(),
            settings,
            spoken,
            version: env!("CARGO_PKG_VERSION").to_owned(),
        })
    }

    async fn settings(&self) -> Result<Settings, Failure> {
        let kept = self.setting("settings").await?;
        let kept = kept.and_then(|json| serde_json::from_str::<KeptSettings>(&json).ok());
        Ok(kept.unwrap_or_default().into())
    }

    /// Keeps the settings. Where numbers and days are written in another way from now on, or weeks begin with another day,
    /// everything is read again.
    ///
    /// # Errors
    /// When the app's database fails.
    pub async fn save_settings(&self, settings: Settings) -> Result<(), Failure> {
        let json = serde_json::to_string(&settings).map_err(|error| Failure::other(error.to_string()))?;
        let before = self.settings().await?;
        self.set("settings", Some(&json)).await?;
        settings.formats.write();
        settings.week_start.begin();
        let same = (before.formats, before.week_start) == (settings.formats, settings.week_start);
        self.announce(if same { Changed::Settings } else { Changed::Everything });
        Ok(())
    }

    /// The window speaks the language of this tag, in which the system writes numbers and days as its region does. Core does the
    /// same from now on, after the next start too. Everything is read again where that is another than before. A tag of no language
    /// that core knows changes nothing.
    ///
    /// # Errors
    /// When the app's database fails.
    pub async fn speak(&self, tag: &str) -> Result<(), Failure> {
        let Some(language) = Language::of_tag(tag) else { return Ok(()) };
        if self.setting(LANGUAGE).await?.as_deref() != Some(tag) {
            self.set(LANGUAGE, Some(tag)).await?;
        }
        let shown = || (Language::spoken(), Formats::written(), WeekStart::now());
        let before = shown();
        language.speak();
        Formats::of_system(tag).are_those_of_the_system();
        if shown() != before {
            self.announce(Changed::Everything);
        }
        Ok(())
    }

    /// Whether `what` happens for the first time on this computer: for what is explained once. The next answer is no.
    ///
    /// # Errors
    /// When the app's database fails.
    pub async fn is_first_time(&self, what: &str) -> Result<bool, Failure> {
        let marked = sqlx::query("INSERT INTO settings (key, value) VALUES (?, '') ON CONFLICT DO NOTHING")
            .bind(format!("explained:{what}"))
            .execute(&self.inner.db)
            .await?;
        Ok(marked.rows_affected() == 1)
    }

    /// Opens again the shop that was open last. `demo` is asked for only when that is the demo shop. Makes no call to
    /// NOWPayments: what is cached can be read without it.
    ///
    /// # Errors
    /// When that shop cannot be opened. [`AppState::trouble`] says so too, until a shop is opened.
    pub async fn reopen<F>(&self, demo: impl FnOnce() -> F) -> Result<Option<Shop>, Failure>
    where
        F: Future<Output = Result<DemoConnection, Failure>>,
    {
        let Some(id) = self.setting("open").await? else { return Ok(None) };
        let reopened = match id.as_str() {
            DEMO => match demo().await {
                Ok(connection) => self.open_demo_shop(connection).await,
                Err(failure) => Err(failure),
            },
            id => self.open_shop(id).await,
        };
        if let Err(failure) = &reopened {
            self.current().trouble = Some(failure.clone());
            self.announce(Changed::Shops);
        }
        reopened.map(Some)
    }

    /// Opens the demo shop, made at the first call.
    ///
    /// What is cached of another simulated world than that of `demo` is thrown away: practice money.
    ///
    /// # Errors
    /// When its database fails.
    pub async fn open_demo(&self, demo: DemoConnection) -> Result<Shop, Failure> {
        self.unlocked()?;
        self.open_demo_shop(demo).await
    }

    async fn open_demo_shop(&self, demo: DemoConnection) -> Result<Shop, Failure> {
        let switching = self.inner.switching.lock().await;
        let inner = &self.inner;
        sqlx::query("INSERT INTO shops (id, name, environment, email, added_at) VALUES (?, ?, ?, ?, ?) ON CONFLICT DO NOTHING")
            .bind(DEMO)
            .bind(said!(en: "Demo shop", de: "Demo-Shop"))
            .bind(Environment::Demo.name())
            .bind(&demo.email)
            .bind(store::time(inner.surroundings.now()))
            .execute(&inner.db)
            .await?;
        let shop = self.stored_shop(DEMO).await?;
        let client = demo.client(&inner.surroundings)?;
        self.leave(Some(DEMO)).await;
        let db = self.open_demo_database(&demo.world()).await?;
        self.enter(shop, db, client, &switching).await
    }

    async fn open_demo_database(&self, world: &str) -> Result<SqlitePool, Failure> {
        const MARK: &str = "world";
        let path = self.shop_path(DEMO);
        let db = payments::open_database(&path).await?;
        let known: Option<String> = sqlx::query_scalar("SELECT value FROM sync_marks WHERE key = ?")
            .bind(MARK)
            .fetch_optional(&db)
            .await?;
        if known.as_deref() == Some(world) {
            return Ok(db);
        }
        let db = match known {
            None => db,
            Some(_) => {
                tracing::info!("the demo shop begins anew: its simulator is another one");
                db.close().await;
                audit::forget(&self.inner.db, DEMO).await?;
                delete_database(&path).await?;
                if let Err(failure) = self.inner.surroundings.keychain.delete(DEMO, Secret::SealedTotp).await
                {
                    tracing::warn!(%failure, "a sealed secret of an earlier demo shop may be left");
                }
                payments::open_database(&path).await?
            }
        };
        sqlx::query("INSERT INTO sync_marks (key, value) VALUES (?, ?)")
            .bind(MARK)
            .bind(world)
            .execute(&db)
            .await?;
        Ok(db)
    }

    /// Tries what the owner typed, item by item; keeps nothing.
    pub async fn check_connection(&self, new: &NewShop) -> ConnectionReport {
        new.report(&self.inner.bases, &self.inner.surroundings).await
    }

    /// Adds a shop and opens it. NOWPayments must have accepted the key and the login, and the keychain must have kept
    /// them: else nothing is added.
    ///
    /// # Errors
    /// What was typed is not right (with its field), NOWPayments refuses it or cannot be reached, or the keychain or the
    /// database fails.
    pub async fn add_shop(&self, new: NewShop) -> Result<Shop, Failure> {
        self.unlocked()?;
        let inner = &self.inner;
        new.validate()?;
        inner.surroundings.keychain.check().await?;
        new.try_out(&inner.bases, &inner.surroundings).await?;

        let switching = inner.switching.lock().await;
        let shop = Shop {
            id: inner.surroundings.uuid().to_string(),
            name: new.name.trim().to_owned(),
            environment: new.environment,
            email: Some(new.email.trim().to_owned()),
            added_at: inner.surroundings.now(),
            read_only: new.read_only,
            currency: FIRST_CURRENCY.to_owned(),
        };
        let added = self.keep(&shop, &new).await;
        let opened = match added {
            Ok(()) => self.open_account(shop.clone(), &switching).await,
            Err(failure) => Err(failure),
        };
        if opened.is_err()
            && let Err(failure) = self.forget(&shop.id).await
        {
            tracing::error!(%failure, "a shop that was not added left something behind");
        }
        opened
    }

    async fn keep(&self, shop: &Shop, new: &NewShop) -> Result<(), Failure> {
        let keychain = &self.inner.surroundings.keychain;
        self.note_half_shop(&shop.id).await?;
        keychain.store(&shop.id, Secret::ApiKey, new.key()).await?;
        keychain.store(&shop.id, Secret::Password, new.password.clone()).await?;
        self.insert_shop(shop, audit::End::default()).await
    }

    /// Keeps in mind that the secrets of a shop are about to be stored, until it is in the list: killed in between, it could not be
    /// told any more whose they are.
    pub(crate) async fn note_half_shop(&self, id: &str) -> Result<(), Failure> {
        self.set(&format!("{HALF_SHOP}{id}"), Some("")).await
    }

    /// Takes away what is left of shops that were being added when Paydesk was killed. Where the keychain cannot be used now, it
    /// stays for another time.
    pub(crate) async fn clear_up_half_shops(&self) -> Result<(), Failure> {
        let noted: Vec<String> = sqlx::query_scalar("SELECT key FROM settings WHERE key LIKE ? || '%'")
            .bind(HALF_SHOP)
            .fetch_all(&self.inner.db)
            .await?;
        for id in noted.iter().filter_map(|key| key.strip_prefix(HALF_SHOP)) {
            match self.forget(id).await {
                Ok(()) => tracing::info!("what was left of a shop that was not added is gone"),
                Err(failure) => tracing::warn!(%failure, "what is left of a shop that was not added stays"),
            }
        }
        Ok(())
    }

    /// Adds a shop to the list of them, with the end of the log that it has already.
    pub(crate) async fn insert_shop(&self, shop: &Shop, log: audit::End) -> Result<(), Failure> {
        let mut tx = self.inner.db.begin_with("BEGIN IMMEDIATE").await?;
        sqlx::query(
            "INSERT INTO shops (id, name, environment, email, added_at, read_only, currency) VALUES (?, ?, ?, ?, ?, ?, ?)",
        )
            .bind(&shop.id)
            .bind(&shop.name)
            .bind(shop.environment.name())
            .bind(&shop.email)
            .bind(store::time(shop.added_at))
            .bind(shop.read_only)
            .bind(&shop.currency)
            .execute(&mut *tx)
            .await?;
        audit::keep_first(&mut tx, &shop.id, &log).await?;
        sqlx::query("DELETE FROM settings WHERE key = ? || ?")
            .bind(HALF_SHOP)
            .bind(&shop.id)
            .execute(&mut *tx)
            .await?;
        Ok(tx.commit().await?)
    }

    /// Opens a sandbox or live shop (the demo shop: [`Self::open_demo`]). Makes no call to NOWPayments.
    ///
    /// # Errors
    /// When there is no such shop, its secrets cannot be read, or its database fails.
    pub async fn select_shop(&self, id: &str) -> Result<Shop, Failure> {
        self.unlocked()?;
        self.open_shop(id).await
    }

    async fn open_shop(&self, id: &str) -> Result<Shop, Failure> {
        let switching = self.inner.switching.lock().await;
        let shop = self.stored_shop(id).await?;
        self.open_account(shop, &switching).await
    }

    async fn open_account(&self, shop: Shop, switching: &Switching<'_>) -> Result<Shop, Failure> {
        let client = self.client(&shop, Retry::default()).await?;
        self.leave(Some(&shop.id)).await;
        let db = payments::open_database(&self.shop_path(&shop.id)).await?;
        self.enter(shop, db, client, switching).await
    }

    async fn client(&self, shop: &Shop, retry: Retry) -> Result<Client, Failure> {
        let Inner { surroundings, bases, .. } = &*self.inner;
        let base = bases
            .of(shop.environment)
            .ok_or_else(|| Failure::not_found(said!(en: "shop", de: "diesen Shop")))?;
        let lost = || {
            Failure::new(
                FailureCode::Keychain,
                words!(
                    en: "The keychain of this computer does not have the keys of “{}” any more. Nothing at \
                         NOWPayments has changed. Give the shop new keys, or remove it from this computer.",
                    de: "Der Schlüsselbund dieses Rechners hat die Schlüssel von „{}“ nicht mehr. Bei NOWPayments \
                         hat sich nichts geändert. Geben Sie dem Shop neue Schlüssel, oder entfernen Sie ihn von diesem \
                         Rechner.",
                    shop.name,
                ),
            )
        };
        let key = surroundings.keychain.read(&shop.id, Secret::ApiKey).await?.ok_or_else(lost)?;
        let login = match &shop.email {
            Some(email) => {
                let password =
                    surroundings.keychain.read(&shop.id, Secret::Password).await?.ok_or_else(lost)?;
                Some(Login { email: email.clone(), password })
            }
            None => None,
        };
        shops::client(base, key, login, surroundings, retry)
    }

    /// Makes a shop the open one, in place of another.
    async fn enter(
        &self,
        shop: Shop,
        db: SqlitePool,
        client: Client,
        _: &Switching<'_>,
    ) -> Result<Shop, Failure> {
        self.leave(None).await;
        self.set("open", Some(&shop.id)).await?;
        Head::new(self.inner.db.clone(), &shop.id).begin(&db).await?;
        let ctx = ShopContext::new(
            shop.clone(),
            (db, self.inner.db.clone()),
            client,
            self.inner.surroundings.clone(),
            self.inner.changes.clone(),
            self.inner.may_begin.subscribe(),
        );
        *self.current() = Current { shop: Some(OpenShop::start(ctx)), trouble: None };
        self.announce(Changed::Shops);
        Ok(shop)
    }

    /// Closes the open shop, or that with an id if it is the open one.
    async fn leave(&self, only: Option<&str>) {
        let left = {
            let mut current = self.current();
            let leaves = current.shop.as_ref().is_some_and(|open| only.is_none_or(|id| open.shop.id == id));
            if leaves { current.shop.take() } else { None }
        };
        if let Some(open) = left {
            open.ctx.close().await;
        }
    }

    /// Removes a shop, its secrets, and its database, whether it can be opened or not. It takes the PIN that guards it, and `seen` is
    /// how many things the owner knows to be under way ([`Self::removal`]).
    ///
    /// # Errors
    /// [`FailureCode::WrongPin`] with the field `pin`; when more is under way than the owner has seen (`Stale`), there is no such
    /// shop, or its secrets or its database cannot be deleted; what was not yet deleted is still there then.
    pub async fn remove_shop(&self, id: &str, pin: Option<SecretString>, seen: u32) -> Result<(), Failure> {
        self.unlocked()?;
        self.seen(&self.stored_shop(id).await?, seen).await?;
        self.permit(id, pin).await?;
        self.take_away(id).await
    }

    pub(crate) async fn take_away(&self, id: &str) -> Result<(), Failure> {
        let _switching = self.inner.switching.lock().await;
        let shop = self.stored_shop(id).await?;
        let removed = self.forget(&shop.id).await;
        self.announce(Changed::Shops);
        removed
    }

    pub(crate) async fn forget(&self, id: &str) -> Result<(), Failure> {
        for secret in Secret::ALL {
            match self.inner.surroundings.keychain.delete(id, secret).await {
                // The demo shop has at most one secret, of no worth.
                Err(failure) if id == DEMO => {
                    tracing::warn!(%failure, "a secret of the demo shop may be left");
                }
                done => done?,
            }
        }
        self.leave(Some(id)).await;
        sqlx::query("DELETE FROM shops WHERE id = ?").bind(id).execute(&self.inner.db).await?;
        self.set(&format!("{HALF_SHOP}{id}"), None).await?;
        if self.setting("open").await?.as_deref() == Some(id) {
            self.set("open", None).await?;
        }
        delete_database(&self.shop_path(id)).await
    }

    /// The open shop.
    ///
    /// # Errors
    /// When none is open, or the app is locked.
    pub fn shop(&self) -> Result<Arc<OpenShop>, Failure> {
        self.unlocked()?;
        self.current().shop.clone().ok_or_else(Failure::closed)
    }

    /// The open shop, whether the app is locked or not.
    pub(crate) fn open_now(&self) -> Option<Arc<OpenShop>> {
        self.current().shop.clone()
    }

    /// Ends background work and closes the databases.
    pub async fn close(&self) {
        self.inner.jobs.stop().await;
        let _switching = self.inner.switching.lock().await;
        self.leave(None).await;
        self.inner.db.close().await;
        self.inner.lock.lock().unwrap_or_else(PoisonError::into_inner).take();
    }

    fn current(&self) -> MutexGuard<'_, Current> {
        self.inner.current.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn shop_path(&self, id: &str) -> PathBuf {
        self.inner.surroundings.data.join("shops").join(format!("{id}.sqlite"))
    }

    pub(crate) async fn stored_shop(&self, id: &str) -> Result<Shop, Failure> {
        let shop = sqlx::query_as::<_, StoredShop>("SELECT * FROM shops WHERE id = ?")
            .bind(id)
            .fetch_optional(&self.inner.db)
            .await?;
        shop.map(Shop::from).ok_or_else(|| Failure::not_found(said!(en: "shop", de: "diesen Shop")))
    }

    pub(crate) async fn setting(&self, key: &str) -> Result<Option<String>, Failure> {
        let value = sqlx::query_scalar("SELECT value FROM settings WHERE key = ?").bind(key);
        Ok(value.fetch_optional(&self.inner.db).await?)
    }

    pub(crate) async fn set(&self, key: &str, value: Option<&str>) -> Result<(), Failure> {
        let query = match value {
            Some(value) => sqlx::query(
                "INSERT INTO settings (key, value) VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value",
            )
            .bind(key)
            .bind(value),
            None => sqlx::query("DELETE FROM settings WHERE key = ?").bind(key),
        };
        query.execute(&self.inner.db).await?;
        Ok(())
    }
}

/// A proof that nobody else opens or closes a shop.
type Switching<'a> = tokio::sync::MutexGuard<'a, ()>;

/// A shop as it stands in the database.
#[derive(sqlx::FromRow)]
struct StoredShop {
    id: String,
    name: String,
    environment: String,
    email: Option<String>,
    added_at: chrono::DateTime<chrono::Utc>,
    read_only: bool,
    currency: String,
}

impl From<StoredShop> for Shop {
    fn from(StoredShop { id, name, environment, email, added_at, read_only, currency }: StoredShop) -> Self {
        // The table allows these three alone.
        let environment = match environment.as_str() {
            "live" => Environment::Live,
            "sandbox" => Environment::Sandbox,
            _ => Environment::Demo,
        };
        // A later Paydesk may know others.
        let currency = fiat::find(&currency).unwrap_or(FIRST_CURRENCY).to_owned();
        Self { id, name, environment, email, added_at, read_only, currency }
    }
}

/// Customers' orders are nobody else's business on a computer that several people use.
fn make_private_folder(path: &Path) -> std::io::Result<()> {
    let mut builder = std::fs::DirBuilder::new();
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.recursive(true).create(path)
}

fn lock(path: &Path) -> Result<File, Failure> {
    let failed = |error: std::io::Error| {
        Failure::other(words!(
            en: "Paydesk cannot use its folder: {} ({error}).",
            de: "Paydesk kann seinen Ordner nicht benutzen: {} ({error}).",
            path.display(),
        ))
    };
    let file = File::options().create(true).truncate(false).write(true).open(path).map_err(failed)?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(Failure::other(said!(
            en: "Paydesk is open already, with the same data. Use that one, or close it first: two at once could \
                 pay twice.",
            de: "Paydesk ist schon geöffnet, mit denselben Daten. Benutzen Sie jenes Fenster, oder schließen Sie es \
                 zuerst: zwei zugleich könnten doppelt zahlen.",
        ))),
        Err(TryLockError::Error(error)) => Err(failed(error)),
    }
}

async fn delete_database(path: &Path) -> Result<(), Failure> {
    store::delete(path).await.map_err(|error| {
        Failure::other(words!(
            en: "Paydesk could not delete {} ({error}). Delete it yourself.",
            de: "Paydesk konnte {} nicht löschen ({error}). Löschen Sie es selbst.",
            path.display(),
        ))
    })
}

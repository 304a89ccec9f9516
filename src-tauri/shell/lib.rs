//! The desktop: window, tray, commands, events, notifications. Knows no rule of business: a command is one line
//! that calls core, and one event, [`Happened`], tells the window what to read again.

mod arguments;
mod autostart;
mod commands;
mod demo;
mod desktop;
mod files;
mod logs;
mod notify;
mod painting;
mod tray;

use std::{path::Path, process::ExitCode, time::Duration};

use paydesk_core::{Changed, Core, language::said, secrets::Keychain, surroundings::Surroundings};
use serde::{Deserialize, Serialize};
use specta::Type;
use tauri::{AppHandle, Manager, RunEvent, Runtime, WindowEvent};
use tauri_plugin_dialog::{DialogExt, MessageDialogKind};
use tauri_plugin_window_state::StateFlags;
use tauri_specta::Event as _;

use crate::arguments::Arguments;
pub use crate::{
    demo::Demo,
    desktop::{Autostart, Desktop, Wanted},
    files::{DropTarget, Files},
};

/// So long at the most the window has the computer for itself while it is being drawn.
const ALONE: Duration = Duration::from_secs(3);

/// The one event that crosses to the window.
#[derive(Debug, Clone, Serialize, Deserialize, Type, tauri_specta::Event)]
pub struct Happened(pub Changed);

/// The commands and the event, as the window sees them.
pub fn bridge<R: Runtime>() -> tauri_specta::Builder<R> {
    tauri_specta::Builder::new()
        .disable_serde_phases()
        .commands(tauri_specta::collect_commands![
            commands::app::app_state,
            commands::app::ready,
            commands::app::usable,
            commands::app::speak,
            commands::app::save_settings,
            commands::shops::open_demo_shop,
            commands::shops::check_connection,
            commands::shops::add_shop,
            commands::shops::select_shop,
            commands::shops::check_shop,
            commands::shops::change_keys,
            commands::shops::rename_shop,
            commands::shops::set_shop_currency,
            commands::shops::begin_read_only,
            commands::shops::end_read_only,
            commands::shops::removal,
            commands::shops::remove_shop,
            commands::payments::list_payments,
            commands::payments::payment_filters,
            commands::payments::payment_totals,
            commands::payments::selected_payment_ids,
            commands::payments::payment_table,
            commands::payments::read_payment_again,
            commands::payments::payment_views,
            commands::payments::add_payment_view,
            commands::payments::rename_payment_view,
            commands::payments::delete_payment_view,
            commands::payments::payment_columns,
            commands::payments::keep_payment_columns,
            commands::payments::payment,
            commands::payments::payment_answer,
            commands::payments::open_payment_in_explorer,
            commands::payments::qr_code,
            commands::payments::sync_status,
            commands::payments::sync_now,
            commands::takings::takings_summary,
            commands::takings::takings_series,
            commands::takings::takings_breakdown,
            commands::takings::takings_chart,
            commands::balances::balances,
            commands::balances::read_balances,
            commands::balances::balance_history,
            commands::balances::balance_chart,
            commands::attention::attention_cases,
            commands::attention::attention_case,
            commands::attention::attention_of_payment,
            commands::attention::attention_count,
            commands::attention::unclear,
            commands::attention::settle_attention,
            commands::attention::reopen_attention,
            commands::attention::prepare_refund,
            commands::payments::payment_choices,
            commands::payments::quote_payment,
            commands::payments::coins_for_price,
            commands::payments::make_payment,
            commands::payments::unsettled_payments,
            commands::payments::look_for_payment,
            commands::payments::give_up_payment,
            commands::payments::payment_rate,
            commands::payments::renew_payment_rate,
            commands::payments::follow_up_payment,
            commands::payments::payment_draft,
            commands::payments::keep_payment_draft,
            commands::drafts::form_draft,
            commands::drafts::keep_form_draft,
            commands::invoices::invoices,
            commands::invoices::invoice,
            commands::invoices::make_invoice,
            commands::invoices::pay_invoice,
            commands::invoices::open_invoice,
            commands::payments::stop_sync,
            commands::payments::resume_sync,
            commands::subscriptions::subscription_plans,
            commands::subscriptions::subscription_plan,
            commands::subscriptions::subscription_plan_chart,
            commands::subscriptions::make_subscription_plan,
            commands::subscriptions::describe_plan_change,
            commands::subscriptions::describe_subscribing,
            commands::subscriptions::change_subscription_plan,
            commands::subscriptions::list_subscriptions,
            commands::subscriptions::subscription,
            commands::subscriptions::refresh_subscriptions,
            commands::subscriptions::subscribe,
            commands::subscriptions::end_subscription,
            commands::subscriptions::unsettled_subscription_calls,
            commands::subscriptions::look_for_subscription_call,
            commands::subscriptions::give_up_subscription_call,
            commands::subscriptions::unpaid_subscriptions,
            commands::subscriptions::save_unpaid_subscriptions,
            commands::subscriptions::choose_subscriber_file,
            commands::subscriptions::open_dropped_subscribers,
            commands::subscriptions::aim_drops,
            commands::subscriptions::open_subscriber_text,
            commands::subscriptions::answer_subscriber_file,
            commands::subscriptions::subscriber_files,
            commands::subscriptions::subscriber_file,
            commands::subscriptions::subscriber_rows,
            commands::subscriptions::edit_subscriber_row,
            commands::subscriptions::leave_subscriber_row_out,
            commands::subscriptions::send_subscriber_file,
            commands::subscriptions::stop_subscriber_file,
            commands::subscriptions::delete_subscriber_file,
            commands::exports::preview_export,
            commands::exports::export_payments,
            commands::exports::export_status,
            commands::exports::cancel_export,
            commands::exports::export_choices,
            commands::exports::show_exported_file,
            commands::data::data_size,
            commands::data::backup_pin,
            commands::data::back_up_shop,
            commands::data::restore_backup,
            commands::data::restore_backup_again,
            commands::data::export_everything,
            commands::data::data_job,
            commands::data::cancel_data_job,
            commands::data::show_data_file,
            commands::data::save_diagnostics,
            commands::data::erasure,
            commands::data::erase_everything,
            commands::payouts::choose_payout_file,
            commands::payouts::open_payout_text,
            commands::payouts::open_payout_file,
            commands::payouts::answer_payout_file,
            commands::payouts::close_payout_file,
            commands::payouts::payout_file_in_progress,
            commands::payouts::stop_payout_file,
            commands::payouts::edit_payout_row,
            commands::payouts::set_payout_control,
            commands::payouts::set_next_payout_control,
            commands::payouts::next_payout_control,
            commands::payouts::save_bad_payout_rows,
            commands::payouts::save_payout_template,
            commands::payouts::payout_batches,
            commands::payouts::payout_batch,
            commands::payouts::payout_rows,
            commands::payouts::check_payout_batch,
            commands::payouts::remove_payout_rows,
            commands::payouts::remove_bad_payout_rows,
            commands::payouts::discard_payout_batch,
            commands::payouts::send_payout_batch,
            commands::payouts::pending_approvals,
            commands::payouts::approve_with_code,
            commands::payouts::approve_with_pin,
            commands::payouts::look_up_payout_batch,
            commands::payouts::release_payout_batch,
            commands::payouts::declare_not_payout_batch,
            commands::payouts::save_payout_report,
            commands::payouts::stop_payout_check,
            commands::payouts::schedule_payouts,
            commands::payouts::cancel_payouts,
            commands::payouts::payout_parts,
            commands::payouts::give_up_payout_parts,
            commands::payouts::pay_payouts_again,
            commands::payouts::payout_rules,
            commands::payouts::save_payout_rules,
            commands::payouts::require_two_persons,
            commands::payouts::require_one_person,
            commands::payouts::contacts,
            commands::payouts::save_contact,
            commands::payouts::remove_contact,
            commands::audit::audit_log,
            commands::audit::verify_audit_log,
            commands::audit::save_audit_log,
            commands::payouts::open_payout_in_explorer,
            commands::second_factor::second_factor,
            commands::second_factor::enrol_second_factor,
            commands::second_factor::choose_second_factor_picture,
            commands::second_factor::forget_second_factor,
            commands::screen_lock::set_lock,
            commands::screen_lock::set_lock_minutes,
            commands::screen_lock::remove_lock,
            commands::screen_lock::lock_now,
            commands::screen_lock::unlock,
            commands::screen_lock::in_use,
            commands::screen_lock::forget_all,
            commands::second_factor::demo_phone,
            commands::notifications::notifications,
            commands::notifications::mark_notifications_read,
            commands::notifications::mark_all_notifications_read,
            commands::notifications::notification_rules,
            commands::notifications::save_notification_rules,
            commands::notifications::pause_notifications,
            commands::notifications::send_test_notification,
            commands::notifications::autostart,
            commands::notifications::save_autostart,
            commands::callbacks::callback_listener,
            commands::callbacks::listen_for_callbacks,
            commands::callbacks::stop_listening_for_callbacks,
            commands::callbacks::set_ipn_secret,
            commands::callbacks::forget_ipn_secret,
            commands::callbacks::list_callbacks,
            commands::callbacks::callback,
            commands::callbacks::send_test_callback,
            commands::callbacks::check_callback,
            commands::moves::preview_move,
            commands::moves::confirm_move,
            commands::moves::moves,
            commands::moves::move_made,
            commands::moves::unsettled_moves,
            commands::moves::look_for_move,
            commands::moves::give_up_move,
            commands::custody::custody_status,
            commands::custody::refresh_custody,
            commands::custody::custody_users,
            commands::custody::custody_user,
            commands::custody::refresh_custody_user,
            commands::custody::make_custody_user,
            commands::custody::make_custody_payment,
            commands::custody::custody_payments,
            commands::custody::moves_of_custody_user,
            commands::custody::custody_transfers,
            commands::custody::custody_transfer,
            commands::custody::custody_ledger,
            commands::custody::save_custody_ledger,
            commands::conversions::quote_conversion,
            commands::conversions::conversions,
            commands::conversions::conversion,
            commands::conversions::refresh_conversions,
            commands::fiat_payouts::fiat_payout_catalogue,
            commands::fiat_payouts::fiat_payout_methods,
            commands::fiat_payouts::fiat_accounts,
            commands::fiat_payouts::add_fiat_account,
            commands::fiat_payouts::fiat_payouts,
            commands::fiat_payouts::fiat_payout,
            commands::fiat_payouts::refresh_fiat_payouts,
        ])
        .events(tauri_specta::collect_events![Happened])
        .constant("PAYOUT_TEMPLATE", paydesk_core::payouts::import::TEMPLATE)
        .constant("FIAT_CURRENCIES", paydesk_core::fiat::CURRENCIES)
}

/// Opens the window and runs until the owner quits.
pub fn run() -> ExitCode {
    painting::suit_the_computer();
    let bridge = bridge();
    let built = tauri::Builder::default()
        .plugin(tauri_plugin_single_instance::init(|app, arguments, folder| {
            let (app, arguments) = (app.clone(), Arguments::read(arguments, Path::new(&folder)));
            if !arguments.hidden {
                tray::show(&app);
            }
            tauri::async_runtime::spawn(async move { arguments::take(&app, arguments).await });
        }))
        .plugin(
            // Whether the window is shown is not remembered: it may have been in the tray.
            tauri_plugin_window_state::Builder::default()
                .with_state_flags(StateFlags::all() - StateFlags::VISIBLE)
                .build(),
        )
        .plugin(tauri_plugin_notification::init())
        .plugin(autostart::plugin())
        .plugin(tauri_plugin_dialog::init())
        .plugin(tauri_plugin_opener::init())
        .invoke_handler(bridge.invoke_handler())
        .setup(move |app| {
            bridge.mount_events(app);
            set_up(app.handle())
        })
        .on_window_event(|window, event| match event {
            WindowEvent::CloseRequested { api, .. } => {
                api.prevent_close();
                let _ = window.hide();
                let app = window.app_handle().clone();
                tauri::async_runtime::spawn(async move { tray::explain(&app).await });
            }
            WindowEvent::DragDrop(tauri::DragDropEvent::Drop { paths, .. }) => {
                let (app, paths) = (window.app_handle().clone(), paths.clone());
                tauri::async_runtime::spawn(async move { files::take_dropped(&app, paths).await });
            }
            _ => {}
        })
        .build(tauri::generate_context!("tauri.conf.json"));
    let app = match built {
        Ok(app) => app,
        Err(error) => return fail(&error),
    };
    app.run(|app, event| {
        if let RunEvent::Exit = event
            && let Some(core) = app.try_state::<Core>()
        {
            tauri::async_runtime::block_on(core.close());
        }
    });
    ExitCode::SUCCESS
}

#[expect(clippy::print_stderr, reason = "there is no window to say it in")]
fn fail(error: &dyn std::error::Error) -> ExitCode {
    eprintln!("Paydesk cannot start: {error}");
    ExitCode::FAILURE
}

/// Opens core and everything around it, then shows the window.
fn set_up(app: &AppHandle) -> Result<(), Box<dyn std::error::Error>> {
    let logs = app.path().app_log_dir()?;
    logs::start(&logs)?;
    let data = app.path().app_local_data_dir()?;
    let demo = Demo::new(data.join("demo"));
    let surroundings = Surroundings { logs, ..Surroundings::native(data, Keychain::native("paydesk")) };
    let opened =
        tauri::async_runtime::block_on(async { Core::open_with(surroundings, demo::bases()?).await });
    let core = match opened {
        Ok(core) => core,
        Err(failure) => {
            say_and_quit(app, &failure.message);
            return Ok(());
        }
    };
    notify::start(app, &core);
    forward_changes(app, &core);
    app.manage(core);
    app.manage(demo);
    demo::carry_callbacks(app, &app.state::<Core>());
    app.manage(Desktop::native(app));
    app.manage(Files::default());
    let arguments = Arguments::read(std::env::args(), &std::env::current_dir().unwrap_or_default());
    let hidden = arguments.hidden;
    if !hidden {
        hold_back(&app.state::<Core>());
    }
    tauri::async_runtime::block_on(async {
        let (core, demo) = (app.state::<Core>(), app.state::<Demo>());
        // Why a shop could not be opened again is part of what core tells the window.
        if !arguments.demo
            && let Err(failure) = core.reopen(|| demo.connection()).await
        {
            tracing::warn!(%failure, "the last shop could not be opened again");
        }
        arguments::take(app, arguments).await;
    });
    tray::build(app)?;
    tauri::async_runtime::block_on(tray::update(app, &app.state::<Core>()));
    if !hidden {
        tray::show(app);
    }
    Ok(())
}

/// Until the window shows what it begins with ([`commands::app::usable`]), nothing goes on beside it.
fn hold_back(core: &Core) {
    core.hold_back();
    let core = core.clone();
    tauri::async_runtime::spawn(async move {
        tokio::time::sleep(ALONE).await;
        core.begin();
    });
}

/// There is no window to say it in: a dialog does, and ends the program.
fn say_and_quit(app: &AppHandle, message: &str) {
    tracing::error!(message, "cannot start");
    let handle = app.clone();
    app.dialog()
        .message(message)
        .title(said!(en: "Paydesk cannot start", de: "Paydesk kann nicht starten"))
        .kind(MessageDialogKind::Error)
        .show(move |_| handle.exit(1));
}

/// Hands every change that core announces to the window.
fn forward_changes(app: &AppHandle, core: &Core) {
    let mut changes = core.changes();
    let app = app.clone();
    tauri::async_runtime::spawn(async move {
        use tokio::sync::broadcast::error::RecvError;
        loop {
            let changed = match changes.recv().await {
                Ok(changed) => changed,
                // The window was too slow to hear each of them: it reads everything again.
                Err(RecvError::Lagged(_)) => Changed::Everything,
                Err(RecvError::Closed) => return,
            };
            if let Err(error) = Happened(changed).emit(&app) {
                tracing::warn!(%error, "the window did not hear of a change");
            }
        }
    });
}

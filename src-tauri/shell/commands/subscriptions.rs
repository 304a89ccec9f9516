//! Plans and subscribers.

use paydesk_core::{
    Core,
    charts::{Chart, ChartSize, Palette},
    subscriptions::{
        PlanChart, PlanDetail, PlanEdit, PlanList, SubscriberFile, SubscriberFileOpened, SubscriberRowStatus,
        SubscriberRows, SubscriptionCall, SubscriptionDetail, SubscriptionPage, SubscriptionQuery, Unpaid,
        WhoSubscribes,
    },
};
use tauri::State;

use super::Answer;
use crate::{Desktop, DropTarget, Files};

/// All plans with their figures.
#[tauri::command]
#[specta::specta]
pub(crate) async fn subscription_plans(core: State<'_, Core>) -> Answer<PlanList> {
    core.shop()?.subscriptions.plans().await
}

/// One plan with its figures and its next renewals.
#[tauri::command]
#[specta::specta]
pub(crate) async fn subscription_plan(core: State<'_, Core>, id: String) -> Answer<PlanDetail> {
    core.shop()?.subscriptions.plan(&id).await
}

/// A chart of a plan.
#[tauri::command]
#[specta::specta]
pub(crate) async fn subscription_plan_chart(
    core: State<'_, Core>,
    id: String,
    chart: PlanChart,
    palette: Palette,
    size: ChartSize,
) -> Answer<Chart> {
    core.shop()?.subscriptions.chart(&id, chart, palette, size).await
}

/// Makes a plan, once.
#[tauri::command]
#[specta::specta]
pub(crate) async fn make_subscription_plan(
    core: State<'_, Core>,
    plan: PlanEdit,
) -> Answer<SubscriptionCall> {
    core.shop()?.subscriptions.make_plan(plan).await
}

/// What a change of a plan would do to its subscribers, in words.
#[tauri::command]
#[specta::specta]
pub(crate) async fn describe_plan_change(
    core: State<'_, Core>,
    id: String,
    plan: PlanEdit,
) -> Answer<Vec<String>> {
    core.shop()?.subscriptions.describe_change(&id, plan).await
}

/// What subscribing somebody would do, in words.
#[tauri::command]
#[specta::specta]
pub(crate) async fn describe_subscribing(
    core: State<'_, Core>,
    plan: String,
    who: WhoSubscribes,
) -> Answer<String> {
    core.shop()?.subscriptions.describe_subscribing(&plan, who).await
}

/// Changes a plan, once.
#[tauri::command]
#[specta::specta]
pub(crate) async fn change_subscription_plan(
    core: State<'_, Core>,
    id: String,
    plan: PlanEdit,
) -> Answer<SubscriptionCall> {
    core.shop()?.subscriptions.change_plan(&id, plan).await
}

/// A page of subscriptions.
#[tauri::command]
#[specta::specta]
pub(crate) async fn list_subscriptions(
    core: State<'_, Core>,
    query: SubscriptionQuery,
) -> Answer<SubscriptionPage> {
    core.shop()?.subscriptions.list(query).await
}

/// One subscription with what happened to it.
#[tauri::command]
#[specta::specta]
pub(crate) async fn subscription(core: State<'_, Core>, id: String) -> Answer<SubscriptionDetail> {
    core.shop()?.subscriptions.get(&id).await
}

/// Reads plans and subscriptions anew.
#[tauri::command]
#[specta::specta]
pub(crate) async fn refresh_subscriptions(core: State<'_, Core>) -> Answer<()> {
    core.shop()?.subscriptions.refresh().await
}

/// Subscribes somebody to a plan, once.
#[tauri::command]
#[specta::specta]
pub(crate) async fn subscribe(
    core: State<'_, Core>,
    plan: String,
    who: WhoSubscribes,
) -> Answer<SubscriptionCall> {
    core.shop()?.subscriptions.subscribe(&plan, who).await
}

/// Ends a subscription for good.
#[tauri::command]
#[specta::specta]
pub(crate) async fn end_subscription(core: State<'_, Core>, id: String) -> Answer<SubscriptionCall> {
    core.shop()?.subscriptions.end(&id).await
}

/// What was asked for here and is not settled.
#[tauri::command]
#[specta::specta]
pub(crate) async fn unsettled_subscription_calls(core: State<'_, Core>) -> Answer<Vec<SubscriptionCall>> {
    core.shop()?.subscriptions.unsettled().await
}

/// Looks for what a call with an unknown end has done.
#[tauri::command]
#[specta::specta]
pub(crate) async fn look_for_subscription_call(
    core: State<'_, Core>,
    id: String,
) -> Answer<SubscriptionCall> {
    core.shop()?.subscriptions.look_for(&id).await
}

/// The owner's word that what an unknown call asked for was not done.
#[tauri::command]
#[specta::specta]
pub(crate) async fn give_up_subscription_call(core: State<'_, Core>, id: String) -> Answer<SubscriptionCall> {
    core.shop()?.subscriptions.give_up(&id).await
}

/// The subscriptions that wait for money.
#[tauri::command]
#[specta::specta]
pub(crate) async fn unpaid_subscriptions(core: State<'_, Core>) -> Answer<Vec<Unpaid>> {
    core.shop()?.subscriptions.unpaid().await
}

/// Writes the unpaid ones to a file that the owner names; the file's path, or `None` when none was named.
#[tauri::command]
#[specta::specta]
pub(crate) async fn save_unpaid_subscriptions(
    core: State<'_, Core>,
    desktop: State<'_, Desktop>,
) -> Answer<Option<String>> {
    let list = core.shop()?.subscriptions.unpaid_csv().await?;
    desktop.save_file("unpaid-subscriptions.csv", list.as_bytes()).await
}

/// Lets the owner choose a file of subscribers to a plan and reads it; `None` when nothing was chosen.
#[tauri::command]
#[specta::specta]
pub(crate) async fn choose_subscriber_file(
    core: State<'_, Core>,
    desktop: State<'_, Desktop>,
    plan: String,
) -> Answer<Option<SubscriberFileOpened>> {
    let shop = core.shop()?;
    let Some(path) = desktop.choose_file().await else { return Ok(None) };
    shop.subscriptions.open_file(&plan, &path).await.map(Some)
}

/// Says who takes what is dropped on the window from now on.
#[tauri::command]
#[specta::specta]
pub(crate) async fn aim_drops(files: State<'_, Files>, target: DropTarget) -> Answer<()> {
    files.aim_drops(target);
    Ok(())
}

/// Reads the file that was dropped for the importer of subscribers.
#[tauri::command]
#[specta::specta]
pub(crate) async fn open_dropped_subscribers(
    core: State<'_, Core>,
    files: State<'_, Files>,
    plan: String,
) -> Answer<SubscriberFileOpened> {
    core.shop()?.subscriptions.open_file(&plan, &files.dropped_subscribers()?).await
}

/// Reads pasted text as a file of subscribers to a plan.
#[tauri::command]
#[specta::specta]
pub(crate) async fn open_subscriber_text(
    core: State<'_, Core>,
    plan: String,
    name: String,
    text: String,
) -> Answer<SubscriberFileOpened> {
    core.shop()?.subscriptions.open_text(&plan, &name, &text).await
}

/// Says which column of the file that asks holds the addresses, from 0, and whether its first row names the columns.
#[tauri::command]
#[specta::specta]
pub(crate) async fn answer_subscriber_file(
    core: State<'_, Core>,
    column: u32,
    header: bool,
) -> Answer<SubscriberFileOpened> {
    core.shop()?.subscriptions.answer_file(column, header).await
}

/// The files of subscribers, newest first.
#[tauri::command]
#[specta::specta]
pub(crate) async fn subscriber_files(core: State<'_, Core>) -> Answer<Vec<SubscriberFile>> {
    core.shop()?.subscriptions.files().await
}

/// One file of subscribers.
#[tauri::command]
#[specta::specta]
pub(crate) async fn subscriber_file(core: State<'_, Core>, id: String) -> Answer<SubscriberFile> {
    core.shop()?.subscriptions.file(&id).await
}

/// Rows of a file of subscribers.
#[tauri::command]
#[specta::specta]
pub(crate) async fn subscriber_rows(
    core: State<'_, Core>,
    id: String,
    status: Option<SubscriberRowStatus>,
    after: Option<u32>,
    limit: u32,
) -> Answer<SubscriberRows> {
    core.shop()?.subscriptions.rows(&id, status, after, limit).await
}

/// Corrects a row of a file of subscribers.
#[tauri::command]
#[specta::specta]
pub(crate) async fn edit_subscriber_row(
    core: State<'_, Core>,
    id: String,
    number: u32,
    email: String,
) -> Answer<SubscriberFile> {
    core.shop()?.subscriptions.edit_row(&id, number, &email).await
}

/// Leaves a row of a file of subscribers out.
#[tauri::command]
#[specta::specta]
pub(crate) async fn leave_subscriber_row_out(
    core: State<'_, Core>,
    id: String,
    number: u32,
) -> Answer<SubscriberFile> {
    core.shop()?.subscriptions.leave_row_out(&id, number).await
}

/// Begins to subscribe the rows of a file that are ready, or goes on with it.
#[tauri::command]
#[specta::specta]
pub(crate) async fn send_subscriber_file(core: State<'_, Core>, id: String) -> Answer<SubscriberFile> {
    core.shop()?.subscriptions.send_file(&id).await
}

/// Stops the sending of a file after the row that is under way.
#[tauri::command]
#[specta::specta]
pub(crate) async fn stop_subscriber_file(core: State<'_, Core>, id: String) -> Answer<SubscriberFile> {
    core.shop()?.subscriptions.stop_file(&id).await
}

/// Throws a file of subscribers away. Who was subscribed stays subscribed.
#[tauri::command]
#[specta::specta]
pub(crate) async fn delete_subscriber_file(core: State<'_, Core>, id: String) -> Answer<()> {
    core.shop()?.subscriptions.delete_file(&id).await
}

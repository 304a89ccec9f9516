//! A typed client for the [NOWPayments](https://nowpayments.io) HTTP API.
//!
//! A call is a plain struct, and [`Client::send`] makes it; lists are read with [`Client::pages`]. The example runs
//! against the simulator of the same house; the API itself is at `https://api.nowpayments.io/v1`, its sandbox at
//! `https://api-sandbox.nowpayments.io/v1`.
//!
//! ```
//! use nowpayments::{Client, Credentials, payments::{CreatePayment, GetPayment, PaymentStatus}};
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # let simulator = nowpayments_simulator::Simulator::start(Default::default()).await?;
//! # let (url, key) = (simulator.url(), simulator.credentials().api_key);
//! let client = Client::new(url.parse()?, Credentials { api_key: key.into(), login: None })?;
//! let new = CreatePayment {
//!     order_id: Some("A-17".to_owned()),
//!     ..CreatePayment::new("249.90".parse()?, "eur".parse()?, "btc".parse()?)
//! };
//! let made = client.send(&new).await?;
//! let payment = client.send(&GetPayment { id: made.payment_id }).await?;
//! assert_eq!(payment.payment_status, PaymentStatus::Waiting);
//! assert_eq!(payment.price_amount, new.price_amount);
//! # Ok(())
//! # }
//! ```
//!
//! - **Money is exact.** An [`Amount`] takes the digits that were sent, never a float.
//! - **Quirks end here.** The API sends one field now as a number and now as a string, in two spellings, or as
//!   the text `null`; the types of this crate have one form. What the API adds is ignored, a status that it
//!   invents is kept as it came, and what it leaves out is `None`.
//! - **Nothing is done twice.** Only a GET is repeated by itself. When another call fails, [`Error::outcome`]
//!   tells whether it was not done, or whether that is unknown.
//! - **Callbacks are verified** as NOWPayments signs them, by [`callbacks::verify`].
//! - **Secrets stay inside.** No `Debug`, no error and no log line has the key, the password or a token; no
//!   redirect is followed; and plain HTTP is spoken with this computer alone.
//!
//! # The endpoints
//!
//! These are all that the official documents have: the collection of April 2026 and, for `cancel-batch`, the OpenAPI of
//! July 2026. What only others have written about, such as reading an invoice, does not exist. "K" is a call that shows the
//! API key, "J" one that shows the token of the dashboard login, which [`Client`] gets by itself with [`Login`].
//!
//! | call | shows | type |
//! |---|---|---|
//! | `GET /status` | | [`GetStatus`](auth::GetStatus) |
//! | `POST /auth` | | [`LogIn`](auth::LogIn) |
//! | `GET /currencies` | K | [`GetCurrencies`](currencies::GetCurrencies) |
//! | `GET /full-currencies` | K | [`GetFullCurrencies`](currencies::GetFullCurrencies) |
//! | `GET /merchant/coins` | K | [`GetMerchantCoins`](currencies::GetMerchantCoins) |
//! | `GET /min-amount` | K | [`GetMinAmount`](estimates::GetMinAmount) |
//! | `GET /estimate` | K | [`GetEstimate`](estimates::GetEstimate) |
//! | `POST /payment` | K | [`CreatePayment`](payments::CreatePayment) |
//! | `POST /payment/:id/update-merchant-estimate` | K | [`RenewEstimate`](payments::RenewEstimate) |
//! | `GET /payment/:id` | K | [`GetPayment`](payments::GetPayment) |
//! | `GET /payment/` | K J | [`ListPayments`](payments::ListPayments) |
//! | `POST /invoice` | K | [`CreateInvoice`](invoices::CreateInvoice) |
//! | `POST /invoice-payment` | K | [`CreateInvoicePayment`](invoices::CreateInvoicePayment) |
//! | `GET /balance` | K | [`GetBalance`](balance::GetBalance) |
//! | `POST /payout/validate-address` | K | [`ValidateAddress`](payouts::ValidateAddress) |
//! | `POST /payout` | K J | [`CreatePayout`](payouts::CreatePayout) |
//! | `POST /payout/:batch_id/verify` | K J | [`VerifyPayout`](payouts::VerifyPayout) |
//! | `GET /payout/:batch_id` | K | [`GetPayout`](payouts::GetPayout) |
//! | `GET /payout` | K | [`ListPayouts`](payouts::ListPayouts) |
//! | `GET /payout-withdrawal/min-amount/:coin` | K | [`GetPayoutMinimum`](payouts::GetPayoutMinimum) |
//! | `GET /payout/fee` | K | [`GetPayoutFee`](payouts::GetPayoutFee) |
//! | `POST /payout/:payout_id/cancel` | K J | [`CancelPayout`](payouts::CancelPayout) |
//! | `POST /payout/:batch_id/cancel-batch` | K J | [`CancelPayoutBatch`](payouts::CancelPayoutBatch) |
//! | `POST /conversion` | J | [`CreateConversion`](conversions::CreateConversion) |
//! | `GET /conversion/:id` | J | [`GetConversion`](conversions::GetConversion) |
//! | `GET /conversion` | J | [`ListConversions`](conversions::ListConversions) |
//! | `POST /sub-partner/balance` | J | [`CreateCustodyUser`](custody::CreateCustodyUser) |
//! | `GET /sub-partner/balance/:id` | K | [`GetCustodyBalance`](custody::GetCustodyBalance) |
//! | `GET /sub-partner` | J | [`ListCustodyUsers`](custody::ListCustodyUsers) |
//! | `GET /sub-partner/transfers` | J | [`ListTransfers`](custody::ListTransfers) |
//! | `GET /sub-partner/transfer/:id` | J | [`GetTransfer`](custody::GetTransfer) |
//! | `POST /sub-partner/transfer` | J | [`CreateTransfer`](custody::CreateTransfer) |
//! | `POST /sub-partner/payment` | K J | [`CreateCustodyPayment`](custody::CreateCustodyPayment) |
//! | `GET /sub-partner/payments` | J | [`ListCustodyPayments`](custody::ListCustodyPayments) |
//! | `POST /sub-partner/deposit` | J | [`CreateDeposit`](custody::CreateDeposit) |
//! | `POST /sub-partner/write-off` | J | [`CreateWriteOff`](custody::CreateWriteOff) |
//! | `POST /subscriptions/plans` | J | [`CreatePlan`](subscriptions::CreatePlan) |
//! | `PATCH /subscriptions/plans/:id` | J | [`UpdatePlan`](subscriptions::UpdatePlan) |
//! | `GET /subscriptions/plans/:id` | K | [`GetPlan`](subscriptions::GetPlan) |
//! | `GET /subscriptions/plans` | K | [`ListPlans`](subscriptions::ListPlans) |
//! | `POST /subscriptions` | K J | [`Subscribe`](subscriptions::Subscribe) |
//! | `GET /subscriptions` | K | [`ListSubscriptions`](subscriptions::ListSubscriptions) |
//! | `GET /subscriptions/:id` | K | [`GetSubscription`](subscriptions::GetSubscription) |
//! | `DELETE /subscriptions/:id` | J | [`DeleteSubscription`](subscriptions::DeleteSubscription) |
//! | `GET /fiat-payouts/providers` | J | [`GetFiatProviders`](fiat_payouts::GetFiatProviders) |
//! | `GET /fiat-payouts/fiat-currencies` | J | [`GetFiatCurrencies`](fiat_payouts::GetFiatCurrencies) |
//! | `GET /fiat-payouts/crypto-currencies` | J | [`GetFiatPayoutCoins`](fiat_payouts::GetFiatPayoutCoins) |
//! | `GET /fiat-payouts/payment-methods` | J | [`GetFiatPaymentMethods`](fiat_payouts::GetFiatPaymentMethods) |
//! | `POST /fiat-payouts/account` | K J | [`CreateFiatAccount`](fiat_payouts::CreateFiatAccount) |
//! | `GET /fiat-payouts/accounts` | J | [`ListFiatAccounts`](fiat_payouts::ListFiatAccounts) |
//! | `POST /fiat-payouts` | K J | [`CreateFiatPayout`](fiat_payouts::CreateFiatPayout) |
//! | `GET /fiat-payouts` | J | [`ListFiatPayouts`](fiat_payouts::ListFiatPayouts) |

pub mod amount;
pub mod auth;
pub mod balance;
pub mod callbacks;
mod client;
pub mod conversions;
pub mod currencies;
pub mod custody;
mod endpoint;
mod envelope;
mod error;
pub mod estimates;
pub mod fiat_payouts;
mod ids;
pub mod invoices;
pub mod payments;
pub mod payouts;
mod rows;
mod status;
pub mod subscriptions;
mod wire;

pub use reqwest::Method;
pub use secrecy::SecretString;
pub use url::Url;

pub use amount::{Amount, AmountError};
pub use client::{Client, Credentials, Login, Options, Retry, SetupError};
pub use currencies::{Coin, Ticker, TickerError, read_full_currencies};
pub use endpoint::{Access, Endpoint, Listing, Order, Paged};
pub use envelope::Page;
pub use error::{Call, Error, Outcome, Refused, Shortage, Unreachable, Unreadable};
pub use ids::{
    ConversionId, CustodyUserId, FiatAccountId, FiatPayoutId, IdError, InvoiceId, PaymentId, PayoutBatchId,
    PayoutId, PlanId, PurchaseId, RecurringId, SubscriptionId, TransferId,
};
pub use rows::{ByRow, Row, UnreadableRow};

#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;

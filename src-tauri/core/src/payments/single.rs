//! Reading one payment again.

use std::borrow::Cow;

use nowpayments::{
    Access, Endpoint, Method, PaymentId,
    payments::{GetPayment, Payment},
};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use super::{Payments, cache::Answered};
use crate::failure::Failure;
use crate::language::said;

impl Payments {
    /// Asks NOWPayments for one payment, whether it is cached or not, and takes the answer into the cache; says whether
    /// that changed anything.
    ///
    /// # Errors
    /// When NOWPayments does not answer, refuses, or knows no such payment; or when the shop was closed. The cache is as
    /// it was then.
    pub async fn read_again(&self, id: &str) -> Result<bool, Failure> {
        let id: PaymentId =
            id.parse().map_err(|_| Failure::not_found(said!(en: "payment", de: "diese Zahlung")))?;
        let answer = self.ask(id.clone()).await.map_err(|error| Failure::from_api(&error))?;
        Ok(self.take_answer(&id, Some(answer)).await?)
    }

    pub(super) async fn ask(&self, id: PaymentId) -> Result<Answer, nowpayments::Error> {
        self.ctx.client.send(&Get(GetPayment { id })).await
    }
}

/// `GET /payment/:id`, with the API's own JSON beside what the client reads of it.
#[derive(Serialize)]
#[serde(transparent)]
struct Get(GetPayment);

#[derive(Deserialize)]
#[serde(try_from = "Box<RawValue>")]
pub(super) struct Answer(pub(super) Answered);

impl TryFrom<Box<RawValue>> for Answer {
    type Error = serde_json::Error;

    fn try_from(json: Box<RawValue>) -> Result<Self, Self::Error> {
        let payment: Payment = serde_json::from_str(json.get())?;
        Ok(Self(Answered { payment, json: String::from(Box::<str>::from(json)) }))
    }
}

impl Endpoint for Get {
    const METHOD: Method = GetPayment::METHOD;
    const ACCESS: Access = GetPayment::ACCESS;
    type Response = Answer;

    fn path(&self) -> Cow<'static, str> {
        self.0.path()
    }
}

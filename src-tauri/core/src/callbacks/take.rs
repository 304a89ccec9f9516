//! What becomes of a callback that came in.

use hyper::StatusCode;
use nowpayments::callbacks::Callback;
use tokio::sync::oneshot;

use super::{
    CallbackEffect, Callbacks,
    judge::{Genuine, Judgement, Refused, judge},
    record::{Entry, Told},
    server::{Answer, Delivery},
    words::About,
};
use crate::{changes::Changed, failure::Failure};

const TAKEN: Answer = Answer(StatusCode::OK, "Taken.");
const REFUSED: Answer = Answer(StatusCode::UNAUTHORIZED, "The signature is not right.");
const UNREADABLE: Answer = Answer(StatusCode::BAD_REQUEST, "The body cannot be read.");

impl Callbacks {
    /// Takes a delivery beside everything else: it goes on when nobody waits for the answer any more, and ends with the shop.
    pub(super) async fn answer(self, delivery: Delivery) -> Answer {
        let (done, answer) = oneshot::channel();
        let ctx = self.ctx.clone();
        ctx.in_background(async move {
            let _ = done.send(self.take(&delivery).await); // nobody may wait any more
        });
        answer.await.unwrap_or(Answer::LATER)
    }

    async fn take(&self, delivery: &Delivery) -> Answer {
        let Some(secret) = self.listener.secret() else { return Answer::LATER };
        let signature = delivery.signature.as_deref();
        let (answer, mut entry) = match judge(&delivery.body, signature, &secret) {
            Judgement::Genuine(genuine) => self.act(&genuine).await,
            Judgement::Refused(refused) => refuse(refused),
        };
        entry.bytes = u32::try_from(delivery.body.len()).unwrap_or(u32::MAX);
        entry.signature_end = signature.and_then(end_of);
        self.listener.count(entry.told.is_some());
        match self.write(&entry).await {
            Ok(()) => {
                self.ctx.announce(Changed::Callbacks);
                answer
            }
            Err(failure) => {
                tracing::warn!(%failure, "a callback could not be written down");
                Answer::LATER
            }
        }
    }

    /// Does what a genuine callback asks for, unless the same one was taken before.
    async fn act(&self, Genuine { verified, callback, kind }: &Genuine) -> (Answer, Entry) {
        let about = About::new(callback);
        let told = Told {
            form: verified.form().into(),
            kind: *kind,
            subject: about.id.map(str::to_owned),
            batch: match callback {
                Callback::Payout(payout) => Some(payout.batch_withdrawal_id.to_string()),
                _ => None,
            },
            status: about.status.map(str::to_ascii_lowercase),
            key: callback.key(),
            body: verified.text().to_owned(),
        };
        let done = match self.was_taken(told.key.as_deref()).await {
            Ok(true) => Ok(CallbackEffect::Repeated),
            Ok(false) => self.update(callback).await,
            Err(failure) => Err(failure),
        };
        let (answer, effect, reason) = match done {
            Ok(effect) => (TAKEN, effect, None),
            Err(failure) => {
                tracing::warn!(kind = kind.name(), %failure, "a callback could not be taken");
                (Answer::LATER, CallbackEffect::NotTaken, Some(failure.message))
            }
        };
        (answer, Entry { effect, reason, told: Some(told), ..Entry::default() })
    }

    /// Has a genuine callback change what it is about.
    async fn update(&self, callback: &Callback) -> Result<CallbackEffect, Failure> {
        Ok(match callback {
            Callback::Payment(payment) => match self.payments.take_callback(payment).await? {
                true => CallbackEffect::Changed,
                false => CallbackEffect::Known,
            },
            Callback::Payout(payout) => match self.payouts.take_callback(payout).await? {
                true => CallbackEffect::LookedUp,
                false => CallbackEffect::Noted,
            },
            Callback::Recurring(_) | Callback::Other => CallbackEffect::Noted,
        })
    }
}

fn refuse(refused: Refused) -> (Answer, Entry) {
    let answer = if refused.unsigned { REFUSED } else { UNREADABLE };
    (answer, Entry { reason: Some(refused.reason()), ..Entry::default() })
}

/// The last characters of a signature, to tell one from another; nothing of what is none.
fn end_of(signature: &str) -> Option<String> {
    let signature = signature.trim();
    let is_one = signature.len() == 128 && signature.bytes().all(|byte| byte.is_ascii_hexdigit());
    is_one.then(|| signature[120..].to_owned())
}

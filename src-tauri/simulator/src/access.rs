//! Keys, login, tokens and one-time codes.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::{DateTime, Utc};
use hmac::{Hmac, KeyInit, Mac};
use rand::{Rng, RngExt};
use serde::{Deserialize, Serialize};
use sha2::Sha256;
use totp_rs::{Algorithm, Builder, Secret, Totp};

use crate::Credentials;
use crate::address::bytes;
use crate::api::{Answer, Call, Outcome, Refusal};
use crate::wire::{Fields, object};
use crate::world::World;

/// A login lasts five minutes.
const TOKEN_SECONDS: i64 = 300;

/// The account of the simulated shop.
#[derive(Serialize, Deserialize)]
pub(crate) struct Access {
    pub(crate) api_key: String,
    pub(crate) email: String,
    pub(crate) password: String,
    pub(crate) totp_secret: Vec<u8>,
    pub(crate) ipn_secret: String,
    /// The account's id, which is the shop's among its customers.
    pub(crate) account: String,
    token_secret: Vec<u8>,
    /// The 30-second steps whose codes were accepted.
    used_steps: Vec<u64>,
}

impl Access {
    pub(crate) fn new(rng: &mut impl Rng) -> Self {
        let mut text = |alphabet: &[u8], length: usize| -> String {
            (0..length).map(|_| char::from(alphabet[rng.random_range(0..alphabet.len())])).collect()
        };
        const UPPER: &[u8] = b"ABCDEFGHJKMNPQRSTVWXYZ0123456789";
        const MIXED: &[u8] = b"ABCDEFGHJKMNPQRSTVWXYZabcdefghijkmnopqrstuvwxyz23456789";
        Self {
            api_key: (0..4).map(|_| text(UPPER, 7)).collect::<Vec<_>>().join("-"),
            email: "owner@kestrel-coffee.example".to_owned(),
            password: text(MIXED, 16),
            ipn_secret: text(MIXED, 32),
            account: text(b"123456789", 10),
            totp_secret: bytes::<20>(rng).to_vec(),
            token_secret: bytes::<32>(rng).to_vec(),
            used_steps: Vec::new(),
        }
    }

    pub(crate) fn credentials(&self) -> Credentials {
        Credentials {
            api_key: self.api_key.clone(),
            email: self.email.clone(),
            password: self.password.clone(),
            totp_secret: Secret::from(self.totp_secret.clone()).to_base32(),
            ipn_secret: self.ipn_secret.clone(),
        }
    }

    /// 403, as recorded; a missing key counts as a wrong one.
    pub(crate) fn check_key(&self, key: Option<&str>) -> Result<(), Refusal> {
        match key {
            Some(key) if key == self.api_key => Ok(()),
            _ => Err(Refusal::new(403, "INVALID_API_KEY", "Invalid api key")),
        }
    }

    /// 401, with the recorded message when the header is missing. The other messages are those of the library
    /// that Node programs use for tokens.
    pub(crate) fn check_bearer(&self, bearer: Option<&str>, now: DateTime<Utc>) -> Result<(), Refusal> {
        let refuse = |message: &str| Err(Refusal::new(401, "AUTH_REQUIRED", message));
        let Some(token) = bearer.filter(|token| !token.is_empty()) else {
            return refuse("Authorization header is empty (Bearer JWTtoken is required)");
        };
        let Some((signed, signature)) = token.rsplit_once('.') else { return refuse("jwt malformed") };
        if self.signature(signed) != signature {
            return refuse("invalid signature");
        }
        let expires = signed.split_once('.').and_then(|(_, payload)| {
            let payload: serde_json::Value =
                serde_json::from_slice(&URL_SAFE_NO_PAD.decode(payload).ok()?).ok()?;
            payload["exp"].as_i64()
        });
        if expires.is_some_and(|expires| now.timestamp() < expires) { Ok(()) } else { refuse("jwt expired") }
    }

    fn token(&self, now: DateTime<Utc>) -> String {
        let part = |json: String| URL_SAFE_NO_PAD.encode(json);
        let (issued, expires) = (now.timestamp(), now.timestamp() + TOKEN_SECONDS);
        let signed = format!(
            "{}.{}",
            part(r#"{"alg":"HS256","typ":"JWT"}"#.to_owned()),
            part(format!(r#"{{"id":"{}","iat":{issued},"exp":{expires}}}"#, self.account)),
        );
        format!("{signed}.{}", self.signature(&signed))
    }

    #[expect(clippy::expect_used, reason = "HMAC takes a key of any length")]
    fn signature(&self, signed: &str) -> String {
        let mut mac = Hmac::<Sha256>::new_from_slice(&self.token_secret).expect("a key");
        mac.update(signed.as_bytes());
        URL_SAFE_NO_PAD.encode(mac.finalize().into_bytes())
    }

    fn totp(&self) -> Totp {
        Builder::new()
            .with_algorithm(Algorithm::SHA1)
            .with_digits(6)
            .with_step_duration(30)
            .with_skew(1)
            .with_secret(self.totp_secret.clone())
            .build_noncompliant()
    }

    /// The one-time code of a moment (RFC 6238: SHA-1, 6 digits, 30 s).
    pub(crate) fn code_at(&self, at: DateTime<Utc>) -> String {
        self.totp().generate(seconds(at)).to_string()
    }

    /// Accepts the code of this step or of a neighbour, each only once.
    pub(crate) fn accept_code(&mut self, code: &str, now: DateTime<Utc>) -> bool {
        let is_plain = code.len() == 6 && code.bytes().all(|digit| digit.is_ascii_digit());
        let this = seconds(now) / 30;
        let totp = self.totp();
        let step = (this.saturating_sub(1)..=this + 1).find(|step| {
            is_plain && !self.used_steps.contains(step) && totp.generate(step * 30).to_string() == code
        });
        self.used_steps.retain(|used| used + 2 > this);
        self.used_steps.extend(step);
        step.is_some()
    }
}

fn seconds(at: DateTime<Utc>) -> u64 {
    at.timestamp().try_into().unwrap_or_default()
}

/// The id of the API key, which some answers carry.
pub(crate) fn token_id(world: &World) -> String {
    world.stream("token", 0).random_range(4_000_000_000..6_900_000_000_u64).to_string()
}

pub(crate) fn status(_: &mut World, _: &Call) -> Outcome {
    Ok(Answer::json(200, &object! { "message": "OK" }))
}

pub(crate) fn log_in(world: &mut World, call: &Call) -> Outcome {
    let mut fields = Fields::read(&call.body)?;
    let (email, password) = (fields.text("email")?, fields.text("password")?);
    let (email, password) = (fields.required("email", email)?, fields.required("password", password)?);
    fields.finish()?;
    if email != world.access.email || password != world.access.password {
        return Err(Refusal::new(403, "ACCESS_DENIED", "Access denied"));
    }
    Ok(Answer::json(200, &object! { "token": world.access.token(world.now) }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::SeedableRng;

    fn account() -> Access {
        let mut access = Access::new(&mut rand_chacha::ChaCha8Rng::seed_from_u64(1));
        access.totp_secret = b"12345678901234567890".to_vec();
        access
    }

    fn at(seconds: i64) -> DateTime<Utc> {
        DateTime::from_timestamp(seconds, 0).unwrap()
    }

    #[test]
    fn codes_are_those_of_rfc_6238() {
        for (seconds, code) in [(59, "287082"), (1_111_111_109, "081804"), (20_000_000_000, "353130")] {
            assert_eq!(account().code_at(at(seconds)), code);
        }
    }

    #[test]
    fn a_code_is_accepted_one_step_early_or_late_and_only_once() {
        let mut access = account();
        let code = access.code_at(at(1000));
        assert!(!access.accept_code(&code, at(1000 + 70)));
        assert!(!access.accept_code(&code, at(1000 - 60)));
        assert!(access.accept_code(&code, at(1000 + 30)));
        assert!(!access.accept_code(&code, at(1000 + 30)));
        assert!(!access.accept_code(&code, at(1000)));
        let next = access.code_at(at(1030));
        assert!(access.accept_code(&next, at(1030)));
    }

    #[test]
    fn a_token_ends_after_five_minutes_and_cannot_be_altered() {
        let access = account();
        let token = access.token(at(1000));
        let check = |token: &str, seconds| access.check_bearer(Some(token), at(seconds)).is_ok();
        assert!(check(&token, 1299));
        assert!(!check(&token, 1300));
        assert!(!check(&token.replace('.', ".A"), 1000));
        assert!(!check("", 1000));
    }
}

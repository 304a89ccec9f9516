//! Lists that are read row by row: one row that is not what was promised leaves the others as they are.

use std::{
    borrow::Cow,
    hash::{DefaultHasher, Hash, Hasher},
};

use chrono::{DateTime, Utc};
use reqwest::Method;
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use serde_json::value::RawValue;

use crate::{
    endpoint::{Access, Endpoint, Listing, Paged},
    envelope::Page,
    wire,
};

#[cfg(test)]
mod tests;

/// Any list of the API, read row by row.
#[derive(Debug, Clone, Serialize)]
#[serde(transparent)]
pub struct ByRow<E>(pub E);

/// A row of a list.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(from = "Box<RawValue>", bound = "T: DeserializeOwned")]
pub enum Row<T> {
    /// It was read.
    Read(T),
    /// It is not what was promised.
    Unreadable(UnreadableRow),
}

/// A row that is not what was promised. What it holds may be personal, and is in no log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnreadableRow {
    /// What is wrong with it.
    pub message: String,
    /// When it was made, if that much of it can be read.
    pub created_at: Option<DateTime<Utc>>,
    /// By which two that are wrong in the same way are told apart: the first of a page says which page it is.
    hash: u64,
}

impl<T> Row<T> {
    /// What was read, if it was.
    #[must_use]
    pub fn read(&self) -> Option<&T> {
        match self {
            Self::Read(row) => Some(row),
            Self::Unreadable(_) => None,
        }
    }

    /// Parts rows into those that were read and those that could not be.
    pub fn part(rows: impl IntoIterator<Item = Self>) -> (Vec<T>, Vec<UnreadableRow>) {
        let (mut read, mut unreadable) = (Vec::new(), Vec::new());
        for row in rows {
            match row {
                Self::Read(row) => read.push(row),
                Self::Unreadable(row) => unreadable.push(row),
            }
        }
        (read, unreadable)
    }
}

impl<T: DeserializeOwned> From<Box<RawValue>> for Row<T> {
    fn from(json: Box<RawValue>) -> Self {
        #[derive(Deserialize)]
        struct Made {
            #[serde(default, alias = "createdAt", deserialize_with = "wire::optional")]
            created_at: Option<DateTime<Utc>>,
        }

        match serde_json::from_str(json.get()) {
            Ok(row) => Self::Read(row),
            Err(problem) => {
                let made = serde_json::from_str::<Made>(json.get()).ok();
                let created_at = made.and_then(|made| made.created_at);
                let mut hash = DefaultHasher::new();
                json.get().hash(&mut hash);
                let (message, hash) = (problem.to_string(), hash.finish());
                Self::Unreadable(UnreadableRow { message, created_at, hash })
            }
        }
    }
}

impl<E: Paged> Endpoint for ByRow<E>
where
    <E::Response as Listing>::Item: DeserializeOwned,
{
    const METHOD: Method = E::METHOD;
    const ACCESS: Access = E::ACCESS;
    type Response = Page<Row<<E::Response as Listing>::Item>>;

    fn path(&self) -> Cow<'static, str> {
        self.0.path()
    }
}

impl<E: Paged> Paged for ByRow<E>
where
    <E::Response as Listing>::Item: DeserializeOwned,
{
    fn after(self, items: usize) -> Self {
        Self(self.0.after(items))
    }
}

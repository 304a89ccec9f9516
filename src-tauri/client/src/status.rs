//! What all statuses of the API have in common: how they are read, and that they only move forward.

#[cfg(test)]
mod tests;

/// Where a status stands on the way of what has it. The numbers are steps of that way.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Stage {
    /// On the way.
    Step(u8),
    /// A failure at the first step, which may be taken up again at the second.
    Setback(u8, u8),
    /// An end after which the provider does nothing of its own accord, though what is further on can follow.
    Rest(u8),
    /// An end for good.
    End(u8),
}

impl Stage {
    pub(crate) fn is_final(self) -> bool {
        matches!(self, Self::Rest(_) | Self::End(_))
    }

    /// Whether something at this stage can go on to another; `None` is a stage that is not known.
    pub(crate) fn may_become(self, later: Option<Self>) -> bool {
        let earliest = match self {
            Self::Step(step) | Self::Rest(step) | Self::Setback(_, step) => step,
            Self::End(_) => return false,
        };
        later.is_none_or(|later| later.step() >= earliest)
    }

    fn step(self) -> u8 {
        match self {
            Self::Step(step) | Self::Setback(step, _) | Self::Rest(step) | Self::End(step) => step,
        }
    }
}

/// A status: its words, as the API writes them, each with other spellings that are seen and its [`Stage`].
macro_rules! statuses {
    ($(#[$doc:meta])* $name:ident {
        $($(#[$known_doc:meta])* $known:ident = $word:literal $(| $other_spelling:literal)* => $stage:expr,)*
    }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, Hash)]
        pub enum $name {
            $($(#[$known_doc])* $known,)*
            /// A status that this version does not know, as it came.
            Other(String),
        }

        impl $name {
            /// All that this version knows.
            pub const KNOWN: &'static [Self] = &[$(Self::$known),*];

            /// The status as the API writes it; an unknown one as it came.
            #[must_use]
            pub fn as_str(&self) -> &str {
                match self {
                    $(Self::$known => $word,)*
                    Self::Other(other) => other,
                }
            }

            /// Whether the provider does nothing more of its own accord.
            #[must_use]
            pub fn is_final(&self) -> bool {
                self.stage().is_some_and($crate::status::Stage::is_final)
            }

            /// Whether an answer with this status can be newer than one with the `earlier` status. If not, it is a
            /// late one and must not overwrite it.
            ///
            /// A status that is not known may follow, and be followed by, any that is not an end for good.
            #[must_use]
            pub fn may_follow(&self, earlier: &Self) -> bool {
                self == earlier || earlier.stage().is_none_or(|stage| stage.may_become(self.stage()))
            }

            fn stage(&self) -> Option<$crate::status::Stage> {
                match self {
                    $(Self::$known => Some($stage),)*
                    Self::Other(_) => None,
                }
            }
        }

        impl From<&str> for $name {
            /// Reads a status in any case.
            fn from(text: &str) -> Self {
                $(if [$word $(, $other_spelling)*].iter().any(|word| word.eq_ignore_ascii_case(text)) {
                    return Self::$known;
                })*
                Self::Other(text.to_owned())
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.pad(self.as_str())
            }
        }

        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(self.as_str())
            }
        }

        impl<'de> serde::Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                std::borrow::Cow::<str>::deserialize(deserializer).map(|text| text.as_ref().into())
            }
        }
    };
}

pub(crate) use statuses;

use std::{fmt, sync::Arc};

use jiff::Timestamp;

use super::StateFuture;

/// A store of small texts that are only replaced if nobody else has replaced them meanwhile (compare and set). All shared
/// state except bookings and events is built on it, by [`SharedState`](super::SharedState), so one small implementation
/// is enough for a database that this workspace has no crate for.
///
/// - A text is replaced as a whole, by one writer at a time, and everybody reads the last one.
/// - A text may be lost, together with its version, if the database loses it. A version never comes twice, even then.
/// - A write whose future is dropped, or whose response is lost, has happened or has not.
pub trait KeyValueStore: fmt::Debug + Send + Sync {
    /// Reads the text of a key, and the store's time. Keys consist of lower-case letters, digits, `-` and `/`, at most 100
    /// characters.
    ///
    /// # Errors
    ///
    /// [`StateError`](super::StateError) if the store fails.
    fn read<'a>(&'a self, key: &'a str) -> StateFuture<'a, Stored>;

    /// Replaces the text if its version is still this one, which is `None` if there was no text. Returns `false` and
    /// changes nothing otherwise.
    ///
    /// # Errors
    ///
    /// [`StateError`](super::StateError) if the store fails. The text may have been replaced nevertheless.
    fn write<'a>(&'a self, key: &'a str, version: Option<u64>, text: &'a str) -> StateFuture<'a, bool>;

    /// The number of this connection to the store, with which others can ask whether it
    /// [has ended](Self::session_has_ended). `None`, the default, if the store cannot know that.
    ///
    /// # Errors
    ///
    /// [`StateError`](super::StateError) if the store fails.
    fn session_id(&self) -> StateFuture<'_, Option<u64>> {
        Box::pin(std::future::ready(Ok(None)))
    }

    /// Whether the session with this number was dropped or its process has ended. Its leases then need not expire first.
    /// Returns `false`, the default, unless that is certain.
    ///
    /// # Errors
    ///
    /// [`StateError`](super::StateError) if the store fails.
    fn session_has_ended(&self, session_id: u64) -> StateFuture<'_, bool> {
        let _ = session_id;
        Box::pin(std::future::ready(Ok(false)))
    }
}

impl<K: KeyValueStore + ?Sized> KeyValueStore for Arc<K> {
    fn read<'a>(&'a self, key: &'a str) -> StateFuture<'a, Stored> {
        (**self).read(key)
    }

    fn write<'a>(&'a self, key: &'a str, version: Option<u64>, text: &'a str) -> StateFuture<'a, bool> {
        (**self).write(key, version, text)
    }

    fn session_id(&self) -> StateFuture<'_, Option<u64>> {
        (**self).session_id()
    }

    fn session_has_ended(&self, session_id: u64) -> StateFuture<'_, bool> {
        (**self).session_has_ended(session_id)
    }
}

/// What a [`KeyValueStore`] holds for a key.
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Stored {
    /// The time of the store, which is the same for all its users.
    pub now: Timestamp,
    /// The version and the text, if there is one. A version is a number that the store never gives to another text of the
    /// key, for example a random one.
    pub text: Option<(u64, String)>,
}

impl Stored {
    /// Makes what a store returns: its time, and the version and the text if there is one.
    #[must_use]
    pub const fn new(now: Timestamp, text: Option<(u64, String)>) -> Self {
        Self { now, text }
    }
}

/// Leaves the text out: it may be of use to a thief.
impl fmt::Debug for Stored {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let version = self.text.as_ref().map(|(version, _)| version);
        f.debug_struct("Stored").field("now", &self.now).field("version", &version).finish_non_exhaustive()
    }
}

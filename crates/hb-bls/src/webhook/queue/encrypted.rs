//! A queue that encrypts the bodies of its events.

use std::{fmt, pin::Pin, time::Duration};

use chacha20poly1305::{
    XChaCha20Poly1305, XNonce,
    aead::{Aead as _, Generate as _, KeyInit as _, Payload},
};
use hb_bls_gen::Secret;
use hkdf::Hkdf;
use sha2::Sha256;
use uuid::Uuid;

use super::{
    Accepted, EventFilter, EventLease, EventQueue, KnownState, KnownStateChange, NewEvent, QueueStats, StoredEvent,
    TakenEvent, refused,
};
use crate::{
    BookingId,
    state::{AccountKey, StateError, StateFuture},
};

/// Says what the key is for, so that no other use of the secret makes the same.
const PURPOSE: &[u8] = b"hb-bls event queue 1";
const NONCE: usize = 24;
/// How long to wait before trying again to decrypt a body whose secret is missing.
const RETRY_DELAY: Duration = Duration::from_secs(600);
const UNREADABLE: &str = "its body was encrypted with another secret";

/// A queue whose bodies are encrypted (XChaCha20-Poly1305) with a key that is derived from a secret of yours (HKDF-SHA256).
///
/// The rest is stored as it is: ids, types, times, the numbers of bookings, and the reasons of failures. Bodies are bound to
/// the ids of their events, so they cannot be exchanged.
///
/// An event that none of the secrets can decrypt is neither handled nor lost: it stays open, [`list`](EventQueue::list)
/// says why, and it is tried again every ten minutes, until a worker has the secret.
#[derive(Clone)]
pub struct EncryptedQueue<Q> {
    queue: Q,
    ciphers: Vec<XChaCha20Poly1305>,
}

impl<Q: EventQueue> EncryptedQueue<Q> {
    /// Encrypts with a key from this secret, which should be random and at least 32 characters long.
    ///
    /// # Errors
    ///
    /// [`StateError`] if the secret is empty.
    pub fn new(queue: Q, secret: &Secret) -> Result<Self, StateError> {
        Ok(Self { queue, ciphers: vec![cipher(secret)?] })
    }

    /// Also decrypts what was encrypted with this earlier secret, which was replaced.
    ///
    /// # Errors
    ///
    /// [`StateError`] if the secret is empty.
    pub fn with_previous_secret(mut self, secret: &Secret) -> Result<Self, StateError> {
        self.ciphers.push(cipher(secret)?);
        Ok(self)
    }

    /// The queue with the encrypted bodies.
    pub fn inner(&self) -> &Q {
        &self.queue
    }

    fn encrypt(&self, event_id: Uuid, body: &[u8]) -> Option<Vec<u8>> {
        let nonce = XNonce::try_generate().ok()?;
        let ciphertext = self.ciphers.first()?.encrypt(&nonce, Payload { msg: body, aad: event_id.as_bytes() }).ok()?;
        Some([nonce.as_slice(), &ciphertext].concat())
    }

    fn decrypt(&self, event_id: Uuid, ciphertext: &[u8]) -> Option<Vec<u8>> {
        let (nonce, ciphertext) = ciphertext.split_at_checked(NONCE)?;
        let nonce = XNonce::try_from(nonce).ok()?;
        let decrypt = |cipher: &XChaCha20Poly1305| {
            cipher.decrypt(&nonce, Payload { msg: ciphertext, aad: event_id.as_bytes() }).ok()
        };
        self.ciphers.iter().find_map(decrypt)
    }
}

fn cipher(secret: &Secret) -> Result<XChaCha20Poly1305, StateError> {
    if secret.expose().is_empty() {
        return Err(refused("the secret to encrypt events with is empty"));
    }
    let mut key = [0; 32];
    let derived = Hkdf::<Sha256>::new(None, secret.expose().as_bytes()).expand(PURPOSE, &mut key);
    derived.map_err(|_| refused("no key can be derived"))?;
    Ok(XChaCha20Poly1305::new(&key.into()))
}

impl<Q: EventQueue> EventQueue for EncryptedQueue<Q> {
    fn accept<'a>(&'a self, event: &'a NewEvent) -> StateFuture<'a, Accepted> {
        Box::pin(async move {
            let body =
                self.encrypt(event.event_id, &event.body).ok_or_else(|| refused("the body cannot be encrypted"))?;
            self.queue.accept(&NewEvent { body, ..event.clone() }).await
        })
    }

    fn take(&self, limit: usize, lease: Duration) -> StateFuture<'_, Vec<TakenEvent>> {
        Box::pin(async move {
            let mut decrypted = Vec::new();
            for mut event in self.queue.take(limit, lease).await? {
                match self.decrypt(event.lease.event_id, &event.body) {
                    Some(body) => {
                        event.body = body;
                        decrypted.push(event);
                    }
                    // if this fails, its lease lapses
                    None => drop(self.queue.give_back(event.lease, RETRY_DELAY, UNREADABLE).await),
                }
            }
            Ok(decrypted)
        })
    }

    fn renew(&self, lease: EventLease, by: Duration) -> StateFuture<'_, bool> {
        self.queue.renew(lease, by)
    }

    fn done<'a>(&'a self, lease: EventLease, change: Option<&'a KnownStateChange>) -> StateFuture<'a, bool> {
        self.queue.done(lease, change)
    }

    fn failed<'a>(&'a self, lease: EventLease, again_in: Duration, why: &'a str) -> StateFuture<'a, bool> {
        self.queue.failed(lease, again_in, why)
    }

    fn give_back<'a>(&'a self, lease: EventLease, again_in: Duration, why: &'a str) -> StateFuture<'a, bool> {
        self.queue.give_back(lease, again_in, why)
    }

    fn dead<'a>(&'a self, lease: EventLease, why: &'a str) -> StateFuture<'a, bool> {
        self.queue.dead(lease, why)
    }

    fn list(&self, filter: EventFilter) -> StateFuture<'_, Vec<StoredEvent>> {
        self.queue.list(filter)
    }

    fn body(&self, event_id: Uuid) -> StateFuture<'_, Option<Vec<u8>>> {
        Box::pin(async move {
            let Some(ciphertext) = self.queue.body(event_id).await? else { return Ok(None) };
            self.decrypt(event_id, &ciphertext).map(Some).ok_or_else(|| refused(UNREADABLE))
        })
    }

    fn retry(&self, event_id: Uuid) -> StateFuture<'_, bool> {
        self.queue.retry(event_id)
    }

    fn remove(&self, event_id: Uuid) -> StateFuture<'_, bool> {
        self.queue.remove(event_id)
    }

    fn stats(&self) -> StateFuture<'_, QueueStats> {
        self.queue.stats()
    }

    fn clean(&self) -> StateFuture<'_, ()> {
        self.queue.clean()
    }

    fn known_states<'a>(&'a self, bookings: &'a [BookingId]) -> StateFuture<'a, Vec<(BookingId, KnownState)>> {
        self.queue.known_states(bookings)
    }

    fn set_known_state<'a>(&'a self, booking: BookingId, change: &'a KnownStateChange) -> StateFuture<'a, bool> {
        self.queue.set_known_state(booking, change)
    }

    fn assign_bookings<'a>(&'a self, account: &'a AccountKey, bookings: &'a [BookingId]) -> StateFuture<'a, ()> {
        self.queue.assign_bookings(account, bookings)
    }

    fn skip_booking<'a>(&'a self, account: &'a AccountKey, booking: BookingId, text: &'a str) -> StateFuture<'a, ()> {
        self.queue.skip_booking(account, booking, text)
    }

    fn unfinished_bookings<'a>(
        &'a self,
        account: &'a AccountKey,
        after: Option<BookingId>,
        limit: usize,
    ) -> StateFuture<'a, Vec<(BookingId, KnownState)>> {
        self.queue.unfinished_bookings(account, after, limit)
    }

    fn arrival(&self) -> Pin<Box<dyn Future<Output = ()> + Send + '_>> {
        self.queue.arrival()
    }
}

/// Leaves out the keys.
impl<Q: fmt::Debug> fmt::Debug for EncryptedQueue<Q> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("EncryptedQueue").field("queue", &self.queue).finish_non_exhaustive()
    }
}

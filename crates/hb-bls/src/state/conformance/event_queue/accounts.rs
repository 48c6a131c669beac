//! Accounts in one queue are kept apart.

use super::{Outcome, Subject, check, event};
use crate::{
    BookingId,
    state::{AccountKey, conformance::account},
    webhook::{EventQueue, KnownState, KnownStateChange},
};

const BOTH: [BookingId; 2] = [BookingId::new(1), BookingId::new(2)];

/// Replaces an open note.
fn change(before: Option<&str>, text: &str) -> KnownStateChange {
    KnownStateChange {
        before: before.map(str::to_owned),
        after: KnownState { text: text.to_owned(), may_change: true },
    }
}

impl<S: EventQueue> Subject<S> {
    async fn note_first(&self, bookings: &[BookingId]) -> Outcome {
        for booking in bookings {
            check(self.one.set_known_state(*booking, &change(None, "new")).await?, "a first note cannot be made")?;
        }
        Ok(())
    }

    /// The bookings that are listed for an account must be these.
    async fn lists(&self, account: &AccountKey, expected: &[i64], what: &str) -> Outcome {
        let notes = self.soon("the notes", self.other.unfinished_bookings(account, None, 100)).await?;
        let found: Vec<_> = notes.into_iter().map(|(booking, _)| booking.get()).collect();
        check(found == expected, &format!("{what}: {found:?} instead of {expected:?}"))
    }

    /// Accepts an event of this booking, and ends it with a change of its note.
    async fn tells(&self, number: u128, booking: i64, change: &KnownStateChange) -> Outcome {
        self.accept_all(&[event(number, booking, 0)]).await?;
        let taken = self.take_one(number).await?;
        check(self.one.done(taken.lease, Some(change)).await?, "it cannot be done")
    }
}

pub(super) async fn kept_apart<S: EventQueue>(subject: &Subject<S>) -> Outcome {
    let (one, other) = (account("one"), account("other"));
    let third = BookingId::new(3);
    subject.note_first(&BOTH).await?;
    for account in [&one, &other] {
        subject.lists(account, &[1, 2], "what nobody has read is listed for all").await?;
    }
    subject.soon("the end of assign_bookings", subject.one.assign_bookings(&one, &[BOTH[0], third])).await?;
    subject.soon("the end of assign_bookings", subject.one.assign_bookings(&other, &BOTH[1..])).await?;
    subject.lists(&one, &[1], "the first account's").await?;
    subject.lists(&other, &[2], "the second account's").await?;
    let page = subject.other.unfinished_bookings(&other, None, 1).await?;
    check(page.len() == 1, "another account's notes count as the account's")?;
    let closed = KnownStateChange { before: None, after: KnownState { text: "closed".into(), may_change: false } };
    check(subject.one.set_known_state(third, &closed).await?, "a first note cannot be made")?;
    // a note stays with its account, whether an event or a reconciler changes it
    subject.tells(1, 1, &change(Some("new"), "told")).await?;
    check(subject.one.set_known_state(BOTH[1], &change(Some("new"), "found")).await?, "a note cannot be replaced")?;
    subject.lists(&one, &[1], "the first account's, after an event").await?;
    subject.lists(&other, &[2], "the second account's, after a change").await?;
    // what is known of a booking is for all, so that it is reported once
    let notes = subject.other.known_states(&BOTH).await?;
    check(notes.len() == 2, "a note is not found by its booking")?;
    subject.soon("the end of assign_bookings", subject.one.assign_bookings(&one, &BOTH)).await?;
    subject.lists(&one, &[1, 2], "the first account's, and what was another's").await?;
    subject.lists(&other, &[], "what is not the account's any more").await
}

pub(super) async fn skipped<S: EventQueue>(subject: &Subject<S>) -> Outcome {
    let (one, other) = (account("one"), account("other"));
    subject.note_first(&BOTH).await?;
    for _ in 0..2 {
        subject.soon("the end of skip_booking", subject.one.skip_booking(&one, BOTH[0], "new")).await?;
        subject.lists(&one, &[2], "what the account skips").await?;
        subject.lists(&other, &[1, 2], "what another account skips").await?;
    }
    subject.tells(1, 1, &change(Some("new"), "told")).await?;
    subject.lists(&one, &[1, 2], "what is known has changed").await?;
    subject.soon("the end of skip_booking", subject.one.skip_booking(&one, BOTH[0], "told")).await?;
    subject.lists(&one, &[2], "it is skipped again").await?;
    subject.soon("the end of assign_bookings", subject.one.assign_bookings(&one, &BOTH)).await?;
    subject.lists(&one, &[1, 2], "it is the account's after all").await?;
    subject.soon("the end of skip_booking", subject.one.skip_booking(&one, BOTH[0], "told")).await?;
    subject.lists(&one, &[2], "the account skips what is its own").await?;
    subject.lists(&other, &[], "what is another account's, which skips it").await
}

//! Notifies open pages of changes.

use tokio::sync::watch;

/// What a page may follow.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Topic {
    /// Anything that the database keeps.
    Data,
    /// The list of requests.
    Requests,
    /// The clock and the armed faults.
    Control,
}

impl Topic {
    pub(crate) const ALL: [Self; 3] = [Self::Data, Self::Requests, Self::Control];

    /// The name of its event.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Data => "data",
            Self::Requests => "requests",
            Self::Control => "control",
        }
    }
}

/// How often each topic has changed, in the order of [`Topic::ALL`].
pub(crate) type Counts = [u64; 3];

/// Noting a change costs next to nothing while nobody follows, since every request to the API does it.
#[derive(Debug, Clone)]
pub(crate) struct Live {
    counts: watch::Sender<Counts>,
}

impl Default for Live {
    fn default() -> Self {
        Self { counts: watch::Sender::new([0; 3]) }
    }
}

impl Live {
    pub(crate) fn changed(&self, topic: Topic) {
        self.counts.send_modify(|counts| counts[topic as usize] += 1);
    }

    pub(crate) fn follow(&self) -> watch::Receiver<Counts> {
        self.counts.subscribe()
    }
}

/// The topics in which two counts differ.
pub(crate) fn between(before: Counts, after: Counts) -> impl Iterator<Item = Topic> {
    Topic::ALL.into_iter().filter(move |topic| before[*topic as usize] != after[*topic as usize])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_follows_learns_which_topics_have_changed() {
        let live = Live::default();
        let mut follower = live.follow();
        let before = *follower.borrow_and_update();
        live.changed(Topic::Requests);
        live.changed(Topic::Requests);
        assert!(follower.has_changed().unwrap());
        let after = *follower.borrow_and_update();
        assert_eq!(between(before, after).collect::<Vec<_>>(), [Topic::Requests]);
    }
}

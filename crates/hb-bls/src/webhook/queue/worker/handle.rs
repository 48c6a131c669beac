//! Handles one event, whatever its handler does.

use std::{fmt, time::Duration};

use tokio::{
    sync::watch,
    task::{JoinError, JoinHandle},
};

use super::WorkerConfig;
use crate::{
    state::StateFuture,
    webhook::{
        Event,
        queue::{
            EventQueue, ReceivedEvent, TakenEvent,
            known_state::{Judgement, judge},
            received::Settlement,
        },
    },
};

/// How often to report the end of an event to a queue that fails.
const REPORTS: u32 = 6;
/// How often to look again at what is known of a booking that changes all the time.
const CHANGES: u32 = 5;
/// No reason has more characters.
const LONGEST_REASON: usize = 500;

/// How the work on an event has ended.
enum End {
    Handled,
    Failed(String),
    /// It will never be handled.
    Hopeless(String),
    /// The worker ends.
    GivenBack,
    /// Another has taken it.
    Lost,
}

pub(super) async fn handle<Q, H, F, E>(
    config: WorkerConfig<Q>,
    taken: TakenEvent,
    handler: H,
    gives_up: watch::Receiver<bool>,
) where
    Q: EventQueue,
    H: Fn(ReceivedEvent) -> F + Send + 'static,
    F: Future<Output = Result<(), E>> + Send + 'static,
    E: fmt::Display + Send + 'static,
{
    let WorkerConfig { queue, attempts, .. } = &config;
    let (lease, attempt) = (taken.lease, taken.attempt);
    let mut settlement = Settlement::default();
    let event = Event::from_json(&taken.body);
    let end = match &event {
        Ok(_) if attempt > *attempts => End::Hopeless(format!("none of {attempts} attempts came to an end")),
        Ok(event) => {
            let Judgement { is_news, change } =
                judge(taken.known_state.as_ref(), event, taken.origin, taken.received_at);
            if is_news {
                let received = ReceivedEvent::new(event.clone(), &taken, change);
                settlement = received.settlement();
                attempted(&config, received, handler, gives_up).await
            } else {
                End::Handled
            }
        }
        Err(_) => End::Hopeless("its body is not an event".into()),
    };
    match end {
        End::Handled if settlement.is_settled() => {}
        End::Handled => report(&config, || done(&**queue, &taken, event.as_ref().ok())).await,
        End::Failed(why) if attempt >= *attempts => {
            tracing::error!(event_id = %lease.event_id, attempt, "the last attempt to handle an event has failed");
            report(&config, || queue.dead(lease, &why)).await;
        }
        End::Failed(why) => {
            let again_in = pause(config.first_pause, config.longest_pause, attempt);
            tracing::warn!(event_id = %lease.event_id, attempt, ?again_in, "an event could not be handled");
            report(&config, || queue.failed(lease, again_in, &why)).await;
        }
        End::Hopeless(why) => {
            tracing::error!(event_id = %lease.event_id, why, "an event is not handled");
            report(&config, || queue.dead(lease, &why)).await;
        }
        End::GivenBack => drop(queue.give_back(lease, Duration::ZERO, "its worker has ended").await),
        End::Lost => tracing::warn!(event_id = %lease.event_id, "another has taken over an event"),
    }
}

/// Records that an event was handled. If another of its booking was handled at the same time, what is known is more than it was.
fn done<'a>(queue: &'a impl EventQueue, taken: &'a TakenEvent, event: Option<&'a Event>) -> StateFuture<'a, bool> {
    Box::pin(async move {
        let mut known = taken.known_state.clone();
        for _ in 0..CHANGES {
            let Some((event, booking)) = event.zip(taken.booking_id) else { break };
            let change = judge(known.as_ref(), event, taken.origin, taken.received_at).change;
            if queue.done(taken.lease, change.as_ref()).await? {
                return Ok(true);
            }
            let now = queue.known_states(&[booking]).await?.pop().map(|(_, note)| note);
            if now == known {
                return Ok(false);
            }
            known = now;
        }
        queue.done(taken.lease, None).await
    })
}

/// Runs the handler in a task of its own, and renews the lease meanwhile.
async fn attempted<Q, H, F, E>(
    config: &WorkerConfig<Q>,
    received: ReceivedEvent,
    handler: H,
    mut gives_up: watch::Receiver<bool>,
) -> End
where
    Q: EventQueue,
    H: Fn(ReceivedEvent) -> F + Send + 'static,
    F: Future<Output = Result<(), E>> + Send + 'static,
    E: fmt::Display + Send + 'static,
{
    let lease = received.lease();
    let mut task = AbortOnDrop(tokio::spawn(async move { handler(received).await.map_err(|error| error.to_string()) }));
    let mut over = config.clock.sleep(config.handler_timeout);
    loop {
        tokio::select! {
            biased;
            ended = &mut task.0 => return ending(ended),
            () = &mut over => return End::Failed(format!("its handler did not return within {:?}", config.handler_timeout)),
            // an error means that nobody can ask for it any more
            Ok(()) = gives_up.changed() => return End::GivenBack,
            () = config.clock.sleep(config.lease / 3) => {
                // if that fails, the next may succeed in time, and otherwise it lapses
                if let Ok(false) = config.queue.renew(lease, config.lease).await && !task.0.is_finished() {
                    return End::Lost;
                }
            }
        }
    }
}

fn ending(ended: Result<Result<(), String>, JoinError>) -> End {
    match ended {
        Ok(Ok(())) => End::Handled,
        Ok(Err(why)) => End::Failed(why.chars().take(LONGEST_REASON).collect()),
        // what it says may be about a candidate
        Err(error) => {
            End::Failed(if error.is_panic() { "its handler panicked" } else { "its handler was cancelled" }.into())
        }
    }
}

/// Reports to the queue how the event ended, repeatedly while the queue fails. If the report never succeeds, the lease
/// lapses.
async fn report<'a, Q>(config: &'a WorkerConfig<Q>, tell: impl Fn() -> StateFuture<'a, bool>) {
    for report in 0..REPORTS {
        match tell().await {
            Ok(_) => return,
            Err(error) => tracing::warn!(error = format!("{error:#}"), "how an event has ended cannot be recorded"),
        }
        config.clock.sleep(Duration::from_secs(1 << report)).await;
    }
}

/// The pause after this attempt.
fn pause(first: Duration, longest: Duration, attempt: u32) -> Duration {
    let doubled = first.saturating_mul(2_u32.saturating_pow(attempt.saturating_sub(1))).min(longest);
    doubled.mul_f64(1.0 - fastrand::f64() / 3.0)
}

/// A handler ends with its worker.
struct AbortOnDrop<T>(JoinHandle<T>);

impl<T> Drop for AbortOnDrop<T> {
    fn drop(&mut self) {
        self.0.abort();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_double_up_to_the_longest() {
        let (first, longest) = (Duration::from_secs(3), Duration::from_secs(60));
        for (attempt, expected) in [(1, 3), (2, 6), (3, 12), (5, 48), (6, 60), (100, 60)] {
            let pauses: Vec<_> = (0..100).map(|_| pause(first, longest, attempt).as_secs_f64()).collect();
            let (shortest, longest) =
                (pauses.iter().copied().fold(f64::MAX, f64::min), pauses.iter().copied().fold(0.0, f64::max));
            let expected = f64::from(expected);
            assert!(
                shortest >= expected * 2.0 / 3.0 - 0.001 && longest <= expected,
                "{attempt}: {shortest} to {longest}"
            );
            assert!(longest - shortest > expected / 10.0, "{attempt}: they are all alike");
        }
    }
}

//! Properties that hold whatever the order of responses, against a model of the portal.

use super::*;

/// A portal that counts requests by the minute, in either of the two usual ways.
struct Portal {
    limit: usize,
    /// Whether each request is counted for a minute; otherwise the count begins anew a minute after its first request.
    sliding: bool,
    counted: Vec<i64>,
}

impl Portal {
    fn new(limit: u32, sliding: bool) -> Self {
        Self { limit: usize::try_from(limit).unwrap(), sliding, counted: Vec::new() }
    }

    fn used(&mut self, now: i64) -> usize {
        if self.sliding {
            self.counted.retain(|at| at + WINDOW > now);
        } else if self.counted.first().is_some_and(|first| first + WINDOW <= now) {
            self.counted.clear();
        }
        self.counted.len()
    }

    /// Counts a request, and tells how many are left; nothing if it is refused.
    fn count(&mut self, now: i64) -> Option<u32> {
        let used = self.used(now);
        if used >= self.limit {
            return None;
        }
        self.counted.push(now);
        Some(u32::try_from(self.limit - used - 1).unwrap())
    }

    fn headers(&mut self, remaining: Option<u32>, now: i64) -> RateLimitHeaders {
        let wait = self.counted.first().map_or(SECOND, |first| first + WINDOW - now);
        RateLimitHeaders {
            responded: true,
            limit: u32::try_from(self.limit).ok(),
            remaining: Some(remaining.unwrap_or(0)),
            // in whole seconds, as headers tell it
            retry_after: remaining
                .is_none()
                .then(|| Duration::from_secs(u64::try_from(wait).unwrap().div_ceil(1_000_000_000))),
        }
    }
}

/// How a request fares: when it arrives and when its response does, in milliseconds after it is sent; and the response.
#[derive(Debug, Clone, Copy)]
struct Fate {
    arrives: i64,
    answered: i64,
    answer: Answer,
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum Answer {
    WithHeaders,
    /// What is left is counted when the response is written, as Laravel does it, and not when the request arrives.
    CountedLate,
    WithoutHeaders,
    /// The request is counted, and its response never comes.
    Lost,
}

fn fates() -> impl Strategy<Value = Vec<Fate>> {
    let answer = prop_oneof![
        4 => Just(Answer::WithHeaders),
        2 => Just(Answer::CountedLate),
        1 => Just(Answer::WithoutHeaders),
        1 => Just(Answer::Lost),
    ];
    // mostly quick, sometimes as long as an attempt may take
    let takes = prop_oneof![5 => 1_i64..300, 1 => 300_i64..30_000];
    let fate = (takes, 0_i64..=100, answer).prop_map(|(answered, part, answer)| Fate {
        arrives: answered * part / 100,
        answered,
        answer,
    });
    proptest::collection::vec(fate, 400)
}

/// What is to happen at a time, the earliest first.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Event {
    Arrives(usize),
    Ends(usize),
    Asks(usize),
    Stranger,
}

/// A run of one or several clients, and perhaps a stranger, against a portal.
struct Run {
    portal: Portal,
    clients: Vec<Quota>,
    fates: Vec<Fate>,
    /// By request: its client, its permit, and what the portal said when it arrived.
    requests: Vec<(usize, Permit, Option<Option<u32>>)>,
    queue: std::collections::BTreeSet<(i64, Event)>,
    /// When requests of the clients were counted, and when they were refused.
    counted: Vec<(usize, i64)>,
    refused: Vec<(usize, i64)>,
    /// Waits that were announced, and why.
    throttled: usize,
    /// How often a stranger asks, in nanoseconds.
    stranger: Option<i64>,
}

impl Run {
    fn new(limit: u32, sliding: bool, clients: usize, fates: Vec<Fate>) -> Self {
        Self {
            portal: Portal::new(limit, sliding),
            clients: (0..clients).map(|_| Quota::new(limit)).collect(),
            fates,
            requests: Vec::new(),
            queue: (0..clients).map(|client| (start(), Event::Asks(client))).collect(),
            counted: Vec::new(),
            refused: Vec::new(),
            throttled: 0,
            stranger: None,
        }
    }

    fn with_stranger(mut self, every: i64) -> Self {
        self.stranger = Some(every);
        self.queue.insert((start() + every / 3, Event::Stranger));
        self
    }

    /// Every client sends as fast as it is let, with this long between two requests.
    fn go_on(&mut self, until: i64, pause: i64) {
        while let Some((now, event)) = self.queue.pop_first() {
            if now > until {
                self.queue.insert((now, event));
                return;
            }
            match event {
                Event::Stranger => {
                    self.portal.count(now);
                    self.queue.insert((now + self.stranger.unwrap(), Event::Stranger));
                }
                Event::Asks(client) => self.ask(client, now, pause),
                Event::Arrives(request) => {
                    let client = self.requests[request].0;
                    let remaining = self.portal.count(now);
                    self.requests[request].2 = Some(remaining);
                    match remaining {
                        Some(_) => self.counted.push((client, now)),
                        None => self.refused.push((client, now)),
                    }
                }
                Event::Ends(request) => self.end(request, now),
            }
        }
    }

    fn ask(&mut self, client: usize, now: i64, pause: i64) {
        match self.clients[client].acquire(now) {
            AcquireOutcome::Granted(permit) => {
                let fate = self.fates[self.requests.len() % self.fates.len()];
                let (arrives, ends) = (now + fate.arrives * SECOND / 1000, now + fate.answered * SECOND / 1000);
                self.queue.insert((arrives, Event::Arrives(self.requests.len())));
                self.queue.insert((ends, Event::Ends(self.requests.len())));
                self.requests.push((client, permit, None));
                self.queue.insert((now + pause, Event::Asks(client)));
            }
            AcquireOutcome::Wait(wait) | AcquireOutcome::Pause(wait) => {
                let state = &mut self.clients[client];
                let own = state.under_way.len() + state.ended.len() - state.ended_before(now);
                self.throttled += usize::from(own < self.portal.limit);
                // a client asks again when a response comes, too; asking every tenth of a second is as good
                let again = i64::try_from(wait.as_nanos()).unwrap().min(SECOND / 10);
                self.queue.insert((now + again, Event::Asks(client)));
            }
        }
    }

    fn end(&mut self, request: usize, now: i64) {
        let (client, permit, headers) = self.requests[request];
        let answer = self.fates[request % self.fates.len()].answer;
        let headers = match (headers.flatten(), answer) {
            (None, _) => self.portal.headers(None, now),
            (_, Answer::Lost) => RateLimitHeaders::default(),
            (_, Answer::WithoutHeaders) => RateLimitHeaders { responded: true, ..RateLimitHeaders::default() },
            (Some(remaining), Answer::WithHeaders) => self.portal.headers(Some(remaining), now),
            (Some(_), Answer::CountedLate) => {
                let used = self.portal.used(now);
                let left = u32::try_from(self.portal.limit.saturating_sub(used)).unwrap();
                self.portal.headers(Some(left), now)
            }
        };
        self.clients[client].release(permit, now, headers);
    }

    /// The most requests of these that were counted within a minute.
    fn busiest_minute(&self) -> usize {
        let mut times: Vec<i64> = self.counted.iter().map(|(_, at)| *at).collect();
        times.sort_unstable();
        let in_a_minute = |first: &i64| times.iter().filter(|at| *at >= first && **at < first + WINDOW).count();
        times.iter().map(in_a_minute).max().unwrap_or(0)
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// Alone, a client is never refused, has no more than the limit in any minute wherever it begins, and waits only
    /// while its own requests use up the limit.
    #[test]
    fn alone_a_client_uses_the_limit_and_never_more(
        fates in fates(), limit in 1_u32..20, sliding: bool, pause in 1_i64..2_000,
    ) {
        let mut run = Run::new(limit, sliding, 1, fates);
        run.go_on(start() + seconds(300), pause * SECOND / 1000);
        prop_assert_eq!(run.refused.len(), 0);
        prop_assert!(run.busiest_minute() <= usize::try_from(limit).unwrap(), "{}", run.busiest_minute());
        prop_assert_eq!(run.throttled, 0, "with nobody else there");
    }

    /// Whatever the portal says, and whichever way the clock is set, a request is let through in time.
    #[test]
    fn nobody_waits_for_ever(
        steps in proptest::collection::vec((0_i64..4_000, any::<usize>(), proptest::option::of(0_u32..70),
            proptest::option::weighted(0.05, 0_u64..120)), 1..400),
        backs in proptest::collection::vec(1_i64..100_000, 0..3),
    ) {
        let mut state = Quota::new(60);
        let mut now = start();
        let mut under_way = Vec::new();
        for (later, which, remaining, refused) in steps {
            now += later * SECOND / 1000;
            under_way.extend(go(&mut state, now));
            if which % 2 == 0 && !under_way.is_empty() {
                let permit = under_way.swap_remove(which % under_way.len());
                let (limit, refused) = (remaining.map(|_| LIMIT), refused.map(Duration::from_secs));
                state.release(permit, now, RateLimitHeaders { responded: true, limit, remaining, retry_after: refused });
            }
        }
        for back in backs {
            now -= seconds(back);
            under_way.extend(go(&mut state, now));
        }
        let mut waited = 0;
        while let AcquireOutcome::Wait(wait) | AcquireOutcome::Pause(wait) = state.acquire(now + waited) {
            waited += i64::try_from(wait.as_nanos()).unwrap();
            // the longest pause, a request that nothing is heard of, and a minute
            prop_assert!(waited <= seconds(65 * 60), "{waited:?}");
        }
    }
}

/// How the second to the twelfth minute of a run go: how many requests are refused, and how many each client gets through.
fn ten_minutes(mut run: Run) -> (usize, Vec<usize>) {
    run.go_on(start() + seconds(120), SECOND / 100);
    let (refused, counted) = (run.refused.len(), run.counted.len());
    run.go_on(start() + seconds(720), SECOND / 100);
    let of = |client: usize| run.counted[counted..].iter().filter(|(one, _)| *one == client).count();
    (run.refused.len() - refused, (0..run.clients.len()).map(of).collect())
}

fn quick() -> Vec<Fate> {
    vec![Fate { arrives: 20, answered: 50, answer: Answer::WithHeaders }]
}

/// Whatever share of the limit a stranger takes, a client settles on what is left, and is refused once a minute at most.
#[test]
fn with_a_stranger_a_client_settles_on_what_is_left() {
    for sliding in [false, true] {
        for share in 1..=55 {
            let (refused, counted) = ten_minutes(Run::new(60, sliding, 1, quick()).with_stranger(WINDOW / share));
            assert!(refused <= 10, "{share}: {refused} refused in ten minutes");
            assert!(counted[0] >= usize::try_from((60 - share) * 10).unwrap(), "{share}: {counted:?}");
        }
    }
}

/// Several clients behind one address use the limit in full and in equal parts, and each is refused once a minute at most.
#[test]
fn several_clients_share_the_limit() {
    for sliding in [false, true] {
        for clients in 2..=6 {
            let (refused, counted) = ten_minutes(Run::new(60, sliding, clients, quick()));
            assert!(refused <= 10 * clients, "{clients}: {refused} refused in ten minutes");
            assert_eq!(counted, vec![600 / clients; clients]);
        }
    }
}

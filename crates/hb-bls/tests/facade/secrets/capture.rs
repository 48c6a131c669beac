//! Everything that is traced on this thread, by every crate and at every level.

use std::{
    io,
    sync::{Arc, LazyLock, Mutex},
};

use tracing::Dispatch;
use tracing_subscriber::{
    filter::LevelFilter,
    fmt::{MakeWriter, format::FmtSpan},
    util::SubscriberInitExt as _,
};

#[derive(Clone, Default)]
pub struct Capture(Arc<Mutex<Vec<u8>>>);

impl Capture {
    /// Starts to capture. Events of the `log` crate are captured too, until the guard is dropped.
    pub fn start() -> (Self, impl Drop) {
        Self::start_at(LevelFilter::TRACE, FmtSpan::FULL)
    }

    /// Starts to capture events of this level and above.
    pub fn events(level: LevelFilter) -> (Self, impl Drop) {
        Self::start_at(level, FmtSpan::NONE)
    }

    fn start_at(level: LevelFilter, spans: FmtSpan) -> (Self, impl Drop) {
        // with a single subscriber, tracing asks only the thread that first meets an event whether anybody wants it,
        // and remembers the reply; that thread may belong to another test
        static ANOTHER: LazyLock<Dispatch> =
            LazyLock::new(|| tracing_subscriber::fmt().with_max_level(LevelFilter::OFF).finish().into());
        LazyLock::force(&ANOTHER);
        let capture = Self::default();
        let subscriber = tracing_subscriber::fmt().with_max_level(level).with_span_events(spans);
        let subscriber = subscriber.without_time().with_ansi(false).with_writer(capture.clone());
        (capture, subscriber.finish().set_default())
    }

    pub fn text(&self) -> String {
        String::from_utf8(self.0.lock().unwrap().clone()).unwrap()
    }
}

impl io::Write for Capture {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl MakeWriter<'_> for Capture {
    type Writer = Self;

    fn make_writer(&self) -> Self {
        self.clone()
    }
}

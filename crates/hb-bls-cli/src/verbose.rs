//! `--verbose`: the calls, on stderr.

use std::io::Write as _;

use hb_bls::raw::Operation;
use tracing::{
    Event, Subscriber,
    field::{Field, Visit},
    span,
};
use tracing_subscriber::{Layer, layer::Context, layer::SubscriberExt as _, registry::LookupSpan};

/// Shows the client's calls from here on.
pub fn start(verbose: bool) {
    if verbose {
        let subscriber = tracing_subscriber::registry().with(Calls);
        // it can be set once, and is
        drop(tracing::subscriber::set_global_default(subscriber));
    }
}

/// Shows what the client says of its calls. The path is the operation's, with `{id}` for ids: no value of a request or
/// a response is shown.
struct Calls;

impl<S: Subscriber + for<'a> LookupSpan<'a>> Layer<S> for Calls {
    fn on_new_span(&self, attributes: &span::Attributes<'_>, id: &span::Id, context: Context<'_, S>) {
        let mut name = Named::default();
        attributes.record(&mut name);
        if let (Some(operation), Some(span)) = (name.0, context.span(id)) {
            span.extensions_mut().insert(operation);
        }
    }

    fn on_event(&self, event: &Event<'_>, context: Context<'_, S>) {
        if !event.metadata().target().starts_with("hb_bls") {
            return;
        }
        let mut text = Text::default();
        event.record(&mut text);
        let operation = context
            .event_scope(event)
            .and_then(|mut spans| spans.find_map(|span| span.extensions().get::<Operation>().copied()));
        let call = operation.map(|operation| format!("{} {}: ", operation.method(), operation.path()));
        drop(writeln!(anstream::stderr().lock(), "* {}{}", call.unwrap_or_default(), text.0));
    }
}

/// The operation named by a span.
#[derive(Default)]
struct Named(Option<Operation>);

impl Visit for Named {
    fn record_str(&mut self, field: &Field, value: &str) {
        if field.name() == "operation" {
            self.0 = Operation::ALL.into_iter().find(|operation| operation.id() == value);
        }
    }

    fn record_debug(&mut self, _: &Field, _: &dyn std::fmt::Debug) {}
}

/// An event in one line.
#[derive(Default)]
struct Text(String);

impl Visit for Text {
    fn record_debug(&mut self, field: &Field, value: &dyn std::fmt::Debug) {
        let separator = if self.0.is_empty() { "" } else { " " };
        self.0 += &match field.name() {
            "message" => format!("{separator}{value:?}"),
            name => format!("{separator}{name}={value:?}"),
        };
    }
}

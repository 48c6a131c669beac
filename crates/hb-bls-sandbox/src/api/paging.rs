//! The list envelope.

use serde_json::{Value, json};

use super::PREFIX;
use super::check::Check;
use super::input::Query;

const DEFAULT_SIZE: i64 = 20;
const MAX_SIZE: i64 = 100;
/// High enough for every list, low enough that offsets do not overflow.
const MAX_PAGE: i64 = 1_000_000_000;

/// Which page is asked for.
#[derive(Debug, Clone, Copy)]
pub(super) struct Page {
    number: i64,
    size: i64,
}

impl Page {
    pub(super) fn read(check: &mut Check<'_>) -> Self {
        Self {
            number: check.optional_integer("page", (1, MAX_PAGE)).unwrap_or(1),
            size: check.optional_integer("per_page", (1, MAX_SIZE)).unwrap_or(DEFAULT_SIZE),
        }
    }

    /// Limit and offset.
    pub(super) fn window(self) -> (i64, i64) {
        (self.size, (self.number - 1) * self.size)
    }

    /// The envelope around one page. The links keep the rest of the query.
    pub(super) fn envelope(self, data: &[Value], total: i64, origin: &str, path: &str, query: &Query) -> Value {
        let last = ((total + self.size - 1) / self.size).max(1);
        let link = |number: i64| {
            let mut text = form_urlencoded::Serializer::new(String::new());
            for (name, value) in query.pairs.iter().filter(|(name, _)| name != "page") {
                text.append_pair(name, value);
            }
            text.append_pair("page", &number.to_string());
            format!("{origin}{PREFIX}{path}?{}", text.finish())
        };
        let next = (self.number < last).then(|| link(self.number + 1));
        let prev = (self.number > 1).then(|| link((self.number - 1).min(last)));
        json!({
            "data": data,
            "meta": {
                "current_page": self.number,
                "per_page": self.size,
                "last_page": last,
                "total": total,
            },
            "links": { "next": next, "prev": prev },
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn envelope(number: i64, total: i64) -> Value {
        let pairs = vec![("search".to_owned(), "a b".to_owned()), ("page".to_owned(), "9".to_owned())];
        let query = Query { fields: serde_json::Map::new(), pairs };
        Page { number, size: 10 }.envelope(&[], total, "http://x", "/bookings", &query)
    }

    #[test]
    fn links_lead_to_the_neighbours_and_keep_the_filter() {
        let middle = envelope(2, 21);
        assert_eq!(middle["meta"]["last_page"], 3);
        assert_eq!(middle["links"]["next"], "http://x/api/v1/bookings?search=a+b&page=3");
        assert_eq!(middle["links"]["prev"], "http://x/api/v1/bookings?search=a+b&page=1");
        assert_eq!(envelope(3, 21)["links"]["next"], Value::Null);
        assert_eq!(envelope(1, 0)["links"], json!({"next": null, "prev": null}));
        assert_eq!(envelope(50, 21)["links"]["prev"], "http://x/api/v1/bookings?search=a+b&page=3");
    }
}

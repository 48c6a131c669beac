//! Options for individual calls.

use std::{fmt, sync::Arc, time::Duration};

use http::{
    HeaderMap, HeaderName, HeaderValue,
    header::{
        ACCEPT, ACCEPT_ENCODING, AUTHORIZATION, CONNECTION, CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_TYPE, EXPECT,
        HOST, TE, TRANSFER_ENCODING, UPGRADE, USER_AGENT,
    },
};

use crate::{Error, Response, Result, RetryPolicy};

/// Headers that the client and HTTP itself set.
const OWN: [HeaderName; 13] = [
    ACCEPT,
    ACCEPT_ENCODING,
    AUTHORIZATION,
    CONNECTION,
    CONTENT_ENCODING,
    CONTENT_LENGTH,
    CONTENT_TYPE,
    EXPECT,
    HOST,
    TE,
    TRANSFER_ENCODING,
    UPGRADE,
    USER_AGENT,
];

/// Options for individual calls. Pass them to [`Client::with_options`](crate::Client::with_options).
#[derive(Clone, Default)]
pub struct CallOptions {
    pub(crate) timeout: Option<Duration>,
    pub(crate) retry: Option<RetryPolicy>,
    pub(crate) headers: HeaderMap,
    pub(crate) on_response: Option<OnResponse>,
}

pub(crate) type OnResponse = Arc<dyn Fn(&Response) + Send + Sync>;

impl CallOptions {
    /// Options that change nothing.
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets how long a call may take in total, including retries and waiting for the rate limit.
    #[must_use]
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = Some(timeout);
        self
    }

    /// Sets the retry policy. [`RetryPolicy::none`] turns retries off.
    #[must_use]
    pub fn retry(mut self, policy: RetryPolicy) -> Self {
        self.retry = Some(policy);
        self
    }

    /// Adds a header, for example for a proxy of your own. It is not sent with token requests.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Configuration`](crate::ErrorKind::Configuration) if the name or value is not valid, or the client
    /// sets this header itself, such as `Authorization`.
    pub fn header(mut self, name: &str, value: &str) -> Result<Self> {
        let wrong = |what: &str| Error::configuration(format!("an extra header has {what}"));
        let name = HeaderName::try_from(name).map_err(|_| wrong("a name that cannot be sent"))?;
        if OWN.contains(&name) {
            return Err(wrong(&format!("a name that the client sets itself: {name}")));
        }
        let mut value = HeaderValue::try_from(value).map_err(|_| wrong("a value that cannot be sent"))?;
        // the value may be a key
        value.set_sensitive(true);
        self.headers.append(name, value);
        Ok(self)
    }

    /// Calls this function with every response before it is decoded, including those of failed attempts. Responses to
    /// token requests are left out.
    #[must_use]
    pub fn on_response(mut self, look: impl Fn(&Response) + Send + Sync + 'static) -> Self {
        self.on_response = Some(Arc::new(look));
        self
    }
}

/// Leaves out the values of the headers.
impl fmt::Debug for CallOptions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CallOptions")
            .field("timeout", &self.timeout)
            .field("retry", &self.retry)
            .field("headers", &self.headers.keys().collect::<Vec<_>>())
            .finish_non_exhaustive()
    }
}

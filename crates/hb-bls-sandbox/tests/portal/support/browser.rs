//! A browser without scripts.

use reqwest::header::{CONTENT_TYPE, HeaderMap, LOCATION};
use reqwest::{StatusCode, redirect};

use super::Portal;

/// A browser without scripts: it follows no redirect by itself, so that tests see them.
pub(crate) struct Browser {
    pub(crate) http: reqwest::Client,
    pub(crate) url: String,
}

/// What it shows.
pub(crate) struct Shown {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) text: String,
}

impl Browser {
    pub(crate) fn at(portal: &Portal) -> Self {
        let http = reqwest::Client::builder().no_proxy().redirect(redirect::Policy::none()).build().unwrap();
        Self { http, url: portal.sandbox.page_url().trim_end_matches('/').to_owned() }
    }

    pub(crate) async fn see(&self, path: &str) -> Shown {
        Self::read(self.http.get(format!("{}{path}", self.url))).await
    }

    /// The text of a page that is there.
    pub(crate) async fn text(&self, path: &str) -> String {
        let shown = self.see(path).await;
        assert_eq!(shown.status, 200, "{path}: {}", shown.text);
        shown.text
    }

    /// Sends a form; where the browser is sent to afterwards.
    pub(crate) async fn send(&self, path: &str, fields: &[(&str, &str)]) -> String {
        let shown = self.try_send(path, fields).await;
        assert_eq!(shown.status, 303, "{path}: {}", shown.text);
        shown.headers[LOCATION].to_str().unwrap().to_owned()
    }

    pub(crate) async fn try_send(&self, path: &str, fields: &[(&str, &str)]) -> Shown {
        let body = form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
        let request = self.http.post(format!("{}{path}", self.url)).header("origin", &self.url);
        Self::read(request.header(CONTENT_TYPE, "application/x-www-form-urlencoded").body(body)).await
    }

    pub(crate) async fn read(request: reqwest::RequestBuilder) -> Shown {
        let response = request.send().await.unwrap();
        let (status, headers) = (response.status(), response.headers().clone());
        // what is between these is one word
        Shown { status, headers, text: response.text().await.unwrap().replace("<wbr>", "") }
    }
}

//! Calls to the control API of a sandbox that runs.

use std::time::Duration;

use anyhow::{Context as _, Result};
use http::Method;
use reqwest::{Client, StatusCode, Url, redirect::Policy};
use serde_json::Value;

use super::instance_file;
use crate::report::{Failure, Kind};

/// Advancing the clock by years delivers whatever is due on the way.
const TIMEOUT: Duration = Duration::from_secs(600);
const USUAL: &str = "http://127.0.0.1:8787/_sandbox";

/// Which sandbox is meant.
#[derive(clap::Args, Clone)]
pub struct SandboxSelector {
    /// The control URL of the sandbox; by default, that of the one started last on this machine
    #[arg(long, value_name = "URL", env = "HB_BLS_CONTROL_URL", hide_env_values = true)]
    control_url: Option<Url>,
    /// The control token, which a sandbox on another machine requires
    #[arg(long, value_name = "TOKEN", env = "HB_BLS_CONTROL_TOKEN", hide_env_values = true)]
    control_token: Option<String>,
}

/// A sandbox that runs.
#[derive(Clone)]
pub struct Remote {
    client: Client,
    pub control_url: String,
    token: Option<String>,
}

impl SandboxSelector {
    /// The token that the user has given. The one that a sandbox has noted is shown to that sandbox only.
    pub fn given_token(&self) -> Option<String> {
        self.control_token.clone().filter(|token| !token.is_empty())
    }

    /// Whether one is named.
    pub fn is_given(&self) -> bool {
        self.control_url.is_some()
    }

    /// Its control URL and control token.
    pub fn address(&self) -> (String, Option<String>) {
        let noted = self.control_url.is_none().then(instance_file::find).flatten();
        let (url, token) = match (&self.control_url, noted) {
            (Some(url), _) => (url.to_string(), None),
            (None, Some(address)) => (address.control_url, address.control_token),
            (None, None) => (USUAL.to_owned(), None),
        };
        (url, self.given_token().or(token))
    }

    pub fn find(&self) -> Result<Remote> {
        let (url, token) = self.address();
        let client = Client::builder().no_proxy().redirect(Policy::none()).timeout(TIMEOUT).build()?;
        Ok(Remote { client, control_url: url.trim_end_matches('/').to_owned(), token })
    }
}

impl Remote {
    pub async fn get(&self, path: &str) -> Result<Value> {
        self.call(Method::GET, path, None).await
    }

    pub async fn post(&self, path: &str, body: Value) -> Result<Value> {
        self.call(Method::POST, path, Some(body)).await
    }

    pub async fn call(&self, method: Method, path: &str, body: Option<Value>) -> Result<Value> {
        let mut request = self.client.request(method, format!("{}{path}", self.control_url));
        if let Some(token) = &self.token {
            request = request.bearer_auth(token);
        }
        if let Some(body) = body {
            request = request.body(body.to_string());
        }
        let response = request.send().await.map_err(|_| {
            let failure = Failure::new(Kind::Network, format!("no sandbox responds at {}", self.control_url));
            failure.hint("`hb-bls sandbox` starts one; --control-url names another")
        })?;
        let status = response.status();
        let bytes = response.bytes().await.context("the sandbox's response broke off")?;
        let content: Value = serde_json::from_slice(&bytes).unwrap_or_default();
        if status.is_success() {
            return Ok(content);
        }
        let message =
            content["message"].as_str().map_or_else(|| format!("the sandbox responded with {status}"), str::to_owned);
        let kind = match status {
            StatusCode::FORBIDDEN => Kind::Authentication,
            StatusCode::NOT_FOUND => Kind::NotFound,
            StatusCode::CONFLICT => Kind::Conflict,
            status if status.is_client_error() => Kind::Rejected,
            _ => Kind::Server,
        };
        Err(Failure::new(kind, message).into())
    }
}

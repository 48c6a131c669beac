use serde::Serialize;

use crate::{
    config::Keeping,
    output::{Column, Record, text},
};

/// What `login` saved.
#[derive(Serialize)]
pub(super) struct LoggedIn {
    pub(super) profile: String,
    pub(super) client_id: String,
    pub(super) base_url: String,
    pub(super) kept_in: Keeping,
}

impl Record for LoggedIn {
    const COLUMNS: &'static [Column<Self>] = &[
        Column::new("profile", |login| login.profile.clone()),
        Column::new("client_id", |login| login.client_id.clone()),
        Column::new("base_url", |login| login.base_url.clone()),
        Column::new("kept_in", |login| login.kept_in.name().to_owned()),
    ];

    fn json(&self) -> impl Serialize + '_ {
        self
    }
}

/// Which account is used.
#[derive(Serialize)]
pub(super) struct Status {
    pub(super) profile: String,
    pub(super) client_id: String,
    pub(super) base_url: String,
    pub(super) api_key_from: &'static str,
    pub(super) token_expires_at: Option<String>,
}

impl Record for Status {
    const COLUMNS: &'static [Column<Self>] = &[
        Column::new("profile", |status| status.profile.clone()),
        Column::new("client_id", |status| status.client_id.clone()),
        Column::new("base_url", |status| status.base_url.clone()),
        Column::new("api_key_from", |status| status.api_key_from.to_owned()),
        Column::new("token_expires_at", |status| text(status.token_expires_at.as_ref())),
    ];

    fn json(&self) -> impl Serialize + '_ {
        self
    }
}

/// What `logout` forgot.
#[derive(Serialize)]
pub(super) struct LoggedOut {
    pub(super) profile: String,
    pub(super) client_id: String,
}

impl Record for LoggedOut {
    const COLUMNS: &'static [Column<Self>] = &[
        Column::new("profile", |logout| logout.profile.clone()),
        Column::new("client_id", |logout| logout.client_id.clone()),
    ];

    fn json(&self) -> impl Serialize + '_ {
        self
    }
}

//! The account that a run books for.

use anyhow::Result;

use crate::context::Context;

#[derive(Debug, Clone)]
pub struct Account {
    pub base_url: String,
    pub hb_client_id: String,
}

impl Account {
    pub fn of(context: &Context) -> Result<Self> {
        let settings = context.settings()?;
        Ok(Self { base_url: settings.base_url.clone(), hb_client_id: settings.account()?.client_id.clone() })
    }
}

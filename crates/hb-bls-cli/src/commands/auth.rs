//! `hb-bls auth`: who books.

mod ask;
mod hidden;
mod record;

use anyhow::{Context as _, Result};
use clap::Subcommand;
use hb_bls::Credentials;
use record::{LoggedIn, LoggedOut, Status};

use crate::{
    config::{Folder, Keeping, KeptTokens, Profile, Profiles, Vault},
    context::Context,
    output::instant,
    report::{Attempt, Failure, Kind},
    settings::{self, Source},
};

/// A command about credentials.
#[derive(Subcommand)]
pub enum Auth {
    /// Save an account's credentials, once the portal has taken them
    ///
    /// The API key is typed, read from the first line of stdin, or taken from HB_BLS_API_KEY. It is kept in the
    /// system's keyring, or where there is none in a file that only you can read. If HB_BLS_CONFIG_DIR is set,
    /// everything is kept in that folder, and the keyring is not used.
    Login {
        /// The account's client id
        #[arg(long, value_name = "ID", env = "HB_BLS_CLIENT_ID", hide_env_values = true)]
        client_id: Option<String>,
    },
    /// Show which account is used, and whether the portal takes its credentials
    Status,
    /// Forget an account's credentials and tokens
    Logout,
}

impl Auth {
    pub async fn run(self, context: &Context) -> Result<()> {
        match self {
            Self::Login { client_id } => login(context, client_id).await,
            Self::Status => status(context).await,
            Self::Logout => logout(context).await,
        }
    }
}

const LOGIN: Attempt = Attempt {
    what: "cannot log in",
    if_refused: "check the client id and the API key that Healthier Business handed out, and --base-url; nothing was saved",
};

async fn login(context: &Context, client_id: Option<String>) -> Result<()> {
    let folder = Folder::find()?;
    let (name, _) = settings::profile_name(context.globals())?;
    let profiles = Profiles::new(&folder);
    let before = profiles.get(&name)?.unwrap_or_default();
    // the profile is written here rather than used, so the environment comes before what it had
    let base_url = settings::base_url(context.globals(), &before);
    let credentials = ask::credentials(client_id)?;
    // with tokens of its own: those of another key must not vouch for this one
    let client = context.builder(credentials.credentials(), &base_url).build()?;
    client.account().token_info().await.context(LOGIN)?;

    let vault = Vault::new(&folder);
    let old = kept_tokens(&folder, &name, &before);
    let kept_in = vault.keep(&settings::key_name(&name), &credentials.api_key)?;
    let profile = Profile {
        client_id: Some(credentials.client_id.clone()),
        base_url: (base_url != settings::DEFAULT_BASE_URL).then(|| base_url.clone()),
        kept_in: Some(kept_in),
    };
    profiles.set(&name, &profile)?;
    let tokens = KeptTokens::new(&folder, kept_in, &base_url, &credentials.client_id, &credentials.api_key);
    if let Some((old, _)) = old.filter(|(old, _)| *old != tokens) {
        // tokens of a key that is not known any more
        forget(&old);
    }
    let place = match kept_in {
        Keeping::Keyring => "the system's keyring".to_owned(),
        Keeping::File => vault.file(&settings::key_name(&name)).display().to_string(),
    };
    let text = format!("logged in as {}; the API key is kept in {place}", credentials.client_id);
    context.output().done(&text, &LoggedIn { profile: name, client_id: credentials.client_id, base_url, kept_in })
}

async fn status(context: &Context) -> Result<()> {
    let settings = context.settings()?;
    let account = settings.account()?;
    let info = context.client()?.account().token_info().await;
    let info = info.with_context(|| format!("the credentials of {} do not work", account.client_id))?;
    context.output().object(&Status {
        profile: settings.profile_name.clone(),
        client_id: info.hb_client_id.unwrap_or_else(|| account.client_id.clone()),
        base_url: settings.base_url.clone(),
        api_key_from: match account.source {
            Source::Environment => "environment",
            Source::Profile(keeping) => keeping.name(),
        },
        token_expires_at: info.expires_at.map(|at| instant(Some(at))),
    })
}

async fn logout(context: &Context) -> Result<()> {
    let folder = Folder::find()?;
    let (name, _) = settings::profile_name(context.globals())?;
    let profiles = Profiles::new(&folder);
    let Some(profile) = profiles.get(&name)? else {
        return Err(Failure::new(Kind::Authentication, format!("profile `{name}` is not logged in"))
            .hint("name another with --profile")
            .into());
    };
    let vault = Vault::new(&folder);
    revoke(context, &folder, &name, &profile).await;
    if let Some(keeping) = profile.kept_in {
        vault.delete(&settings::key_name(&name), keeping)?;
        // an earlier login may have left one in the other place
        drop(vault.delete(&settings::key_name(&name), keeping.other()));
    }
    profiles.remove(&name)?;
    let client_id = profile.client_id.unwrap_or_default();
    context.output().done(&format!("logged out {client_id}"), &LoggedOut { profile: name, client_id })
}

/// The tokens of a profile, and the credentials that they belong to.
fn kept_tokens(folder: &Folder, name: &str, profile: &Profile) -> Option<(KeptTokens, Credentials)> {
    let (client_id, keeping) = (profile.client_id.as_ref()?, profile.kept_in?);
    let api_key = Vault::new(folder).get(&settings::key_name(name), keeping).ok()??;
    let base_url = profile.base_url.as_deref().unwrap_or(settings::DEFAULT_BASE_URL);
    let tokens = KeptTokens::new(folder, keeping, base_url, client_id, &api_key);
    Some((tokens, Credentials::new(client_id, api_key)))
}

/// Has the portal forget the token that is kept, and forgets it. Nobody stays logged in because the portal is down.
async fn revoke(context: &Context, folder: &Folder, name: &str, profile: &Profile) {
    let Some((tokens, credentials)) = kept_tokens(folder, name, profile) else { return };
    if !tokens.exist() {
        return;
    }
    let base_url = profile.base_url.as_deref().unwrap_or(settings::DEFAULT_BASE_URL);
    let client = context.builder(credentials, base_url).token_store(context.store(tokens.clone())).build();
    let revoked = match client {
        Ok(client) => client.account().revoke_token().await,
        Err(error) => Err(error),
    };
    if let Err(error) = revoked {
        tracing::debug!(kind = error.kind().as_str(), "the token was not revoked; it lapses by itself");
    }
    forget(&tokens);
}

fn forget(tokens: &KeptTokens) {
    if tokens.forget().is_err() {
        tracing::debug!("a token could not be removed; it lapses by itself");
    }
}

//! `hb-bls auth`: the account's credentials.

use std::io::{self, BufRead as _, IsTerminal as _, Write as _};

use anyhow::{Context as _, Result};
use clap::Subcommand;
use hb_bls::{Client, Credentials, DEFAULT_BASE_URL, Secret, state::AccountKey};
use inquire::{
    Password, PasswordDisplayMode,
    ui::{RenderConfig, Styled},
};
use serde::Serialize;

use crate::{
    book,
    config::{Folder, Profile, Profiles, SecretBackend, Vault, state::SavedTokens},
    context::Context,
    environment::variable,
    output::{Column, Format, Record, instant, read_instant, text, yes},
    prompt,
    report::{Attempt, Failure, Kind},
    settings::{self, Account, Source},
};

/// A command about credentials.
#[derive(Subcommand)]
pub enum Auth {
    /// Save an account's credentials after checking them with the portal
    ///
    /// The API key is typed, read from the first line of stdin, or taken from HB_BLS_API_KEY. It is kept in the
    /// system's keyring, or if there is none, in a file that only you can read. If HB_BLS_CONFIG_DIR is set,
    /// everything is kept in that folder, and the keyring is not used.
    ///
    /// After the first login on a terminal, it asks what bookings have by default, such as the course and the contact at
    /// the agency. `config set` changes that later.
    Login(LoginArgs),
    /// List the accounts: those that are saved, each under the name of its profile, and that of the environment
    List,
    /// Show which account is used, and whether its credentials work
    Status,
    /// Forget an account's credentials and tokens, and keep the defaults of its profile
    Logout,
}

/// Arguments of `login`.
#[derive(clap::Args)]
pub struct LoginArgs {
    /// The account's client id
    #[arg(long, value_name = "ID", env = "HB_BLS_CLIENT_ID", hide_env_values = true)]
    client_id: Option<String>,
    /// Do not ask what bookings have by default
    #[arg(long)]
    quick: bool,
}

impl Auth {
    pub async fn run(self, context: &Context) -> Result<()> {
        match self {
            Self::Login(args) => login(context, args).await,
            Self::List => list(context),
            Self::Status => status(context).await,
            Self::Logout => logout(context).await,
        }
    }
}

const LOGIN: Attempt = Attempt {
    what: "cannot log in",
    if_refused: "check the client id and the API key that Healthier Business handed out, and --base-url; nothing was saved",
};

async fn login(context: &Context, LoginArgs { client_id, quick }: LoginArgs) -> Result<()> {
    let folder = Folder::find()?;
    let (name, _) = settings::profile_name(context.globals())?;
    let profiles = Profiles::new(&folder);
    let before = profiles.get(&name)?.unwrap_or_default();
    // the profile is written here rather than used, so the environment comes before what it had
    let base_url = settings::base_url(context.globals(), &before);
    let account = ask(client_id)?;
    // a saved token may work longer than the key that obtained it
    let client = context.client_without_saved_tokens(&account.credentials(), &base_url)?;
    client.account().token_info().await.context(LOGIN)?;

    let vault = Vault::new(&folder);
    let old = saved(&vault, &name, &before);
    let kept_in = vault.keep(&settings::key_name(&name), &account.api_key)?;
    let profile = Profile {
        client_id: Some(account.client_id.clone()),
        base_url: (base_url != DEFAULT_BASE_URL).then(|| base_url.clone()),
        kept_in: Some(kept_in),
        defaults: before.defaults,
    };
    profiles.set(&name, &profile)?;
    if let Some((url, credentials)) = old
        && AccountKey::new(&url, &credentials) != AccountKey::new(&base_url, &account.credentials())
    {
        // tokens of a key that is no longer saved
        forget(context, &vault, &url, &credentials).await;
    }
    let place = match kept_in {
        SecretBackend::Keyring => "the system's keyring".to_owned(),
        SecretBackend::File => vault.file(&settings::key_name(&name)).display().to_string(),
    };
    let text = format!("logged in as {}; API key saved in {place}", account.client_id);
    let next = settings::profile_flag(&name);
    let client_id = account.client_id.into();
    let kept_in = kept_in.name().into();
    context.output().done(
        &text,
        &[
            ("profile", name.as_str().into()),
            ("client_id", client_id),
            ("base_url", base_url.into()),
            ("kept_in", kept_in),
        ],
    )?;
    if !quick && profile.defaults.is_empty() && context.output().format() == Format::Table && prompt::is_possible() {
        let asked = ask_for_defaults(&client, &profiles, &name).await;
        // the login has succeeded all the same
        if let Err(error) = asked {
            context.output().notice(&format!("the questions about the defaults of bookings ended early: {error:#}"));
        }
    }
    context.output().note(&format!(
        "next: `hb-bls account balances{next}` shows what you can pay with, and `hb-bls book{next}` books a training"
    ));
    Ok(())
}

async fn ask_for_defaults(client: &Client, profiles: &Profiles, name: &str) -> Result<()> {
    prompt::say(&format!(
        "What should bookings have unless you say otherwise? Press Enter to leave one out; `hb-bls config set{}` changes \
         them later.",
        settings::profile_flag(name)
    ))?;
    let save = |key, value| {
        // read anew: another command may have changed it while the question was open
        let Some(mut profile) = profiles.get(name)? else { return Ok(()) };
        profile.defaults.insert(key, value);
        profiles.set(name, &profile)
    };
    book::ask_for_defaults(client, save).await
}

fn list(context: &Context) -> Result<()> {
    let globals = context.globals();
    let (name, _) = settings::profile_name(globals)?;
    let profiles = Profiles::new(&Folder::find()?).all()?;
    let profile = profiles.get(&name).cloned().unwrap_or_default();
    let of_environment = match settings::of_environment(&name, &profile) {
        _ if globals.given.profile => Ok(None),
        // neither it nor the profile can be used
        Err(why) => {
            context.output().notice(&format!("no account is used: {why:#}"));
            Err(())
        }
        Ok(account) => Ok(account),
    };
    let is_used = |profile: &str, saved: &Profile| {
        matches!(of_environment, Ok(None)) && profile == name && saved.client_id.is_some()
    };
    let saved = |(profile, saved): (String, Profile)| ListedAccount {
        used: is_used(&profile, &saved),
        profile: Some(profile),
        client_id: saved.client_id,
        base_url: saved.base_url.unwrap_or_else(|| DEFAULT_BASE_URL.to_owned()),
        api_key_in: saved.kept_in.map(SecretBackend::name),
    };
    let mut accounts: Vec<_> = profiles.into_iter().map(saved).collect();
    if let Ok(Some(account)) = of_environment {
        accounts.push(ListedAccount {
            profile: None,
            client_id: Some(account.client_id),
            base_url: settings::base_url(globals, &profile),
            api_key_in: Some("environment"),
            used: true,
        });
    }
    context.output().list(&accounts, "no account is saved; `hb-bls auth login` saves one")
}

/// A profile, or the account of the environment.
#[derive(Serialize)]
struct ListedAccount {
    profile: Option<String>,
    client_id: Option<String>,
    base_url: String,
    /// `keyring`, `file` or `environment`.
    api_key_in: Option<&'static str>,
    /// Whether commands use it.
    used: bool,
}

impl Record for ListedAccount {
    const COLUMNS: &'static [Column<Self>] = &[
        Column::new("profile", |account| text(account.profile.as_ref())),
        Column::new("client_id", |account| text(account.client_id.as_ref())),
        Column::whole("base_url", |account| account.base_url.clone()),
        Column::new("api_key_in", |account| text(account.api_key_in.as_ref())),
        Column::new("used", |account| yes(Some(account.used))),
    ];
}

async fn status(context: &Context) -> Result<()> {
    let settings = context.settings()?;
    let account = settings.account()?;
    let info = context.client()?.account().token_info().await;
    let info = info.with_context(|| format!("cannot check the credentials of {}", account.client_id))?;
    let api_key_from = match account.source {
        Source::Environment => "environment",
        Source::Profile(keeping) => keeping.name(),
    };
    let output = context.output();
    let shown = if output.format() == Format::Table { read_instant } else { instant };
    output.fields(&[
        ("profile", settings.profile_name.as_str().into()),
        ("client_id", info.hb_client_id.unwrap_or_else(|| account.client_id.clone()).into()),
        ("base_url", settings.base_url.as_str().into()),
        ("api_key_from", api_key_from.into()),
        ("token_expires_at", info.expires_at.map(|at| shown(Some(at))).into()),
    ])
}

async fn logout(context: &Context) -> Result<()> {
    let folder = Folder::find()?;
    let (name, _) = settings::profile_name(context.globals())?;
    let profiles = Profiles::new(&folder);
    let Some(profile) = profiles.get(&name)?.filter(|profile| profile.client_id.is_some()) else {
        return Err(Failure::new(Kind::Authentication, format!("profile `{name}` is not logged in"))
            .hint("name another with --profile")
            .into());
    };
    let vault = Vault::new(&folder);
    if let Some((base_url, credentials)) = saved(&vault, &name, &profile) {
        revoke(context, &base_url, &credentials).await;
        forget(context, &vault, &base_url, &credentials).await;
    }
    if let Some(keeping) = profile.kept_in {
        vault.delete(&settings::key_name(&name), keeping)?;
        // an earlier login may have left one in the other place
        drop(vault.delete(&settings::key_name(&name), keeping.other()));
    }
    let client_id = profile.client_id.unwrap_or_default();
    let mut text = format!("logged out {client_id}");
    if profile.defaults.is_empty() {
        profiles.remove(&name)?;
    } else {
        text.push_str("; the defaults of its profile are kept, and `hb-bls config unset` removes them");
        profiles.set(&name, &Profile { defaults: profile.defaults, ..Profile::default() })?;
    }
    context.output().done(&text, &[("profile", name.into()), ("client_id", client_id.into())])
}

/// Where the account of a profile is, and its credentials.
fn saved(vault: &Vault, name: &str, profile: &Profile) -> Option<(String, Credentials)> {
    let (client_id, keeping) = (profile.client_id.as_ref()?, profile.kept_in?);
    let api_key = vault.get(&settings::key_name(name), keeping).ok()??;
    let base_url = profile.base_url.as_deref().unwrap_or(DEFAULT_BASE_URL);
    Some((base_url.to_owned(), Credentials::new(client_id, api_key)))
}

/// Revokes the saved token. If the portal is down, it lapses by itself.
async fn revoke(context: &Context, base_url: &str, credentials: &Credentials) {
    let Ok(Some(state)) = context.state() else { return };
    if !SavedTokens::new(state, base_url, credentials).exist().await {
        return;
    }
    let Ok(client) = context.client_for(credentials, base_url) else { return };
    if let Err(error) = client.account().revoke_token().await {
        tracing::debug!(kind = error.kind().as_str(), "the token was not revoked; it lapses by itself");
    }
}

/// Removes the saved tokens of credentials that are no longer used.
async fn forget(context: &Context, vault: &Vault, base_url: &str, credentials: &Credentials) {
    let Ok(Some(state)) = context.state() else { return };
    let tokens = SavedTokens::new(state, base_url, credentials);
    if tokens.forget().await.is_err() {
        tracing::debug!("a token could not be removed; it lapses by itself");
    }
    tokens.forget_those_of_earlier_versions(vault);
}

/// Credentials that are not given are asked for on a terminal; the key may also come on the first line of stdin.
fn ask(client_id: Option<String>) -> Result<Account> {
    let terminal = io::stdin().is_terminal();
    let client_id = match client_id.filter(|id| !id.is_empty()) {
        Some(id) => id,
        None if terminal => line("Client id: ")?,
        None => {
            return Err(Failure::new(Kind::Usage, "the client id is missing")
                .hint("give it with --client-id, or set HB_BLS_CLIENT_ID")
                .into());
        }
    };
    let api_key = match variable("HB_BLS_API_KEY") {
        Some(key) => key,
        None if terminal => hidden_line("API key", "(input hidden):")?,
        None => first_line()?,
    };
    let api_key = api_key.trim();
    if api_key.contains(char::is_control) {
        return Err(Failure::new(Kind::Usage, "the API key holds a control character")
            .hint("type or paste it again")
            .into());
    }
    if client_id.trim().is_empty() || api_key.is_empty() {
        return Err(Failure::new(Kind::Usage, "client id and API key must not be empty")
            .hint("Healthier Business hands out both")
            .into());
    }
    Ok(Account { client_id: client_id.trim().to_owned(), api_key: Secret::from(api_key), source: Source::Environment })
}

fn line(prompt: &str) -> Result<String> {
    let mut out = anstream::stderr().lock();
    write!(out, "{prompt}")?;
    out.flush()?;
    first_line()
}

fn first_line() -> Result<String> {
    let mut line = String::new();
    io::stdin().lock().read_line(&mut line).context("cannot read stdin")?;
    Ok(line)
}

/// A line that is not shown: the terminal hides it from before the prompt is there. Ctrl-C is an error, and leaves the
/// terminal as it was.
fn hidden_line(what: &str, how: &str) -> Result<String> {
    let what = Styled::new(what);
    let style = RenderConfig::empty().with_prompt_prefix(what).with_answered_prompt_prefix(what);
    let prompt = Password::new(how).without_confirmation().with_display_mode(PasswordDisplayMode::Hidden);
    prompt.with_render_config(style).prompt().context("cannot read the API key")
}

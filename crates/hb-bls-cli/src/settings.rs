//! The account and the base URL that a command uses: flag before environment before profile.
//!
//! A profile that is named by the flag is all that counts besides `--base-url`.

use std::collections::BTreeMap;

use anyhow::Result;
use hb_bls::{Credentials, DEFAULT_BASE_URL, Secret};

use crate::{
    args::{ExplicitFlags, Globals},
    config::{Folder, Profile, Profiles, SecretBackend, Vault, check_name},
    environment::variable,
    report::{Failure, Kind},
};

/// The profile that is used if none is named.
pub const DEFAULT_PROFILE: &str = "default";

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Source {
    Environment,
    Profile(SecretBackend),
}

/// The settings, from wherever they come.
#[derive(Debug)]
pub struct Settings {
    pub profile_name: String,
    pub base_url: String,
    pub account: Option<Account>,
    /// What bookings have unless something else is said.
    pub defaults: BTreeMap<String, String>,
}

/// An account's credentials, and where the key was found.
#[derive(Debug, Clone)]
pub struct Account {
    pub client_id: String,
    pub api_key: Secret,
    pub source: Source,
}

impl Account {
    pub fn credentials(&self) -> Credentials {
        Credentials::new(&self.client_id, self.api_key.clone())
    }
}

/// What the API key of a profile is called in the vault.
pub fn key_name(profile: &str) -> String {
    format!("api-key.{profile}")
}

/// The name of the profile that is asked for, and whether it was asked for at all.
pub fn profile_name(globals: &Globals) -> Result<(String, bool)> {
    match globals.profile.clone().filter(|name| !name.is_empty()) {
        Some(name) => {
            check_name(&name)?;
            Ok((name, true))
        }
        None => Ok((DEFAULT_PROFILE.to_owned(), false)),
    }
}

impl Settings {
    pub fn find(globals: &Globals) -> Result<Self> {
        let folder = Folder::find()?;
        let (profile_name, named) = profile_name(globals)?;
        let profile = Profiles::new(&folder).get(&profile_name)?;
        if named && profile.is_none() {
            return Err(no_such_profile(&profile_name, &Profiles::new(&folder)).into());
        }
        let profile = profile.unwrap_or_default();
        let base_url = match globals.given {
            ExplicitFlags { profile: true, base_url: false } => home(&profile).to_owned(),
            _ => base_url(globals, &profile),
        };
        let of_environment = if globals.given.profile { None } else { of_environment(&profile_name, &profile)? };
        let account = match of_environment {
            None => of_profile(&profile_name, &profile, &Vault::new(&folder))?,
            account => account,
        };
        Ok(Self { profile_name, base_url, account, defaults: profile.defaults })
    }

    /// The account, or what to do about there being none.
    pub fn account(&self) -> Result<&Account> {
        self.account.as_ref().ok_or_else(|| {
            Failure::new(Kind::Authentication, "not logged in")
                .hint(format!(
                    "run `hb-bls auth login{}`, or set HB_BLS_CLIENT_ID and HB_BLS_API_KEY; `hb-bls demo` needs no account",
                    profile_flag(&self.profile_name)
                ))
                .into()
        })
    }
}

/// That a profile which is named does not exist, and which do.
pub fn no_such_profile(name: &str, profiles: &Profiles) -> Failure {
    let known: Vec<_> = profiles.all().unwrap_or_default().into_keys().collect();
    let known = if known.is_empty() { String::new() } else { format!("; there are: {}", known.join(", ")) };
    Failure::new(Kind::Usage, format!("there is no profile `{name}`{known}"))
        .hint(format!("`hb-bls auth login --profile {name}` makes it"))
}

/// What a command needs behind it to be about this profile.
pub fn profile_flag(name: &str) -> String {
    if name == DEFAULT_PROFILE { String::new() } else { format!(" --profile {name}") }
}

/// Where the API is: by flag, environment or profile.
pub fn base_url(globals: &Globals, profile: &Profile) -> String {
    let given = globals.base_url.clone().filter(|url| !url.is_empty());
    given.unwrap_or_else(|| home(profile).to_owned())
}

/// Where the account of a profile is.
fn home(profile: &Profile) -> &str {
    profile.base_url.as_deref().unwrap_or(DEFAULT_BASE_URL)
}

/// The account of the environment. A key alone goes with the client id of the profile.
pub fn of_environment(name: &str, profile: &Profile) -> Result<Option<Account>> {
    let client_id = variable("HB_BLS_CLIENT_ID");
    if let Some(api_key) = variable("HB_BLS_API_KEY") {
        let Some(client_id) = client_id.or_else(|| profile.client_id.clone()) else {
            return Err(Failure::new(Kind::Usage, "HB_BLS_API_KEY is set, but not whose it is")
                .hint("set HB_BLS_CLIENT_ID too")
                .into());
        };
        return Ok(Some(Account { client_id, api_key: api_key.into(), source: Source::Environment }));
    }
    if let Some(client_id) = client_id.filter(|id| Some(id) != profile.client_id.as_ref()) {
        // the key of one account must not be sent for another
        return Err(Failure::new(
            Kind::Usage,
            format!("HB_BLS_CLIENT_ID is {client_id}, which is not the account of profile `{name}`"),
        )
        .hint("set HB_BLS_API_KEY too, or take HB_BLS_CLIENT_ID out of the environment")
        .into());
    }
    Ok(None)
}

fn of_profile(name: &str, profile: &Profile, vault: &Vault) -> Result<Option<Account>> {
    let (Some(client_id), Some(keeping)) = (profile.client_id.clone(), profile.kept_in) else {
        return Ok(None);
    };
    let Some(api_key) = vault.get(&key_name(name), keeping)? else {
        return Err(Failure::new(
            Kind::Authentication,
            format!("the API key of profile `{name}` is gone from the {}", keeping.name()),
        )
        .hint("run `hb-bls auth login` again")
        .into());
    };
    Ok(Some(Account { client_id, api_key, source: Source::Profile(keeping) }))
}

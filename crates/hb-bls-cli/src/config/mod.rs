//! What is kept between runs: profiles, API keys and tokens, in one folder and in the system's keyring.

mod folder;
mod keyring;
mod private;
mod profiles;
mod tokens;
mod vault;

pub use folder::Folder;
pub use private::make_folder;
pub use profiles::{Profile, Profiles, check_name};
pub use tokens::KeptTokens;
pub use vault::{Keeping, Vault};

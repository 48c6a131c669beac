//! What is kept between runs, in one folder and in the system's keyring: profiles, API keys, and the state that runs share.

mod folder;
mod holds;
mod keyring;
pub mod private;
mod profiles;
pub mod state;
mod vault;

pub use folder::Folder;
pub use holds::KeptHolds;
pub use private::make_folder;
pub use profiles::{Profile, Profiles, check_name};
pub use vault::{SecretBackend, Vault};

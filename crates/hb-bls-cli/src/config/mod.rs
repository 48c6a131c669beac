//! Data that is kept between runs, in one folder and in the system's keyring: profiles, API keys, and shared state.

mod config_dir;
mod holds;
mod keyring;
pub mod private_file;
mod profiles;
pub mod state;
mod vault;

pub use config_dir::Folder;
pub use holds::KeptHolds;
pub use private_file::make_folder;
pub use profiles::{Profile, Profiles, check_name};
pub use vault::{SecretBackend, Vault};

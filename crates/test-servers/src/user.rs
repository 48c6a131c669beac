//! The user as whom a server runs.

#[cfg(unix)]
use std::fs;
use std::{path::Path, process::Command};

/// A user as whom to run a server. PostgreSQL refuses to run as root.
#[derive(Debug, Clone, Copy)]
#[cfg_attr(not(unix), expect(dead_code, reason = "servers are only started on Unix"))]
pub(crate) struct User {
    id: u32,
    group: u32,
}

#[cfg(unix)]
impl User {
    /// The user to whom root gives this new folder. `None` if we are not root.
    pub(crate) fn instead_of_root(folder: &Path) -> Option<Self> {
        use std::os::unix::fs::{MetadataExt as _, chown};

        if fs::metadata(folder).expect("it has just been made").uid() != 0 {
            return None;
        }
        let users = fs::read_to_string("/etc/passwd").expect("the list of users");
        let user = ["postgres", "nobody"].into_iter().find_map(|name| {
            let mut line =
                users.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':'))?.split(':').skip(1);
            Some(Self { id: line.next()?.parse().ok()?, group: line.next()?.parse().ok()? })
        });
        let user = user.expect("root needs a user `postgres` or `nobody` for the server");
        chown(folder, Some(user.id), Some(user.group)).expect("root may give it away");
        Some(user)
    }

    pub(crate) fn switch(user: Option<Self>, command: &mut Command) {
        use std::os::unix::process::CommandExt as _;

        if let Some(Self { id, group }) = user {
            command.uid(id).gid(group);
        }
    }
}

#[cfg(not(unix))]
impl User {
    pub(crate) fn instead_of_root(_: &Path) -> Option<Self> {
        None
    }

    pub(crate) fn switch(_: Option<Self>, _: &mut Command) {}
}

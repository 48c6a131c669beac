//! The differences between the servers.

use std::{
    env,
    ffi::OsString,
    fs,
    io::{self, Read as _, Write as _},
    net::TcpStream,
    path::{Path, PathBuf},
    process::{Command, Output},
    time::Duration,
};

use crate::user::User;

#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Kind {
    Postgres,
    Redis,
}

impl Kind {
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Postgres => "PostgreSQL",
            Self::Redis => "Redis",
        }
    }

    pub(crate) const fn package(self) -> &'static str {
        match self {
            Self::Postgres => "postgresql",
            Self::Redis => "redis-server",
        }
    }

    pub(crate) const fn variable(self) -> &'static str {
        match self {
            Self::Postgres => "HB_BLS_TEST_POSTGRES",
            Self::Redis => "HB_BLS_TEST_REDIS",
        }
    }

    /// The signal that ends the server in order, although clients are connected.
    pub(crate) const fn end(self) -> &'static str {
        match self {
            Self::Postgres => "INT",
            Self::Redis => "TERM",
        }
    }

    pub(crate) fn url(self, port: u16) -> String {
        match self {
            Self::Postgres => format!("postgres://postgres@127.0.0.1:{port}/postgres"),
            Self::Redis => format!("redis://127.0.0.1:{port}/"),
        }
    }

    /// The program of the server, if it is installed.
    pub(crate) fn program(self) -> Option<PathBuf> {
        match self {
            // both come from one folder
            Self::Postgres => folders().into_iter().find_map(|folder| {
                let (server, init) = (folder.join("postgres"), folder.join("initdb"));
                (server.is_file() && init.is_file()).then_some(server)
            }),
            Self::Redis => folders().into_iter().map(|folder| folder.join("redis-server")).find(|it| it.is_file()),
        }
    }

    /// Fills the folder, in which the server is to run.
    pub(crate) fn prepare(self, program: &Path, folder: &Path, user: Option<User>) -> Result<(), String> {
        let Self::Postgres = self else { return Ok(()) };
        let mut init = Command::new(program.with_file_name("initdb"));
        init.args(["--username=postgres", "--auth=trust", "--encoding=UTF8", "--no-locale", "--no-sync", "--pgdata"]);
        init.arg(folder.join("data")).current_dir(folder);
        User::switch(user, &mut init);
        match init.output() {
            Ok(Output { status, .. }) if status.success() => Ok(()),
            Ok(output) => Err(format!("initdb failed: {}", String::from_utf8_lossy(&output.stderr))),
            Err(error) => Err(format!("initdb cannot be run: {error}")),
        }
    }

    /// The arguments of the server.
    pub(crate) fn arguments(self, folder: &Path, port: u16) -> Vec<OsString> {
        let port = port.to_string();
        match self {
            Self::Postgres => {
                let mut arguments = vec!["-D".into(), folder.join("data").into(), "-p".into(), port.into()];
                for setting in [
                    "listen_addresses=127.0.0.1",
                    "unix_socket_directories=",
                    "fsync=off",
                    "full_page_writes=off",
                    "max_connections=200",
                ] {
                    arguments.extend(["-c".into(), setting.into()]);
                }
                arguments
            }
            Self::Redis => {
                let arguments = ["--port", &port, "--bind", "127.0.0.1", "--save", "", "--appendonly", "no", "--dir"];
                arguments.into_iter().map(OsString::from).chain([folder.into()]).collect()
            }
        }
    }

    /// Whether the server in the folder answers its clients.
    pub(crate) fn is_ready(self, folder: &Path, port: u16) -> bool {
        match self {
            // the last line becomes "ready"
            Self::Postgres => fs::read_to_string(folder.join("data/postmaster.pid"))
                .is_ok_and(|text| text.lines().nth(7).is_some_and(|state| state.trim() == "ready")),
            Self::Redis => answers(port).unwrap_or(false),
        }
    }
}

/// Whether a Redis answers. A connection is not enough: without a listener, a port may get connected with itself.
fn answers(port: u16) -> io::Result<bool> {
    let mut stream = TcpStream::connect(("127.0.0.1", port))?;
    // another server may have got the port
    stream.set_read_timeout(Some(Duration::from_secs(5)))?;
    stream.write_all(b"PING\r\n")?;
    let mut answer = [0];
    stream.read_exact(&mut answer)?;
    Ok(matches!(&answer, b"+" | b"-"))
}

fn folders() -> Vec<PathBuf> {
    let mut folders: Vec<_> = env::split_paths(&env::var_os("PATH").unwrap_or_default()).collect();
    folders.push("/usr/local/bin".into());
    let mut versions: Vec<_> = fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten().collect();
    versions.sort_by_key(|entry| std::cmp::Reverse(entry.file_name().to_string_lossy().parse::<u32>().unwrap_or(0)));
    folders.extend(versions.iter().map(|entry| entry.path().join("bin")));
    folders
}

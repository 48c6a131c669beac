//! A server that ends with its owner.

use std::{
    ffi::OsString,
    fs::{self, File},
    io::Write as _,
    net::TcpListener,
    path::PathBuf,
    process::{Child, Command, Stdio},
    time::Duration,
};

use crate::{kind::Kind, skipped, user::User};

/// How often, and how many times, to look whether a server is ready.
const PAUSE: Duration = Duration::from_millis(10);
const LOOKS: u32 = 6_000;
/// How often to try another port, if somebody else has taken it meanwhile, or it is too high for the second port of a
/// cluster.
const TRIES: u32 = 20;

/// Ends the server `$1` by the signal `$2` when its standard input ends, and then removes the folder `$3`, unless it reads
/// a word. So the server also ends if the test is killed.
const WATCH: &str = r#"read -r word
kill -"$2" "$1"
while kill -0 "$1"; do sleep 0.02; done
[ "$word" = keep ] || rm -rf "$3""#;

/// A PostgreSQL or Redis server of a test's own. When it is dropped, it ends and its files are removed.
#[derive(Debug)]
pub struct Server {
    kind: Kind,
    program: PathBuf,
    folder: PathBuf,
    user: Option<User>,
    more: Vec<OsString>,
    port: u16,
    url: String,
    running: Option<Running>,
}

#[derive(Debug)]
struct Running {
    server: Child,
    watch: Child,
}

impl Server {
    /// Starts a PostgreSQL server with further arguments, or says that it cannot.
    pub fn postgres(arguments: &[&str]) -> Option<Self> {
        Self::start(Kind::Postgres, arguments)
    }

    /// Starts a Redis server with further arguments, or says that it cannot.
    pub fn redis(arguments: &[&str]) -> Option<Self> {
        Self::start(Kind::Redis, arguments)
    }

    pub(crate) fn start(kind: Kind, arguments: &[&str]) -> Option<Self> {
        if !cfg!(unix) {
            skipped(kind, "servers are only started on Unix");
            return None;
        }
        let Some(program) = kind.program() else {
            skipped(kind, "it is not installed");
            return None;
        };
        let folder = tempfile::Builder::new().prefix("hb-bls-test-").tempdir().expect("a temporary folder");
        let user = User::instead_of_root(folder.path());
        kind.prepare(&program, folder.path(), user).unwrap_or_else(|why| panic!("{}: {why}", kind.name()));
        // from now on the watch removes it
        let folder = folder.keep();
        let more = arguments.iter().map(OsString::from).collect();
        let mut server = Self { kind, program, folder, user, more, port: 0, url: String::new(), running: None };
        for _ in 0..TRIES {
            server.port = TcpListener::bind(("127.0.0.1", 0)).and_then(|it| it.local_addr()).expect("a port").port();
            server.url = kind.url(server.port);
            if server.run() {
                return Some(server);
            }
        }
        panic!("{} does not start: {}", kind.name(), server.log());
    }

    /// The address, with user and database.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// The port on 127.0.0.1.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Ends the server. Its files stay.
    pub fn stop(&mut self) {
        if let Some(mut running) = self.running.take() {
            let _ = running.watch.stdin.take().expect("it is piped").write_all(b"keep\n");
            running.wait();
        }
    }

    /// Starts the server anew, at the same port.
    ///
    /// # Panics
    ///
    /// If it cannot.
    pub fn start_again(&mut self) {
        assert!(self.run(), "{} does not start again: {}", self.kind.name(), self.log());
    }

    fn log(&self) -> String {
        fs::read_to_string(self.folder.join("log")).unwrap_or_default()
    }

    /// Whether it could be started.
    fn run(&mut self) -> bool {
        let log = File::create(self.folder.join("log")).expect("a log");
        let mut command = Command::new(&self.program);
        command.args(self.kind.arguments(&self.folder, self.port)).args(&self.more).current_dir(&self.folder);
        command.stdin(Stdio::null()).stdout(log.try_clone().expect("a log")).stderr(log);
        User::switch(self.user, &mut command);
        let server = command.spawn().expect("the server can be run");
        let watch = Command::new("sh")
            .args(["-c", WATCH, "sh", &server.id().to_string(), self.kind.end()])
            .arg(&self.folder)
            .current_dir("/")
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("sh can be run");
        let mut running = Running { server, watch };
        for _ in 0..LOOKS {
            if running.server.try_wait().is_ok_and(|status| status.is_some()) {
                break;
            }
            if self.kind.is_ready(&self.folder, self.port) {
                self.running = Some(running);
                return true;
            }
            pause();
        }
        self.running = Some(running);
        self.stop();
        false
    }
}

impl Running {
    fn wait(&mut self) {
        drop(self.watch.stdin.take());
        let _ = self.server.wait();
        let _ = self.watch.wait();
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        match &mut self.running {
            Some(running) => running.wait(),
            None => drop(fs::remove_dir_all(&self.folder)),
        }
    }
}

#[expect(clippy::disallowed_methods, reason = "another process is waited for, which has a clock of its own")]
fn pause() {
    std::thread::sleep(PAUSE);
}

//! Several processes with one folder. Each runs this very program again, as the test `process`.

use std::{
    io::{BufRead as _, BufReader},
    path::Path,
    process::{Child, Command, Stdio},
    sync::mpsc::{self, Receiver},
    time::Duration,
};

use hb_bls::{
    CallOptions, Client, Credentials, ErrorKind,
    state::{AccountKey, AccountLock as _, FileState, LEASE},
};
use hb_bls_sandbox::Sandbox;

const FOLDER: &str = "HB_BLS_TEST_FOLDER";
const URL: &str = "HB_BLS_TEST_URL";
const ID: &str = "HB_BLS_TEST_ID";
const KEY: &str = "HB_BLS_TEST_KEY";
/// Marks what a process tells the test.
const TOLD: &str = "told: ";

struct Process {
    child: Child,
    told: Receiver<String>,
}

impl Process {
    /// Runs the part of this name.
    fn start(part: &str, folder: &Path, variables: &[(&str, &str)]) -> Self {
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", &format!("processes::{part}"), "--ignored", "--nocapture"])
            .env(FOLDER, folder)
            .envs(variables.iter().copied())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let (sender, told) = mpsc::channel();
        let lines = BufReader::new(child.stdout.take().unwrap()).lines();
        std::thread::spawn(move || {
            for line in lines.map_while(Result::ok) {
                // the harness writes on the same line
                if let Some((_, told)) = line.split_once(TOLD) {
                    let _ = sender.send(told.to_owned());
                }
            }
        });
        Self { child, told }
    }

    /// What it tells next.
    fn tells(&self, within: Duration) -> Option<String> {
        self.told.recv_timeout(within).ok()
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn state() -> FileState {
    FileState::new(std::env::var(FOLDER).unwrap())
}

fn account() -> AccountKey {
    AccountKey::new("https://example.com/api/v1", &Credentials::new("one", "sesame"))
}

#[test]
#[ignore = "a process of another test: has the account locked until it is killed"]
fn holds() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(async {
        let lease = state().account_lock().acquire(&account()).await.unwrap();
        let note = lease.note().map(str::to_owned);
        lease.set_note(Some(&format!("left by {}", lease.fence()))).await.unwrap();
        println!("{TOLD}{} {}", lease.fence(), note.unwrap_or_default());
        std::future::pending::<()>().await;
    });
}

#[test]
fn who_is_killed_is_followed_by_the_next_within_the_lease() {
    let folder = tempfile::tempdir().unwrap();
    let start = || Process::start("holds", folder.path(), &[]);
    let mut owner = start();
    let first = owner.tells(Duration::from_secs(60)).expect("the first has it");
    let mut fence: u64 = first.trim().parse().unwrap();
    for _ in 0..3 {
        let next = start();
        assert_eq!(next.tells(Duration::from_millis(500)), None, "one has it at a time");
        owner.child.kill().unwrap();
        owner.child.wait().unwrap();
        let told = next.tells(LEASE).expect("the next has it");
        let (greater, note) = told.split_once(' ').unwrap();
        assert_eq!(note, format!("left by {fence}"));
        let greater: u64 = greater.parse().unwrap();
        assert!(greater > fence, "{greater} after {fence}");
        (owner, fence) = (next, greater);
    }
}

#[test]
#[ignore = "a process of another test: makes as many requests as it may"]
fn asks() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(async {
        let credentials = Credentials::new(std::env::var(ID).unwrap(), std::env::var(KEY).unwrap());
        let state = state();
        let client = Client::builder()
            .base_url(std::env::var(URL).unwrap())
            .token_store(state.token_store(&credentials))
            .account_lock(state.account_lock())
            .rate_limiter(state.rate_limiter("london", 60).without_fallback())
            .credentials(credentials)
            .build()
            .unwrap();
        let hasty = client.with_options(CallOptions::new().timeout(Duration::from_secs(15)));
        println!("{TOLD}ready");
        let mut answers = 0;
        let error = loop {
            match hasty.courses().list().await {
                Ok(_) => answers += 1,
                Err(error) => break error,
            }
        };
        assert_eq!(error.kind(), ErrorKind::Timeout, "{error:?}");
        println!("{TOLD}{answers}");
    });
}

#[tokio::test(flavor = "multi_thread")]
async fn processes_share_a_window_and_a_token() {
    let folder = tempfile::tempdir().unwrap();
    let sandbox = Sandbox::builder().rate_limit(true).start().await.unwrap();
    let key = sandbox.credentials();
    let variables = [(URL, sandbox.base_url()), (ID, key.hb_client_id.as_str()), (KEY, key.api_key.as_str())];
    let processes: Vec<_> = (0..3).map(|_| Process::start("asks", folder.path(), &variables)).collect();
    let answers: Vec<usize> = tokio::task::spawn_blocking(move || {
        let told = |process: &Process| process.tells(Duration::from_secs(120)).expect("it tells");
        for process in &processes {
            assert_eq!(told(process), "ready");
        }
        processes.iter().map(|process| told(process).parse().unwrap()).collect()
    })
    .await
    .unwrap();
    let requests = sandbox.requests().await.unwrap();
    let of = |id: &str| requests.iter().filter(|request| request.operation_id == Some(id)).count();
    assert_eq!(of("createToken"), 1, "fetched once");
    assert_eq!(requests.iter().filter(|request| request.status == Some(429)).count(), 0, "never over the limit");
    assert_eq!(requests.len(), 60, "and no place is wasted: {answers:?}");
}

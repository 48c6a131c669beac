//! A record in a file, which processes change one at a time.

use std::{
    fs::{self, DirBuilder, File, OpenOptions, TryLockError},
    io::{self, Write as _},
    path::{Path, PathBuf},
    time::Duration,
};

use serde::{Deserialize, Serialize, de::DeserializeOwned};

use crate::{Clock as _, SystemClock, state::StateError};

/// What this version writes.
const VERSION: u32 = 1;
/// How long others may have the record locked, which takes them a moment. A process that was suspended just then may
/// have it for longer.
const PATIENCE: Duration = Duration::from_secs(8);
/// How soon to look again whether it is free.
const PAUSE: Duration = Duration::from_millis(2);

#[derive(Debug, Clone)]
pub(super) struct Record {
    path: PathBuf,
}

#[derive(Serialize, Deserialize)]
struct Versioned<T> {
    version: u32,
    data: T,
}

#[derive(Deserialize)]
struct Version {
    version: u32,
}

/// What came of a try to change a record.
enum Tried<S, R> {
    Done(R),
    /// Another has it locked; the step was not taken.
    Busy(S),
}

impl Record {
    pub(super) fn new(path: PathBuf) -> Self {
        Self { path }
    }

    /// The path of a file that belongs to it.
    pub(super) fn beside(&self, extension: &str) -> PathBuf {
        self.path.with_extension(extension)
    }

    /// Takes a step on what is recorded, and writes it. Nobody else does meanwhile. If the future is dropped, the step is
    /// taken to its end or not at all.
    pub(super) async fn change<T, R, S>(&self, step: S) -> Result<R, StateError>
    where
        T: Default + Serialize + DeserializeOwned,
        R: Send + 'static,
        S: FnOnce(&mut T) -> io::Result<R> + Send + 'static,
    {
        let (mut step, mut waited) = (step, Duration::ZERO);
        loop {
            let record = self.clone();
            match apart(move || record.try_change(step)).await? {
                Tried::Done(outcome) => return Ok(outcome),
                Tried::Busy(_) if waited >= PATIENCE => {
                    return Err(StateError::of("another process has had the file locked for 8 s; it may be suspended"));
                }
                Tried::Busy(back) => step = back,
            }
            SystemClock.sleep(PAUSE).await;
            waited += PAUSE;
        }
    }

    /// What is recorded.
    pub(super) async fn load<T: Default + DeserializeOwned + Send + 'static>(&self) -> Result<T, StateError> {
        let record = self.clone();
        apart(move || record.read()).await
    }

    fn try_change<T, R, S>(&self, step: S) -> io::Result<Tried<S, R>>
    where
        T: Default + Serialize + DeserializeOwned,
        S: FnOnce(&mut T) -> io::Result<R>,
    {
        let lock = open(&self.beside("lock"))?;
        match lock.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Ok(Tried::Busy(step)),
            Err(TryLockError::Error(error)) => return Err(error),
        }
        let mut data = self.read()?;
        let outcome = step(&mut data)?;
        let new = self.beside("new");
        // in one piece: a writer of JSON writes token by token, each a call of the system
        let text = serde_json::to_vec(&Versioned { version: VERSION, data })?;
        private().truncate(true).open(&new)?.write_all(&text)?;
        fs::rename(&new, self.beside("json"))?;
        Ok(Tried::Done(outcome))
    }

    fn read<T: Default + DeserializeOwned>(&self) -> io::Result<T> {
        let text = match fs::read(self.beside("json")) {
            Ok(text) => text,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(T::default()),
            Err(error) => return Err(error),
        };
        match serde_json::from_slice::<Version>(&text) {
            Ok(Version { version }) if version > VERSION => {
                Err(io::Error::other("a newer version of hb-bls has written the file"))
            }
            _ => {
                Ok(serde_json::from_slice::<Versioned<T>>(&text).map(|versioned| versioned.data).unwrap_or_else(|_| {
                    tracing::warn!("a file of shared state cannot be read; beginning anew");
                    T::default()
                }))
            }
        }
    }
}

fn private() -> OpenOptions {
    let mut options = File::options();
    options.create(true).read(true).write(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options
}

/// Opens a file that is only locked, and makes its folder if need be.
pub(super) fn open(path: &Path) -> io::Result<File> {
    match private().truncate(false).open(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => {}
        outcome => return outcome,
    }
    if let Some(folder) = path.parent() {
        let mut builder = DirBuilder::new();
        builder.recursive(true);
        #[cfg(unix)]
        std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
        builder.create(folder)?;
    }
    private().truncate(false).open(path)
}

/// Does what waits for a disk where it keeps no task waiting.
async fn apart<T: Send + 'static>(work: impl FnOnce() -> io::Result<T> + Send + 'static) -> Result<T, StateError> {
    let runtime = tokio::runtime::Handle::try_current().map_err(StateError::new)?;
    runtime.spawn_blocking(work).await.map_err(StateError::new)?.map_err(StateError::new)
}

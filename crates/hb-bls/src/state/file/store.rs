//! Texts in the files of a folder, which processes replace one at a time.

use std::{
    fs::{self, DirBuilder, File, OpenOptions, TryLockError},
    io::{self, Write as _},
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use crate::{
    Clock, SystemClock,
    state::{KeyValueStore, StateError, StateFuture, Stored},
};

/// How long others may have a file locked, which takes them a moment. A process that was suspended just then may have it
/// for longer.
const TIME_LIMIT: Duration = Duration::from_secs(8);
/// How soon to look again whether it is free.
const PAUSE: Duration = Duration::from_millis(2);

/// A [`KeyValueStore`] in a folder, with a file for each key. [`FileState`](super::FileState) is built on it.
#[derive(Debug, Clone)]
pub struct FileStore {
    folder: Arc<Path>,
    clock: Arc<dyn Clock>,
    /// Locked as long as a clone of this lives, so that others can see whether it does.
    presence: Arc<Mutex<Option<Presence>>>,
}

#[derive(Debug)]
struct Presence {
    number: u64,
    path: PathBuf,
    _locked: File,
}

impl Drop for Presence {
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.path);
    }
}

impl FileStore {
    /// Uses this folder, which is created when it is first needed.
    pub fn new(folder: impl AsRef<Path>) -> Self {
        Self { folder: folder.as_ref().into(), clock: Arc::new(SystemClock), presence: Arc::default() }
    }

    /// Uses this clock instead of the system's. It must be the same for all processes.
    #[must_use]
    pub fn with_clock(mut self, clock: impl Clock + 'static) -> Self {
        self.clock = Arc::new(clock);
        self
    }

    fn path(&self, key: &str) -> PathBuf {
        self.folder.join(format!("{}.state", key.replace('/', "-")))
    }

    fn presence_of(&self, handle: u64) -> PathBuf {
        self.folder.join(format!("process-{handle}.lock"))
    }

    fn register(&self) -> io::Result<u64> {
        let mut presence = self.presence.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(presence) = &*presence {
            return Ok(presence.number);
        }
        let number = fastrand::u64(..);
        let path = self.presence_of(number);
        let locked = open(&path)?;
        locked.try_lock()?;
        *presence = Some(Presence { number, path, _locked: locked });
        Ok(number)
    }
}

impl KeyValueStore for FileStore {
    fn read<'a>(&'a self, key: &'a str) -> StateFuture<'a, Stored> {
        let (path, clock) = (self.path(key), Arc::clone(&self.clock));
        Box::pin(apart(move || Ok(Stored { now: clock.now(), text: read(&path)? })))
    }

    fn write<'a>(&'a self, key: &'a str, version: Option<u64>, text: &'a str) -> StateFuture<'a, bool> {
        let (path, text) = (self.path(key), Arc::<str>::from(text));
        Box::pin(when_unlocked(move || replace(&path, version, &text)))
    }

    fn session_id(&self) -> StateFuture<'_, Option<u64>> {
        let store = self.clone();
        Box::pin(apart(move || store.register().map(Some)))
    }

    fn session_has_ended(&self, session_id: u64) -> StateFuture<'_, bool> {
        let path = self.presence_of(session_id);
        Box::pin(apart(move || match File::options().write(true).open(&path) {
            Ok(file) => {
                let has_ended = file.try_lock().is_ok();
                if has_ended {
                    let _ = fs::remove_file(&path);
                }
                Ok(has_ended)
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(true),
            Err(error) => Err(error),
        }))
    }
}

/// The version and the text of a file: the first line, and the rest. Nothing if it is not a file of ours.
fn read(path: &Path) -> io::Result<Option<(u64, String)>> {
    let text = match fs::read(path) {
        Ok(text) => text,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(error),
    };
    let parsed = String::from_utf8(text).ok().and_then(|text| {
        let (version, text) = text.split_once('\n')?;
        Some((version.parse().ok()?, text.to_owned()))
    });
    if parsed.is_none() {
        tracing::warn!("a file of shared state cannot be read, and is started afresh");
    }
    Ok(parsed)
}

/// Whether the text was replaced; nothing if another process has it locked.
fn replace(path: &Path, version: Option<u64>, text: &str) -> io::Result<Option<bool>> {
    let lock = open(&path.with_extension("lock"))?;
    if !try_lock(&lock)? {
        return Ok(None);
    }
    if read(path)?.map(|(version, _)| version) != version {
        return Ok(Some(false));
    }
    let new = path.with_extension("new");
    private().truncate(true).open(&new)?.write_all(format!("{}\n{text}", fastrand::u64(..)).as_bytes())?;
    fs::rename(&new, path)?;
    Ok(Some(true))
}

/// Locks a file, unless another process has it locked.
pub(super) fn try_lock(file: &File) -> io::Result<bool> {
    match file.try_lock() {
        Ok(()) => Ok(true),
        Err(TryLockError::WouldBlock) => Ok(false),
        Err(TryLockError::Error(error)) => Err(error),
    }
}

/// Does what needs a file that no other process has locked, as soon as it can.
pub(super) async fn when_unlocked<T: Send + 'static>(
    work: impl Fn() -> io::Result<Option<T>> + Send + Sync + 'static,
) -> Result<T, StateError> {
    let (work, mut waited) = (Arc::new(work), Duration::ZERO);
    loop {
        let attempt = Arc::clone(&work);
        if let Some(outcome) = apart(move || attempt()).await? {
            return Ok(outcome);
        }
        if waited >= TIME_LIMIT {
            return Err(StateError::of("another process has had the file locked for 8 s; it may be suspended"));
        }
        SystemClock.sleep(PAUSE).await;
        waited += PAUSE;
    }
}

fn private() -> OpenOptions {
    let mut options = File::options();
    options.create(true).read(true).write(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options
}

/// Opens a file that only the user can read, and makes its folder if need be.
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

/// Makes sure that a new file is found after a power failure, in a folder that may be new, too.
#[cfg(unix)]
pub(super) fn sync_folders(path: &Path) -> io::Result<()> {
    let path = std::path::absolute(path)?;
    path.ancestors().skip(1).take(2).try_for_each(|folder| File::open(folder)?.sync_all())
}

/// Folders cannot be synced there.
#[cfg(not(unix))]
pub(super) fn sync_folders(_: &Path) -> io::Result<()> {
    Ok(())
}

/// Does what waits for a disk where it keeps no task waiting.
async fn apart<T: Send + 'static>(work: impl FnOnce() -> io::Result<T> + Send + 'static) -> Result<T, StateError> {
    let runtime = tokio::runtime::Handle::try_current().map_err(StateError::new)?;
    runtime.spawn_blocking(work).await.map_err(StateError::new)?.map_err(StateError::new)
}

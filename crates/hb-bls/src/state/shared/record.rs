//! A value in a key-value store, which processes change one at a time.

use std::time::Duration;

use jiff::Timestamp;
use serde::{Deserialize, Serialize, de::DeserializeOwned};

use crate::{
    Clock as _, SystemClock,
    state::{KeyValueStore, StateError, Stored},
};

/// The version of the format.
const FORMAT: u32 = 1;
/// How often to try again when others have changed the value meanwhile, and the longest pause before the second try.
const TRIES: u32 = 200;
const PAUSE: Duration = Duration::from_millis(2);

#[derive(Serialize, Deserialize)]
struct Formatted<T> {
    format: u32,
    data: T,
}

#[derive(Deserialize)]
struct Format {
    format: u32,
}

/// Takes a step on the value of a key at the time of the store, and writes it if the step has changed it. The step is
/// repeated if somebody else was faster. If the future is dropped, the step has been taken or not.
pub(super) async fn change<T, R>(
    store: &dyn KeyValueStore,
    key: &str,
    mut step: impl FnMut(&mut T, Timestamp) -> Result<R, StateError>,
) -> Result<R, StateError>
where
    T: Default + Serialize + DeserializeOwned,
{
    for attempt in 1..=TRIES {
        let Stored { now, text } = store.read(key).await?;
        let (version, text) = text.unzip();
        let mut data = parse(text.as_deref())?;
        let outcome = step(&mut data, now)?;
        let new = serde_json::to_string(&Formatted { format: FORMAT, data }).map_err(StateError::new)?;
        if text.is_some_and(|text| text == new) || store.write(key, version, &new).await? {
            return Ok(outcome);
        }
        SystemClock.sleep((PAUSE * attempt).mul_f64(fastrand::f64())).await;
    }
    Err(StateError::of("others change the same state all the time"))
}

/// The value of a key.
pub(super) async fn load<T: Default + DeserializeOwned>(store: &dyn KeyValueStore, key: &str) -> Result<T, StateError> {
    parse(store.read(key).await?.text.map(|(_, text)| text).as_deref())
}

fn parse<T: Default + DeserializeOwned>(text: Option<&str>) -> Result<T, StateError> {
    let Some(text) = text else { return Ok(T::default()) };
    match serde_json::from_str::<Format>(text) {
        Ok(Format { format }) if format > FORMAT => {
            Err(StateError::of("a newer version of hb-bls has written the shared state"))
        }
        _ => Ok(serde_json::from_str::<Formatted<T>>(text).map(|value| value.data).unwrap_or_else(|_| {
            tracing::warn!("shared state cannot be read, and is started afresh");
            T::default()
        })),
    }
}

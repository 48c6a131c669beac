//! Uses 30 of the 60 requests a minute that all processes share. Run it in several terminals at once:
//!
//! ```sh
//! REDIS_URL=redis://localhost/ cargo run -p hb-bls-redis --example redis_rate_limit
//! ```
#![allow(clippy::print_stdout)]

use hb_bls::{
    Clock as _, SystemClock,
    state::{AcquireOutcome, RateLimitHeaders, RateLimiter as _},
};
use hb_bls_redis::RedisState;

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let state = RedisState::connect(&std::env::var("REDIS_URL")?).await?;
    state.check().await?;
    // a client does all of this, if it is built with `.rate_limiter(limiter)`
    let limiter = state.rate_limiter("example", 60);
    let mut sent = 0;
    while sent < 30 {
        match limiter.acquire().await? {
            AcquireOutcome::Granted(permit) => {
                sent += 1;
                println!("{}: request {sent} of 30", SystemClock.now());
                limiter.release(permit, RateLimitHeaders::default()).await?;
            }
            AcquireOutcome::Wait(wait) | AcquireOutcome::Pause(wait) => SystemClock.sleep(wait).await,
            other => return Err(format!("{other:?} is new").into()),
        }
    }
    Ok(())
}

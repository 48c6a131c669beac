//! Walks through the page in a real browser.
//!
//! They need `chromium` and `chromedriver`, and say so where those are missing. They compare what they see with the pictures
//! of the documentation, or with `UPDATE_PICTURES=1`, save those.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::print_stdout)]

mod conditions;
mod driver;
mod pictures;
mod portal;
mod walks;
mod widths;

use std::panic::AssertUnwindSafe;
use std::pin::Pin;
use std::process::ExitCode;

use driver::Programs;
use futures::FutureExt as _;

type Walk = (&'static str, fn(Programs) -> Pin<Box<dyn Future<Output = ()>>>);

macro_rules! walks {
    ($($module:ident::$name:ident),+ $(,)?) => {
        [$((stringify!($name), |programs| Box::pin($module::$name(programs)))),+]
    };
}

fn main() -> ExitCode {
    let walks: &[Walk] = &walks![
        walks::a_booking_appears_without_reloading,
        walks::a_kit_returns_and_its_event_is_sent_and_sent_again,
        walks::a_fault_is_armed_and_hits,
        walks::the_clock_goes_forward,
        walks::two_accounts_are_kept_apart,
        walks::a_page_of_another_site_can_do_nothing,
        walks::a_candidate_called_script_is_only_text,
        walks::every_view_is_accessible,
        conditions::another_machine_sees_its_addresses_and_copies_them,
        conditions::it_says_when_the_sandbox_is_away,
        conditions::filters_are_used_with_the_keyboard,
        conditions::many_changes_leave_it_usable,
        widths::everything_fits_on_every_width,
    ];
    let names: Vec<String> = std::env::args().skip(1).filter(|name| !name.starts_with('-')).collect();
    let wanted = |name: &str| names.is_empty() || names.iter().any(|part| name.contains(part.as_str()));
    let Some(programs) = Programs::find() else {
        println!(
            "skipped: the walks through the page need a browser, in Debian's packages chromium and chromium-driver"
        );
        return ExitCode::SUCCESS;
    };
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    let mut code = ExitCode::SUCCESS;
    for (name, walk) in walks.iter().filter(|(name, _)| wanted(name)) {
        let outcome = runtime.block_on(AssertUnwindSafe(walk(programs)).catch_unwind());
        println!("walk {name} ... {}", if outcome.is_ok() { "ok" } else { "FAILED" });
        if outcome.is_err() {
            code = ExitCode::FAILURE;
        }
    }
    code
}
